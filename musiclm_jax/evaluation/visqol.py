"""ViSQOL, by the package visqol-python, where it is installed: an opinion of 1 to 5."""

from collections.abc import Callable

import numpy as np
import soxr

_SAMPLE_RATE = 48000  # of its mode for music


def scorer(sample_rate: int) -> Callable[[np.ndarray, np.ndarray], float]:
    """Returns what maps a reference and another sound [sample] to MOS-LQO.

    SoundStream, section IV, measures codecs so.

    Args:
        sample_rate: of both, Hz.

    Raises:
        ValueError: the package is not installed; how it is got.
    """
    try:
        from visqol import VisqolApi
    except ImportError:
        raise ValueError(
            "ViSQOL is measured by visqol-python, which is not installed: "
            "pip install visqol-python"
        ) from None
    api = VisqolApi()
    api.create(mode="audio")

    def score(reference: np.ndarray, other: np.ndarray) -> float:
        length = min(len(reference), len(other))
        both = np.stack([reference[:length], other[:length]], axis=1)
        both = soxr.resample(both.astype(np.float64), sample_rate, _SAMPLE_RATE)
        return float(api.measure_from_arrays(*both.T, _SAMPLE_RATE).moslqo)

    return score
