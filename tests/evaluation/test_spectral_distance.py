"""The distance against a transform, filters and mean that are written another way."""

import numpy as np
import pytest
import scipy.signal

from musiclm_jax.evaluation.spectral_distance import (
    WINDOWS,
    log_mel_distance,
    stft_distance,
)

RATE = 24000


def mel_of(hz):
    return 1127.0 * np.log(1.0 + hz / 700.0)  # HTK's, in natural logarithms


def reference_log_mel(audio, window):
    """Frame by frame, bin by bin."""
    audio = np.concatenate([np.zeros(window // 2), audio, np.zeros(window // 2)])
    times = np.arange(window)
    shape = 0.5 - 0.5 * np.cos(2 * np.pi * times / window)
    bins = np.arange(window // 2 + 1)
    fourier = np.exp(-2j * np.pi * np.outer(bins, times) / window)
    corners = np.linspace(0.0, mel_of(RATE / 2), 66)
    mels = mel_of(bins * RATE / window)
    rows = []
    for start in range(0, len(audio) - window + 1, window // 4):
        magnitude = np.abs(fourier @ (shape * audio[start : start + window]))
        bands = [
            magnitude @ np.interp(mels, corners[k : k + 3], (0.0, 1.0, 0.0), 0.0, 0.0)
            for k in range(64)
        ]
        rows.append(np.log(np.array(bands) / window**0.5 + 0.001))
    return np.array(rows)


def test_matches_the_definition(rng):
    first = 0.3 * rng.standard_normal(3000)
    other = 0.1 * np.sin(2 * np.pi * 440 * np.arange(3000) / RATE)
    expected = np.mean(
        [
            np.mean(np.abs(reference_log_mel(first, w) - reference_log_mel(other, w)))
            for w in WINDOWS
        ]
    )
    assert log_mel_distance(first, other, RATE) == pytest.approx(expected, rel=1e-4)


def test_of_a_loud_sound_at_half_its_level_is_the_logarithm_of_two(rng):
    sound = 20.0 * rng.standard_normal(RATE // 2)
    found = log_mel_distance(sound, 0.5 * sound, RATE)
    # Narrow filters of short windows may hold no bin: they tell nothing apart.
    assert 0.8 * np.log(2) < found < np.log(2)


def test_equal_sounds_and_other_lengths(rng):
    sound = rng.standard_normal(6000)
    assert log_mel_distance(sound, sound, RATE) == 0.0
    assert log_mel_distance(sound, np.append(sound, np.ones(50)), RATE) == 0.0


def reference_stft(audio, window):
    """SciPy's, with its own window, scaled back."""
    found = scipy.signal.ShortTimeFFT(
        scipy.signal.windows.hann(window, sym=False), window // 4, fs=RATE
    ).stft(audio, p0=0, p1=len(audio) // (window // 4) + 1)
    return np.abs(found.T) / window**0.5


def test_stft_distance_matches_the_definition(rng):
    first = 0.3 * rng.standard_normal(6000)
    other = 0.1 * np.sin(2 * np.pi * 440 * np.arange(6000) / RATE)
    expected = []
    for window in WINDOWS:
        true, made = (reference_stft(sound, window) for sound in (first, other))
        convergence = np.sqrt(((true - made) ** 2).sum() / (true**2).sum())
        logs = np.abs(np.log((true + 0.001) / (made + 0.001))).mean()
        expected.append(convergence + logs)
    assert stft_distance(first, other) == pytest.approx(np.mean(expected), rel=1e-6)
    assert stft_distance(first, np.append(first, np.ones(50))) == 0.0


def test_stft_distance_of_half_a_loud_sound(rng):
    sound = 1000.0 * rng.standard_normal(RATE // 2)
    expected = 0.5 + np.log(2)
    assert stft_distance(sound, 0.5 * sound) == pytest.approx(expected, rel=1e-4)
