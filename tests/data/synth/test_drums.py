import numpy as np
import pytest

from musiclm_jax.data.synth import (
    drums,
    fills,
    grooves,
    grooves_by_metre,
    patterns,
    piece,
)

KITS = [kit for kit in piece.DRUM_KITS if kit != piece.NOTHING]


@pytest.mark.parametrize("kit", KITS)
def test_strokes_start_at_once_and_die(kit):
    for sound in piece.DRUM_SOUNDS:
        audio = drums.render_hit(kit, sound)
        assert audio.dtype == np.float32
        assert 0.1 < np.abs(audio).max() < 2.0
        assert np.abs(audio).argmax() < 0.06 * 24_000
        assert audio[-1] == 0.0
        with pytest.raises(ValueError, match="read-only"):
            audio[0] = 1.0


def test_kicks_are_deep_and_hats_are_high():
    def centroid(sound):
        power = np.abs(np.fft.rfft(drums.render_hit("acoustic", sound), 24_000)) ** 2
        return (power * np.arange(len(power))).sum() / power.sum()

    assert centroid("kick") < 200 < centroid("snare") < 4000 < centroid("closed hat")


@pytest.mark.parametrize("beats_per_bar", piece.METRES)
def test_grooves_name_real_sounds_and_fill_a_bar(beats_per_bar):
    for groove in grooves_by_metre.GROOVES[beats_per_bar].values():
        assert set(groove) <= set(piece.DRUM_SOUNDS)
        for steps in groove.values():
            assert len(steps) == patterns.STEPS_PER_BAR[beats_per_bar]
            assert set(steps) <= set(".oxX")


@pytest.mark.parametrize("kit", KITS)
def test_bars_that_vary_and_fills_keep_their_length(kit, rng):
    plain = grooves.FOURS["rock"]
    for _ in range(20):
        for bar in (fills.vary(plain, rng), fills.fill(plain, kit, rng)):
            assert set(bar) <= set(piece.DRUM_SOUNDS)
            assert {len(steps) for steps in bar.values()} == {16}
            # A bar keeps its first beat.
            assert [s[:4] for s in bar.values()].count("....") < len(bar)


def test_a_varied_bar_differs_little(rng):
    plain = grooves.FOURS["funk"]
    changes = []
    for _ in range(30):
        varied = fills.vary(plain, rng)
        changes.append(
            sum(
                a != b
                for sound in plain
                for a, b in zip(plain[sound], varied[sound], strict=True)
            )
        )
    assert 0 < np.mean(changes) < 6


def test_every_kit_has_grooves_in_every_metre():
    for kit in KITS:
        for energy in range(3):
            for beats_per_bar in (3, 2):
                name = grooves_by_metre.in_metre(beats_per_bar, kit, energy)
                assert name in grooves_by_metre.GROOVES[beats_per_bar]
