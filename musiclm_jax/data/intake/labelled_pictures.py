"""Pictures of sound that explain themselves: spectrograms with both axes."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from musiclm_jax.data.intake import pictures
from musiclm_jax.data.intake.charts import round_up

# In pixels. Readers see about a thousand of them across, so labels are large.
_PLOT = (1080, 384)
_LEFT, _TOP, _RIGHT, _BOTTOM = 84, 22, 28, 74
_TICK = 8
_FONT_SIZE = 22
_MOST_SECONDS_LABELS = 12
_OCTAVES_HZ = (125, 250, 500, 1000, 2000, 4000, 8000)

_PAPER, _INK = "white", (60, 60, 67)


def labelled_png(
    audio: np.ndarray, sample_rate: int, *, start_seconds: float = 0.0
) -> bytes:
    """Draws sound with its seconds below and its frequencies to the left.

    Args:
        audio: [sample] float32, not empty.
        sample_rate: in Hz.
        start_seconds: what the time axis begins with.

    Returns:
        A PNG file, of the same size for every sound; colours as in `pictures`.
    """
    width, height = _PLOT
    shades = Image.fromarray(pictures.shades(audio, sample_rate), "L")
    shades = shades.resize(_PLOT, Image.Resampling.BICUBIC)
    picture = Image.new(
        "RGB", (_LEFT + width + _RIGHT, _TOP + height + _BOTTOM), _PAPER
    )
    picture.paste(pictures.coloured(np.asarray(shades)).convert("RGB"), (_LEFT, _TOP))
    draw = ImageDraw.Draw(picture)
    seconds = len(audio) / sample_rate
    for label in _seconds_labels(start_seconds, start_seconds + seconds):
        _below(draw, (label - start_seconds) / seconds, f"{label:g}")
    for hz in _OCTAVES_HZ:
        if (place := pictures.height_of(hz, sample_rate)) < 1:
            _beside(draw, place, f"{hz}")
    font = _font()
    draw.text((_LEFT + width / 2, picture.height - 12), "seconds", _INK, font, "ms")
    draw.text((_LEFT - _TICK - 4, _TOP), "Hz", _INK, font, "rt")
    # A quarter of the bytes, and no difference to be seen.
    return pictures.encode_png(picture.quantize(method=Image.Quantize.FASTOCTREE))


def _seconds_labels(start: float, end: float) -> np.ndarray:
    step = round_up((end - start) / _MOST_SECONDS_LABELS)
    first, last = math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9)
    return step * np.arange(first, last + 1)


def _below(draw: ImageDraw.ImageDraw, place: float, label: str) -> None:
    x, y = _LEFT + place * (_PLOT[0] - 1), _TOP + _PLOT[1]
    draw.line((x, y, x, y + _TICK), _INK, 2)
    draw.text((x, y + _TICK + 4), label, _INK, _font(), "mt")


def _beside(draw: ImageDraw.ImageDraw, place: float, label: str) -> None:
    x, y = _LEFT, _TOP + (1 - place) * (_PLOT[1] - 1)
    draw.line((x - _TICK, y, x - 1, y), _INK, 2)
    draw.text((x - _TICK - 4, y), label, _INK, _font(), "rm")


def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(_FONT_SIZE)
