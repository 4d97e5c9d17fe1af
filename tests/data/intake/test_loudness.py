"""Loudness: the standard's filter, its calibration, and the cases of EBU Tech 3341."""

import numpy as np
import pytest
from scipy import signal

from musiclm_jax.data.intake import loudness
from musiclm_jax.data.intake.loudness import Loudness

# The cases are stereo, with both channels equal; here is one of them.
ONE_OF_TWO = 10 * np.log10(0.5)


def measure(audio, sample_rate, length=10**9):
    meter = Loudness(sample_rate)
    for start in range(0, len(audio), length):
        meter.add(audio[start : start + length].astype(np.float32))
    return meter.integrated()


def tone(decibels, seconds, sample_rate=48000, hertz=1000.0):
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return 10 ** (decibels / 20) * np.sin(2 * np.pi * hertz * time)


def test_filter_is_that_of_the_standard_at_48_khz():
    # Tables 1 and 2 of BS.1770-4.
    np.testing.assert_allclose(
        loudness._k_weighting(48000),
        [
            [
                *(1.53512485958697, -2.69169618940638, 1.19839281085285),
                *(1.0, -1.69065929318241, 0.73248077421585),
            ],
            [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
        ],
        atol=1e-9,
    )


@pytest.mark.parametrize("sample_rate", [32000, 44100, 96000])
def test_filter_is_the_same_at_other_rates(sample_rate):
    hertz = np.geomspace(20, 8000, 50)
    responses = [
        np.abs(signal.sosfreqz(loudness._k_weighting(rate), hertz, fs=rate)[1])
        for rate in (48000, sample_rate)
    ]
    decibels = 20 * np.log10(np.divide(*responses))
    assert np.abs(decibels).max() < 0.3


@pytest.mark.parametrize("sample_rate", [22050, 44100, 48000, 96000])
@pytest.mark.parametrize("decibels", [0.0, -20.0, -26.0])
def test_calibration(sample_rate, decibels):
    sine = tone(decibels, 2.0, sample_rate, hertz=997.0)
    assert measure(sine, sample_rate) == pytest.approx(decibels - 3.01, abs=0.03)


@pytest.mark.parametrize(
    "parts",
    [
        [(-23, 20)],
        [(-36, 10), (-23, 60), (-36, 10)],
        [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
        [(-26, 20), (-20, 20.1), (-26, 20)],
    ],
    ids=["1", "3", "4", "5"],
)
def test_cases_of_tech_3341(parts):
    rate = 16000  # as good as 48000, and quicker
    audio = np.concatenate([tone(*part, rate) for part in parts])
    assert measure(audio, rate) == pytest.approx(-23.0 + ONE_OF_TWO, abs=0.1)


def test_case_2_of_tech_3341():
    found = measure(tone(-33, 20, 16000), 16000)
    assert found == pytest.approx(-33.0 + ONE_OF_TWO, abs=0.1)


@pytest.mark.parametrize("length", [1, 799, 800, 5000])
def test_blocks_change_nothing(rng, length):
    audio = rng.uniform(-0.5, 0.5, 8000) * np.linspace(0.1, 1, 8000)
    whole = measure(audio, 8000)
    assert measure(audio, 8000, length) == pytest.approx(whole, abs=1e-9)


@pytest.mark.parametrize(
    "audio",
    [np.zeros(0), np.zeros(16000), tone(-80, 2, 8000), tone(0, 0.39, 8000)],
)
def test_too_little_or_too_quiet_for_any(audio):
    assert measure(audio, 8000) is None


@pytest.mark.parametrize("sample_rate", [1, 50, 1000, 3000])
def test_odd_rates_break_nothing(rng, sample_rate):
    found = measure(rng.uniform(-1, 1, 4000), sample_rate)
    assert found is None or np.isfinite(found)
