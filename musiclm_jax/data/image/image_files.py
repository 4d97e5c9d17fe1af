"""Reads a picture of whatever format as a square of colours, or says what is wrong.

Of an animation the first frame is taken; what can be seen through lies on white; a
photograph stands as the camera was held.
"""

import os
import pathlib
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""Of pictures that are looked for in folders."""

# Of Pillow's formats those that it decodes itself: some others start programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "TGA")
_MOST_PIXELS = 80_000_000
_SIXTEEN_BITS = 65535.0


def read_image(path: str | os.PathLike, side: int) -> np.ndarray:
    """Reads a picture, the whole of it, drawn out to a square.

    Args:
        path: of the file.
        side: of the square, in pixels.

    Returns:
        [side, side, channel=3], uint8.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no picture, broken, or larger than what is read.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no picture {path}")
    try:
        with _open(path) as image:
            # JPEG is decoded no larger than needed.
            image.draft("RGB", (2 * side, 2 * side))
            upright = ImageOps.exif_transpose(_in_colours(image))
            square = upright.resize(
                (side, side), Image.Resampling.LANCZOS, reducing_gap=3.0
            )
            return np.asarray(square)
    except PermissionError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(
            f"{path} has more than {_MOST_PIXELS:,} pixels: make it smaller"
        ) from None
    except UnidentifiedImageError:
        raise ValueError(
            f"{path} is broken or no picture that can be read; convert it to JPEG or "
            "PNG"
        ) from None
    except Exception as error:  # Decoders raise whatever a broken file leads them to.
        raise ValueError(f"{path} is a broken picture: {_said(error)}") from None


def _open(path: pathlib.Path) -> Image.Image:
    """Reads the header, and judges the size by it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image = Image.open(path, formats=_FORMATS)
    if image.width * image.height > _MOST_PIXELS:
        image.close()
        raise Image.DecompressionBombError
    return image


def _in_colours(image: Image.Image) -> Image.Image:
    """Returns a picture of any mode in red, green and blue; it keeps what it says."""
    if image.mode.startswith(("I", "F")):
        levels = np.nan_to_num(np.asarray(image, np.float32))
        most = 1.0 if image.mode == "F" else _SIXTEEN_BITS
        levels = np.clip(levels / max(most, levels.max()), 0, 1)
        grey = Image.fromarray(np.round(255 * levels).astype(np.uint8)).convert("RGB")
        grey.info = dict(image.info)
        return grey
    if not image.has_transparency_data:
        return image.convert("RGB")
    seen_through = image.convert("RGBA")
    white = Image.new("RGBA", seen_through.size, "white")
    flat = Image.alpha_composite(white, seen_through).convert("RGB")
    flat.info = dict(image.info)
    return flat


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
