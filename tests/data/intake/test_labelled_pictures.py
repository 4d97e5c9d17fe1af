"""Axes: labels stand where the sound is that they name."""

import io

import numpy as np
import pytest
from PIL import Image

from musiclm_jax.data.intake import labelled_pictures, pictures

RATE = 24000


def draw(audio, **settings):
    """Returns the colours of the picture, [row, column, colour]."""
    png = labelled_pictures.labelled_png(audio.astype(np.float32), RATE, **settings)
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    return np.asarray(image.convert("RGB")).astype(int)


def ticks(line):
    """Returns the middles of the dark runs of [place, colour]."""
    dark = np.flatnonzero(line.sum(axis=1) < 300)
    runs = np.split(dark, np.flatnonzero(np.diff(dark) > 1) + 1)
    return [run.mean() for run in runs]


def test_a_tone_lies_beside_the_tick_of_its_frequency():
    time = np.arange(3 * RATE) / RATE
    for octave, hz in enumerate((125, 250, 500, 1000, 2000, 4000, 8000)):
        shown = draw(0.3 * np.sin(2 * np.pi * hz * time))
        plot = shown[22:406, 84:1164]
        brightest = plot.sum(axis=2)[:, 540].argmax()
        beside = ticks(shown[22:406, 78])
        assert len(beside) == 7
        assert abs(beside[::-1][octave] - brightest) <= 4


def test_a_click_stands_over_the_tick_of_its_second():
    audio = 1e-4 * np.random.default_rng(0).standard_normal(10 * RATE)
    audio[3 * RATE : 3 * RATE + 20] = 0.9
    shown = draw(audio, start_seconds=60.0)
    brightest = shown[22:406, 84:1164].sum(axis=2).mean(axis=0)
    middle = np.flatnonzero(brightest > 0.8 * brightest.max()).mean()
    below = ticks(shown[410, 84:1164])
    assert len(below) == 11
    assert abs(below[3] - middle) <= 4


def test_every_picture_is_of_one_size():
    noise = np.random.default_rng(0).uniform(-1, 1, 9 * RATE)
    sizes = {draw(noise[: round(s * RATE)]).shape for s in (0.01, 2.4, 9.0)}
    assert sizes == {(480, 1192, 3)}


@pytest.mark.parametrize("rate", [8000, 24000, 44100])
def test_heights_go_from_edge_to_edge(rate):
    heights = [
        pictures.height_of(hz, rate) for hz in (30.0, 1000.0, pictures.highest_hz(rate))
    ]
    assert heights[0] < 0 < heights[1] < 1 < heights[2]
    assert abs(heights[0]) < 0.01 and heights[2] < 1.01
