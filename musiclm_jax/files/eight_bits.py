"""Arrays in eight bits: whole numbers, and a scale for each row.

    value[i] = scale[i] * level[i],  level in -127 .. 127

A row is what stands at one index of the first axis. Rounding takes at most half a
scale, one part in 254 of the largest of the row. Arrays are of NumPy or of what
computes as it does, such as JAX, and so is what comes of them.
"""

from typing import TypeVar

import numpy as np

ArrayT = TypeVar("ArrayT")

_LEVELS = 127


def pack(value: ArrayT) -> tuple[ArrayT, ArrayT]:
    """Rounds an array.

    Args:
        value: [row, ...], finite floats, of two axes or more.

    Returns:
        Levels [row, ...], int8, and scales [row], float32.
    """
    rows, xp = value.astype(np.float32), value.__array_namespace__()
    largest = abs(rows).max(axis=tuple(range(1, rows.ndim)), initial=0.0)
    # A row of zeros has any scale.
    scale = xp.where(largest > 0, largest / _LEVELS, 1.0).astype(np.float32)
    levels = xp.round(rows / _along_rows(scale, rows.ndim))
    return levels.astype(np.int8), scale


def unpack(levels: ArrayT, scale: ArrayT) -> ArrayT:
    """Returns the floats [row, ...], float32, that levels and scales stand for.

    Args:
        levels: [row, ...], int8.
        scale: [row], float32.

    Raises:
        ValueError: one does not fit the other.
    """
    fits = levels.dtype == np.int8 and levels.ndim > 1
    if not fits or scale.shape != levels.shape[:1] or scale.dtype != np.float32:
        raise ValueError(
            f"levels {levels.dtype} {list(levels.shape)} do not go with scales "
            f"{scale.dtype} {list(scale.shape)}"
        )
    return levels.astype(np.float32) * _along_rows(scale, levels.ndim)


def _along_rows(scale: ArrayT, ndim: int) -> ArrayT:
    return scale.reshape(-1, *(1,) * (ndim - 1))
