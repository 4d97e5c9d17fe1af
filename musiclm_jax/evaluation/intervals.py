"""Between which values a mean lies, or a share: bootstrap, and Clopper and Pearson."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy import stats

NUM_RESAMPLES = 2000
PERCENTILES = (2.5, 97.5)
"""Of the resamples, the ends of an interval."""


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A figure of clips that were drawn.

    Attributes:
        value: the figure.
        low: lower end of its 95 % interval.
        high: upper end of it.
    """

    value: float
    low: float
    high: float


def of_mean(values: Sequence[float], *, seed: int = 0) -> tuple[float, float]:
    """Returns the ends of the interval that holds the mean in 95 of 100 cases.

    Args:
        values: measured, independent of each other; of one alone nothing is known, and
            both ends are that value.
        seed: of the resamples.

    Raises:
        ValueError: there are no values.
    """
    measured = np.asarray(values, np.float64)
    if not measured.size:
        raise ValueError("there are no values to take the mean of")
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(measured), size=(NUM_RESAMPLES, len(measured)))
    low, high = np.percentile(measured[drawn].mean(axis=1), PERCENTILES)
    return float(low), float(high)


def of_share(count: int, num: int) -> tuple[float, float]:
    """Returns the ends of the interval that holds a share in 95 of 100 cases.

    Other than resamples, it has a width where none or all were found.

    Args:
        count: of those that were found.
        num: of all, independent of each other; at least one.
    """
    found = stats.binomtest(count, num).proportion_ci(method="exact")
    return float(found.low), float(found.high)
