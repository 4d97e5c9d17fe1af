"""Peaks that stay below full scale."""

import numpy as np

# Where peaks begin to be bent, and what none reaches: lossy formats overshoot a little.
_KNEE, _PEAK = 0.8, 0.98


def limit_peaks(audio: np.ndarray) -> np.ndarray:
    """Bends what comes near full scale or goes beyond it; leaves the rest as it is.

    Turned down as a whole, a piece would lose its level to a few peaks.

    Args:
        audio: [..., sample], any level.

    Returns:
        The same, below full scale.
    """
    size, room = np.abs(audio), _PEAK - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size > _KNEE, np.sign(audio) * bent, audio).astype(audio.dtype)
