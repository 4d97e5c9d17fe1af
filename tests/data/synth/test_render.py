import dataclasses

import numpy as np
import pytest

from musiclm_jax.data.synth import mix, piece, render
from musiclm_jax.data.synth.compose import compose
from musiclm_jax.data.synth.players.oscillators import Oscillators

PLAYER = Oscillators()


@pytest.mark.parametrize("style", piece.STYLES)
def test_clips_are_full_length_loud_and_clean(style):
    music = compose(1, piece.STYLES.index(style), clip_seconds=3.0, style=style)
    audio = render.render(music, PLAYER)
    assert audio.shape == (72_000,) and audio.dtype == np.float32
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() < 1.0
    assert 0.05 < np.sqrt(np.mean(audio**2)) < 0.25
    assert np.sqrt(np.mean(audio[:12_000] ** 2)) > 0.01
    assert abs(audio.mean()) < 0.01


def test_the_same_piece_gives_the_same_bytes():
    music = compose(0, 7, clip_seconds=2.0, style="lo-fi hip hop")
    first, second = render.render(music, PLAYER), render.render(music, PLAYER)
    assert first.tobytes() == second.tobytes()


def test_the_lead_is_the_loudest_line():
    for index, style in enumerate(piece.STYLES):
        if style == "drums alone":
            continue
        music = compose(2, index, clip_seconds=4.0, style=style)
        music = dataclasses.replace(
            music,
            notes=tuple(n for n in music.notes if n.role != "double"),
        )
        alone, without = (
            render.render(
                dataclasses.replace(
                    music,
                    notes=tuple(n for n in music.notes if (n.role == "lead") == lead),
                    hits=(),
                    has_drums=False,
                    drum_kit="none",
                ),
                PLAYER,
            )
            for lead in (True, False)
        )
        both = render.render(
            dataclasses.replace(music, hits=(), has_drums=False, drum_kit="none"),
            PLAYER,
        )
        # The mix is made of the two; how much of each, by least squares.
        parts = np.stack([alone, without], axis=1).astype(np.float64)
        shares = np.linalg.lstsq(parts, both.astype(np.float64), rcond=None)[0]
        lead, others = (
            shares[0] * mix.loudness(alone),
            shares[1] * mix.loudness(without),
        )
        assert lead > 0.7 * others, style


@pytest.mark.parametrize(
    "style", ["techno", "rock", "synthwave", "funk", "brass march", "reggae"]
)
def test_drums_beat_at_the_tempo(style):
    music = next(
        found
        for index in range(50)
        if (found := compose(5, index, clip_seconds=8.0, style=style)).has_drums
        and found.dynamics == "steady"
    )
    audio = render.render(dataclasses.replace(music, notes=music.notes[:1]), PLAYER)
    frames = audio[: len(audio) // 240 * 240].reshape(-1, 240).astype(np.float64)
    energy = np.log(np.mean(frames**2, axis=1) + 1e-6)
    onset = np.maximum(np.diff(energy), 0.0)
    onset -= onset.mean()
    correlation = np.correlate(onset, onset, "full")[len(onset) - 1 :]
    beat = 6000.0 / music.tempo_bpm  # in frames
    # Bars repeat exactly: no lag around one is better than the bar.
    lags = np.arange(int(3.5 * beat), int(4.5 * beat))
    best = lags[correlation[lags].argmax()] / 4
    assert abs(best / beat - 1.0) < 0.02


def test_int16():
    codes = render.to_int16(np.array([0.0, 1.0, -1.0, 2.0], np.float32))
    assert codes.dtype == np.int16
    assert codes.tolist() == [0, 32767, -32767, 32767]
