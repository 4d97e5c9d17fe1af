"""Who plays what: recordings where there are some, oscillators for the rest."""

import numpy as np
import pytest

from musiclm_jax.data.synth import piece
from musiclm_jax.data.synth.compose import compose
from musiclm_jax.data.synth.piece import DrumHit, Note
from musiclm_jax.data.synth.players import player, sampled
from musiclm_jax.data.synth.players.oscillators import Oscillators
from musiclm_jax.data.synth.players.sampled import Sampled
from musiclm_jax.data.synth.render import render

RATE = 24_000
ELECTRONIC_KITS = {"electronic", "chip"}


def note(timbre, velocity=0.8, pitch=69.0):
    return Note(0.1, 0.8, pitch, velocity, timbre, "lead")


@pytest.fixture(scope="module")
def band(soundfont):
    return Sampled(soundfont)


def test_what_is_acoustic_or_electric_is_recorded_and_nothing_else():
    for timbre, family in piece.TIMBRES.items():
        is_one_voice = timbre in ("hummed voice", "sung voice", "whistle")
        is_electronic = family == "synth" or is_one_voice
        assert (timbre in sampled.INSTRUMENTS) != is_electronic, timbre
    kits = set(piece.DRUM_KITS) - {piece.NOTHING}
    assert kits - set(sampled.KITS) == ELECTRONIC_KITS | {"taiko"}


def test_oscillators_play_what_is_electronic(band):
    alone = Oscillators()
    for timbre in ("saw lead", "chip bass", "warm pad", "whistle"):
        notes = [note(timbre)]
        expected = alone.play(notes, RATE, 0)
        np.testing.assert_array_equal(band.play(notes, RATE, 5), expected)
    hits = [DrumHit(0.1, "kick", 0.9), DrumHit(0.5, "snare", 0.5)]
    for kit in ELECTRONIC_KITS:
        expected = alone.drum(kit, hits, RATE, 0)
        np.testing.assert_array_equal(band.drum(kit, hits, RATE, 5), expected)


def test_recordings_play_the_rest(band):
    audio = band.play([note("violin")], RATE, 0)
    spectrum = np.abs(np.fft.rfft(audio[4800:16_800]))
    assert spectrum.argmax() == 220  # of this SoundFont everything is a sine
    assert spectrum[230:].max() < 0.01 * spectrum.max()


def test_a_soft_touch_is_darker_and_a_hard_one_louder(band):
    high = 105.0  # 3520 Hz
    levels = [
        np.std(band.play([note("piano", v, high)], RATE, 0))
        / np.std(band.play([note("piano", v, 57.0)], RATE, 0))
        for v in (0.3, 0.6, 0.9)
    ]
    assert levels[0] < 0.6 * levels[2]
    assert levels[0] < levels[1] < levels[2]
    soft, loud = (np.std(band.play([note("piano", v)], RATE, 0)) for v in (0.5, 0.6))
    np.testing.assert_allclose(loud / soft, 1.2**1.4, rtol=0.05)


def test_notes_of_all_layers_are_played(band):
    notes = [note("harp", v, p) for v, p in ((0.2, 60.0), (0.6, 72.0), (1.0, 84.0))]
    together = band.play(notes, RATE, 0)
    apart = sum(band.play([n], RATE, 0) for n in notes)
    np.testing.assert_allclose(together, apart, atol=1e-4)


@pytest.mark.parametrize("kit", [*sampled.KITS, "taiko"])
def test_every_kit_has_every_sound(band, kit):
    for sound in piece.DRUM_SOUNDS:
        audio = band.drum(kit, [DrumHit(0.1, sound, 1.0)], RATE // 2, 3)
        assert not audio[:2350].any()
        assert 0.1 < np.abs(audio).max() <= 1.0
    soft = band.drum(kit, [DrumHit(0.1, "kick", 0.2)], RATE // 2, 3)
    assert 0 < np.abs(soft).max() < 0.25


def test_an_open_hat_is_closed_by_the_next():
    hits = [
        DrumHit(0.0, "open hat", 1.0), DrumHit(0.1, "kick", 1.0),
        DrumHit(0.3, "closed hat", 1.0), DrumHit(0.5, "open hat", 1.0),
    ]  # fmt: skip
    ends = [end for _, end in player.choked(hits)]
    assert ends == [0.3, np.inf, np.inf, np.inf]
    cut = player.cut(np.ones(1000, np.float32), 0.02)
    assert len(cut) == 480 and cut[-1] == 0.0 and cut[0] == 1.0


def test_clips_are_the_same_again_whatever_was_played_before(band):
    music = compose(0, 4, clip_seconds=2.0, style="film score")
    first = render(music, band)
    render(compose(0, 5, clip_seconds=1.0, style="rock"), band)
    assert render(music, band).tobytes() == first.tobytes()
    assert first.tobytes() != render(music, Oscillators()).tobytes()
    assert np.abs(first).max() < 1.0 and np.isfinite(first).all()


def test_check_names_what_is_lacking(soundfont, soundfont_file, tmp_path):
    Sampled(soundfont).check()
    kits = [numbers[0] for numbers in sampled.KITS.values()]
    path = tmp_path / "poor.sf2"
    soundfont_file.write(path, [n for n in range(128) if n != 71], kits)
    with pytest.raises(ValueError, match=r"no instrument .* for clarinet \(71\);"):
        Sampled(str(path)).check()
    silent = tmp_path / "silent.sf2"
    soundfont_file.write(silent, range(128), [])
    with pytest.raises(ValueError, match="no drum kit of General MIDI for acoustic"):
        Sampled(str(silent)).check()
