"""What a hand, a camera or time adds: brush strokes, detail, blur, varnish, grain.

None of it depends on the mood: calm pictures have rough surfaces too.
"""

import colorsys

import numpy as np
from PIL import Image, ImageFilter

from musiclm_jax.data.synth.scenes.canvas import SIDE, Canvas
from musiclm_jax.data.synth.scenes.look import Look

_BRUSHED, _DETAILED, _BLURRED, _TONED, _GRAINED = 0.5, 0.5, 0.4, 0.5, 0.5
# Of varnish and of old prints: a tone of one of these hues.
_TONES = (20, 30, 35, 40, 45, 50, 90, 200, 215, 230)


def finish(canvas: Canvas) -> np.ndarray:
    """Returns a picture [row, column, channel=3], uint8.

    Some look painted, some look like a photograph, some stay as they are.
    """
    look = canvas.look
    if look.chance(_BRUSHED):
        _brush(canvas)
    image = canvas.image
    if look.chance(_DETAILED):
        image = _detailed(image, look)
    if look.chance(_BLURRED):
        image = image.filter(ImageFilter.GaussianBlur(look.between(0.3, 1.5)))
    pixels = np.asarray(image)
    if look.chance(_TONED):
        pixels = _toned(pixels, look)
    if look.chance(_GRAINED):
        grain = look.rng.normal(0, look.between(2, 14), (SIDE, SIDE, 1))
        pixels = np.clip(pixels + grain, 0, 255).astype(np.uint8)
    return pixels


def _detailed(image: Image.Image, look: Look) -> Image.Image:
    """Makes patches somewhat lighter and darker: leaves, folds, stones, waves."""
    cells = look.rng.integers(8, 40, 2)
    coarse = Image.fromarray(look.rng.integers(0, 256, cells).astype(np.uint8))
    patches = np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    light = 1 + look.between(0.1, 0.6) * (patches / 127.5 - 1)
    pixels = np.asarray(image) * light[:, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _toned(pixels: np.ndarray, look: Look) -> np.ndarray:
    """Takes colours back to one tone, as light as they were.

    Old masters are brown, whatever they show: moods must be told by more than hues.
    """
    hue = _TONES[look.rng.integers(len(_TONES))] / 360
    tone = np.array(colorsys.hsv_to_rgb(hue, look.between(0, 0.5), 1.0))
    grey = pixels.mean(axis=-1, keepdims=True) * tone / tone.mean()
    share = look.between(0.3, 1.0)
    mixed = share * grey + (1 - share) * pixels
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _brush(canvas: Canvas) -> None:
    """Paints over the picture in strokes of its own colours that follow a flow."""
    look, pixels = canvas.look, np.asarray(canvas.image)
    coarse = Image.fromarray(look.rng.integers(0, 256, (4, 4)).astype(np.uint8))
    flow = np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC)) / 255
    turn, width = look.between(0, np.pi), look.between(0.015, 0.04)
    starts = look.rng.random((look.rng.integers(100, 400), 2))
    columns, rows = (starts * SIDE).astype(int).T
    angles = turn + look.between(0.5, 6) * flow[rows, columns]
    long = look.rng.uniform(0.03, 0.09, len(starts))
    ends = starts + (long * [np.cos(angles), np.sin(angles)]).T
    shifts = look.rng.normal(0, look.between(4, 20), (len(starts), 1))
    colours = np.clip(pixels[rows, columns] + shifts, 0, 255).astype(int).tolist()
    for line, colour in zip(np.stack([starts, ends], 1).tolist(), colours, strict=True):
        canvas.line(line, tuple(colour), width)
