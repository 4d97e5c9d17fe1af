"""Peaks that stay below full scale."""

import numpy as np

# The largest sample that 16 bits hold.
_FULL_SCALE = 1.0 - 2.0**-15


def limit_peaks(audio: np.ndarray) -> np.ndarray:
    """Turns down what goes beyond full scale, as a whole; leaves the rest as it is.

    Args:
        audio: [..., sample], any level.

    Returns:
        The same, below full scale: each sound as it was, or divided by its peak.
    """
    peak = np.abs(audio).max(axis=-1, keepdims=True, initial=0.0)
    # A sound that needs nothing is not even multiplied by one.
    loud = peak >= 1.0
    return np.where(loud, audio / np.where(loud, peak, 1) * _FULL_SCALE, audio).astype(
        audio.dtype
    )
