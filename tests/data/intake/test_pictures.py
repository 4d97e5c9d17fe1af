"""Spectrograms: where a tone lies, and how large a picture is."""

import io

import numpy as np
import pytest
from PIL import Image

from musiclm_jax.data.intake.pictures import highest_hz, spectrogram_png
from musiclm_jax.signal.mel import hz_to_mel

RATE = 8000


def draw(audio):
    """Returns the shades, [mel from the top, time]."""
    image = Image.open(io.BytesIO(spectrogram_png(audio, RATE)))
    assert image.format == "PNG" and image.mode == "P"
    return np.asarray(image)


@pytest.mark.parametrize("hz", [200.0, 1000.0, 3000.0])
def test_a_tone_is_a_bright_line_at_its_height(hz):
    time = np.arange(2 * RATE) / RATE
    shades = draw((0.3 * np.sin(2 * np.pi * hz * time)).astype(np.float32))
    assert shades.shape == (96, 100)
    low, high, here = hz_to_mel([30.0, RATE / 2, hz])
    row = 95 - np.argmax(shades[::-1, 50])
    assert abs((95 - row + 1) - (here - low) / (high - low) * 97) < 1.5
    assert shades.max() == 255


def test_time_runs_to_the_right():
    audio = np.zeros(RATE, np.float32)
    audio[RATE // 2 :] = np.random.default_rng(0).uniform(-1, 1, RATE // 2)
    shades = draw(audio)
    assert shades.shape == (96, 50)
    assert shades[:, :20].max() == 0 < shades[:, 30:].min()


@pytest.mark.parametrize(("length", "columns"), [(0, 1), (1, 1), (161, 2), (8100, 51)])
def test_every_length_has_its_columns(length, columns):
    assert draw(np.ones(length, np.float32)).shape == (96, columns)


def test_the_highest_frequency_is_one_that_the_rate_has():
    assert highest_hz(8000) == 4000
    assert highest_hz(44100) == 12000
