"""Which histograms of codes lie nearest to each other, without moving all of them.

No plan is cheaper than one that may move every code to the nearest that the other side
has at all, however little it has of it (Kusner et al. 2015). Where that already costs
too much, nothing is moved.
"""

import numpy as np

from musiclm_jax.evaluation.sinkhorn import transport_costs

_PAIRS_AT_ONCE = 32


def bounds(first: np.ndarray, second: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Returns what each histogram costs at least to be moved onto each other one.

    Args:
        first: [row, code], shares.
        second: [column, code], shares.
        distances: [code, code].

    Returns:
        [row, column].
    """
    there = first @ _to_nearest(second, distances).T
    back = second @ _to_nearest(first, distances.T).T
    return np.maximum(there, back.T)


def are_below(
    first: np.ndarray, second: np.ndarray, distances: np.ndarray, threshold: float
) -> np.ndarray:
    """Says of each histogram [pair, code] whether it costs less to be moved.

    Args:
        first: [pair, code], shares.
        second: [pair, code], likewise.
        distances: [code, code].
        threshold: what it is to cost less than.

    Returns:
        [pair] booleans.
    """
    there = (first * _to_nearest(second, distances)).sum(axis=1)
    back = (second * _to_nearest(first, distances.T)).sum(axis=1)
    found = np.maximum(there, back) < threshold
    found[found] = transport_costs(first[found], second[found], distances) < threshold
    return found


def smallest(
    first: np.ndarray,
    second: np.ndarray,
    distances: np.ndarray,
    *,
    is_asked: np.ndarray,
    count: int,
) -> np.ndarray:
    """Finds what the cheapest pairs cost.

    Args:
        first: [row, code], shares.
        second: [column, code], shares.
        distances: [code, code].
        is_asked: [row, column], which pairs there are.
        count: of those that are found, at most all there are.

    Returns:
        [count] costs, the cheapest first.
    """
    least = np.where(is_asked, bounds(first, second, distances), np.inf)
    order = np.argsort(least, axis=None)[: is_asked.sum()]
    found = np.zeros(0)
    for start in range(0, len(order), _PAIRS_AT_ONCE):
        part = order[start : start + _PAIRS_AT_ONCE]
        rows, columns = np.unravel_index(part, least.shape)
        if len(found) >= count and found[count - 1] <= least[rows[0], columns[0]]:
            break
        costs = transport_costs(first[rows], second[columns], distances)
        found = np.sort(np.concatenate([found, costs]))
    return found[:count]


def _to_nearest(histograms: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Returns how far each code is from the nearest of a histogram: [row, code]."""
    return np.stack([distances[:, row > 0].min(axis=1) for row in histograms])
