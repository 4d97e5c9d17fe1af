import dataclasses

import jax
import numpy as np
import pytest

from musiclm_jax.signal import log_frequency

CONFIG = log_frequency.LogFrequencyConfig(
    sample_rate=8000,
    frame_length=1024,
    hop_length=160,
    low_hz=110.0,
    lines_per_octave=12,
    num_octaves=4,
)
HZ = 110.0 * 2 ** (np.arange(48) / 12)


def sine(hz, seconds=0.5):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * 8000)) / 8000)


def test_spectrogram_is_that_of_a_loop(rng):
    audio = rng.normal(size=(1, 5 * 160 + 3))
    got = log_frequency.log_frequency_spectrogram(audio.astype(np.float32), CONFIG)
    assert got.shape == (1, 5, 48)
    padded = np.pad(audio[0], 1024)
    for frame in range(5):
        # The middle of a hop is the middle of its window.
        start = 1024 + 160 * frame + 80 - 512
        window = np.sin(np.pi * np.arange(1024) / 1024) ** 2
        power = np.abs(np.fft.fft(padded[start : start + 1024] * window)[:513]) ** 2
        for line in range(48):
            place = HZ[line] * 1024 / 8000
            reach = max(1.0, place * (2 ** (1 / 12) - 1))
            corners = [place - reach, place, place + reach]
            weights = np.interp(np.arange(513), corners, [0.0, 1.0, 0.0])
            want = np.sqrt(weights @ power / weights.sum())
            np.testing.assert_allclose(got[0, frame, line], want, rtol=1e-4)


@pytest.mark.parametrize("line", [6, 20, 33, 47])
def test_a_sine_peaks_at_its_line(line):
    audio = sine(HZ[line]).astype(np.float32)[None]
    got = log_frequency.log_frequency_spectrogram(audio, CONFIG)
    assert np.argmax(got[0, 10]) == line
    # A quarter of the window, and the less the more bins a line is the mean of.
    assert 0.3 < got[0, 10, line] / (1024 / 4) <= 1.0


def test_silence_has_a_finite_gradient():
    def total(audio):
        return log_frequency.log_frequency_spectrogram(audio, CONFIG).sum()

    assert np.isfinite(jax.grad(total)(np.zeros((1, 320), np.float32))).all()


def test_configuration_is_checked():
    with pytest.raises(ValueError, match="must be at least 1, got 0 and 4"):
        dataclasses.replace(CONFIG, lines_per_octave=0)
    with pytest.raises(ValueError, match="up to 4000 Hz, got 110 to 7040 Hz"):
        dataclasses.replace(CONFIG, num_octaves=6)
    with pytest.raises(ValueError, match="above 0 and up to"):
        dataclasses.replace(CONFIG, low_hz=0.0)
