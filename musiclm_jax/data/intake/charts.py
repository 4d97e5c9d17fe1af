"""Counts that can be drawn: how numbers are spread, and which values are frequent."""

import collections
import dataclasses
import math
from collections.abc import Sequence

import numpy as np

_NUM_BINS = 24
_MOST_BARS = 16
# So few different numbers are values rather than amounts.
_FEW = 12


@dataclasses.dataclass(frozen=True, kw_only=True)
class Histogram:
    """How often numbers fall between edges.

    Attributes:
        edges: [bin + 1], all as far apart, at round numbers.
        counts: [bin]; the last one has what lies at its upper edge too.
    """

    edges: np.ndarray
    counts: np.ndarray


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ranking:
    """How often values occur.

    Attributes:
        counts: value -> how often, the most frequent first.
        num_others: different values that are not shown.
    """

    counts: dict[str, int]
    num_others: int


def histogram(numbers: Sequence[float]) -> Histogram:
    """Counts at least one number, between edges a round number apart."""
    numbers = np.asarray(numbers, np.float64)
    low, high = float(numbers.min()), float(numbers.max())
    # Numbers that are all alike, but for rounding, get a bin around them.
    step = round_up(max((high - low) / _NUM_BINS, abs(high) * 1e-3, 1e-3))
    if (numbers % 1 == 0).all():
        step = max(step, 1.0)
    first = math.floor(low / step)
    num_bins = max(math.ceil(high / step) - first, 1)
    edges = (first + np.arange(num_bins + 1)) * step
    # A number on an edge belongs to the bin above it, whatever its rounding.
    place = np.floor(numbers / step + 1e-9).astype(int) - first
    counts = np.bincount(np.clip(place, 0, num_bins - 1), minlength=num_bins)
    return Histogram(edges=edges, counts=counts)


def ranking(counts: collections.Counter[str]) -> Ranking:
    """Returns the most frequent values; of those alike, the first by the alphabet."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Ranking(
        counts=dict(ordered[:_MOST_BARS]),
        num_others=max(len(ordered) - _MOST_BARS, 0),
    )


def chart(values: Sequence[str | float]) -> Histogram | Ranking | None:
    """Returns what shows the values of a field best.

    Numbers are spread out, unless they are few different ones. Of texts the frequent
    ones are counted; where most occur once, such as titles, there is nothing to show.
    """
    different = set(values)
    if len(different) > _FEW and all(not isinstance(v, str) for v in different):
        return histogram(values)
    if len(different) > _FEW and 2 * len(different) > len(values):
        return None
    texts = (v if isinstance(v, str) else f"{v:g}" for v in values)
    return ranking(collections.Counter(texts))


def round_up(step: float) -> float:
    """Returns the next of 1, 2, 5 and their tenfolds."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(
        power * factor for factor in (1, 2, 5, 10) if power * factor >= step * 0.999999
    )
