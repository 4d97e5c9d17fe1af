import numpy as np
import pytest

from musiclm_jax.data.synth import drums, patterns, piece

KITS = [kit for kit in piece.DRUM_KITS if kit != "none"]


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


def test_grooves_name_real_sounds_and_fill_a_bar():
    for groove in patterns.GROOVES.values():
        assert set(groove) <= set(piece.DRUM_SOUNDS)
        for steps in groove.values():
            assert len(steps) == 16 and set(steps) <= set(".oxX")
