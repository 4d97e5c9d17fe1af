"""SI-SDR against its closed form, and loudness against gains."""

import numpy as np
import pytest

from musiclm_jax.evaluation.waveform_distance import loudness_error, si_sdr

RATE = 24000


def test_of_noise_at_a_right_angle_is_the_ratio_of_powers():
    times = np.arange(RATE) / RATE
    sound, noise = np.sin(2 * np.pi * 440 * times), np.cos(2 * np.pi * 440 * times)
    for gain, other in ((0.1, 1.0), (0.5, 3.0), (2.0, 0.2)):
        found = si_sdr(sound, other * (sound + gain * noise) + 0.25)
        assert found == pytest.approx(-20 * np.log10(gain), abs=1e-6)


def test_is_of_the_level_of_the_reference_that_is_nearest(rng):
    """The paper's definition, by trying levels one by one."""
    sound = rng.standard_normal(400)
    other = 0.7 * sound + rng.standard_normal(400)
    true, made = sound - sound.mean(), other - other.mean()
    levels = np.linspace(0.01, 5, 4000)
    rests = [np.sum((level * true - made) ** 2) for level in levels]
    best = int(np.argmin(rests))
    expected = 10 * np.log10(np.sum((levels[best] * true) ** 2) / rests[best])
    assert si_sdr(sound, other) == pytest.approx(expected, abs=0.02)


def test_ends_and_lengths(rng):
    sound = rng.standard_normal(500)
    assert si_sdr(sound, -0.5 * sound) == np.inf
    assert np.isnan(si_sdr(sound, np.zeros(500)))
    assert np.isnan(si_sdr(np.zeros(500), sound))
    noisy = sound + 0.1 * rng.standard_normal(500)
    assert si_sdr(sound, np.append(noisy, np.ones(9))) == si_sdr(sound, noisy)


@pytest.mark.parametrize("gain_db", [-12.0, 3.0, 0.0])
def test_loudness_error_is_the_gain(rng, gain_db):
    sound = 0.05 * rng.standard_normal(2 * RATE)
    other = 10 ** (gain_db / 20) * sound
    assert loudness_error(sound, other, RATE) == pytest.approx(abs(gain_db), abs=1e-6)
    assert np.isnan(loudness_error(sound, 0 * sound, RATE))
