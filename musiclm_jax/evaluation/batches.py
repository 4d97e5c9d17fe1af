"""Arrays mapped a few rows at a time, always as many, so that one shape is compiled."""

from collections.abc import Callable

import numpy as np


def filled(
    function: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, size: int
) -> np.ndarray:
    """Maps rows [row, ...], at most `size`; the last is repeated up to as many."""
    lacking = size - len(rows)
    full = np.concatenate([rows, np.repeat(rows[-1:], lacking, axis=0)])
    return np.asarray(function(full))[: len(rows)]


def in_batches(
    function: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, size: int
) -> np.ndarray:
    """Maps rows [row, ...] to [row, ...], `size` at a time."""
    starts = range(0, len(rows), size)
    parts = [filled(function, rows[start : start + size], size) for start in starts]
    return np.concatenate(parts)
