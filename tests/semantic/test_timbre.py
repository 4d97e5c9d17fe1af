import numpy as np
import pytest
from scipy import fft

from musiclm_jax.semantic import timbre


def test_colour_and_changes_are_those_of_a_loop(rng):
    log_mel = rng.normal(size=(2, 4 * 3 + 2, 10)).astype(np.float32)
    got = timbre.timbre(log_mel, hop_length=3, num_cepstra=6)
    assert got.shape == (2, 4, 16)
    for row in range(2):
        steps = [log_mel[row, 3 * step : 3 * step + 3].max(axis=0) for step in range(4)]
        for step in range(4):
            before, here, after = (
                steps[max(0, step - 1)],
                steps[step],
                steps[min(3, step + 1)],
            )
            cepstra = fft.dct(
                np.maximum(np.maximum(before, here), after), norm="ortho"
            )[:6]
            cepstra[0] *= 0.5
            np.testing.assert_allclose(got[row, step, :6], cepstra, atol=1e-5)
            for part, change in (
                (slice(6, 11), here - before),
                (slice(11, 16), after - here),
            ):
                pairs = 0.5 * (change[0::2] + change[1::2]) / 2
                np.testing.assert_allclose(got[row, step, part], pairs, atol=1e-5)


def test_pitch_moves_it_less_than_colour_does():
    """Harmonics that wander are no colour; a filter is."""
    mels = np.arange(80)

    def sound(spacing, tilt):
        level = np.cos(2 * np.pi * mels / spacing) - tilt * mels
        return np.tile(level.astype(np.float32), (1, 9, 1))

    low, high, dark = (
        timbre.timbre(sound(*x), hop_length=3, num_cepstra=20)
        for x in ((4.0, 0.02), (5.0, 0.02), (4.0, 0.05))
    )
    assert np.linalg.norm(low - high) < 0.1 * np.linalg.norm(low - dark)


def test_from_behind_what_came_comes(rng):
    log_mel = rng.normal(size=(1, 15, 8)).astype(np.float32)
    forward = timbre.timbre(log_mel, hop_length=3, num_cepstra=4)
    backward = timbre.timbre(log_mel[:, ::-1], hop_length=3, num_cepstra=4)[:, ::-1]
    np.testing.assert_allclose(forward[..., :4], backward[..., :4], atol=1e-6)
    np.testing.assert_allclose(forward[..., 4:8], -backward[..., 8:], atol=1e-6)


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="num_mels must be even, got 9"):
        timbre.check_sizes(9, 4)
    with pytest.raises(ValueError, match=r"num_cepstra must be in 1..num_mels \(8\)"):
        timbre.check_sizes(8, 9)
