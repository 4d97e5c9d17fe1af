"""Levels: peak, silence and flat tops."""

import numpy as np
import pytest

from musiclm_jax.data.intake.levels import Levels
from musiclm_jax.data.intake.recordings import RejectionError


def measure(audio, length=10**9):
    levels = Levels(-60.0)
    for start in range(0, len(audio), length):
        levels.add(audio[start : start + length].astype(np.float32))
    return levels


def sine(hertz, gain=1.0, rate=44100, num_channels=1):
    time = np.arange(rate) / rate
    return np.repeat(gain * np.sin(2 * np.pi * hertz * time)[:, None], num_channels, 1)


@pytest.mark.parametrize("length", [999, 10**9])
def test_peak_and_edges_of_the_sound(rng, length):
    audio = rng.uniform(-0.0009, 0.0009, (20000, 2))
    audio[7123, 1], audio[11000, 0], audio[15001, 0] = 0.0011, -0.5, 0.002
    levels = measure(audio, length)
    assert (levels.sound_start, levels.sound_end) == (7123, 15002)
    assert levels.num_samples == 20000
    assert levels.peak_db == pytest.approx(-6.02, abs=0.01)


def test_silence_has_no_edges():
    levels = measure(np.full((5000, 1), 0.0009))
    assert (levels.sound_start, levels.sound_end) == (0, 0)
    assert measure(np.zeros((10, 2))).peak_db is None


@pytest.mark.parametrize("level", [1.0, 0.4])
@pytest.mark.parametrize("length", [5000, 10**9])
def test_clipped_share(level, length):
    audio = level * np.clip(2 * sine(220), -1, 1)
    audio = np.concatenate([0.3 * level * sine(220), audio])
    # A sine of twice the size lies beyond for two thirds of the time.
    assert measure(audio, length).clipped_share == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize("hertz", [30, 60, 440, 5000])
def test_a_sine_is_not_clipped(hertz):
    audio = np.round(sine(hertz, 0.99, num_channels=2) * 2**15) / 2**15
    assert measure(audio).clipped_share < 0.01


def test_noise_is_not_clipped(rng):
    assert measure(rng.normal(0, 0.1, (44100, 2))).clipped_share == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_no_number(bad):
    audio = np.zeros((100, 2))
    audio[50, 1] = bad
    with pytest.raises(
        RejectionError, match="has samples that are not finite"
    ) as error:
        measure(audio)
    assert error.value.rejection.kind == "not_finite"
