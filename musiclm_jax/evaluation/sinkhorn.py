"""What it costs to turn one histogram of codes into another: Sinkhorn's algorithm.

Cuturi 2013, in the log domain; MusicLM, section 4.4, says not how strongly it smooths:
here from much to little, each time from where the last one ended, and what then is
moved too much or too little is moved for certain (Altschuler et al. 2017), so that no
cost is below that of the best plan.
"""

from typing import NamedTuple

import numpy as np

# Of the largest distance of a pair: the smoothing of one round after another.
_SMOOTHING = 0.5 ** np.arange(1, 11)
_STEPS_A_ROUND = 200
# Of the logs of a kernel, which reaches them where there is no mass.
_HIGHEST_LOG = 100.0
_LEAST = 1e-300
# Pairs that are computed at once: bounds the memory.
_PAIRS_AT_ONCE = 32


class _Bins(NamedTuple):
    """Bins of histograms that are not empty, all filled up to as many.

    Attributes:
        places: [pair, bin], which codes they are.
        mass: [pair, bin], zero in what fills up.
    """

    places: np.ndarray
    mass: np.ndarray


def transport_costs(
    first: np.ndarray, second: np.ndarray, distances: np.ndarray
) -> np.ndarray:
    """Returns the cost of moving each histogram onto its partner.

    Args:
        first: [pair, code], counts or shares; what counts is the share of each code.
        second: [pair, code], likewise.
        distances: [code, code], what it costs to turn one code into another.

    Returns:
        [pair] float64, in the unit of the distances.

    Raises:
        ValueError: a histogram is empty, or numbers that are negative or not finite.
    """
    for given in (first, second, distances):
        if not np.isfinite(given).all() or np.min(given, initial=0.0) < 0:
            raise ValueError("histograms and distances must be finite, not negative")
    if not (first.sum(axis=1).all() and second.sum(axis=1).all()):
        raise ValueError("an empty histogram cannot be moved: each must have a count")
    costs = [np.zeros(0)]
    for start in range(0, len(first), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        source, sink = _bins(first[part]), _bins(second[part])
        cost = distances[source.places[:, :, None], sink.places[:, None, :]]
        costs.append(_costs(source.mass, sink.mass, np.asarray(cost, np.float64)))
    return np.concatenate(costs)


def _bins(histograms: np.ndarray) -> _Bins:
    """Drops the codes that no histogram [pair, code] of these uses at its place."""
    is_used = histograms > 0
    most = is_used.sum(axis=1).max()
    places = np.argsort(~is_used, axis=1, kind="stable")[:, :most]
    mass = np.take_along_axis(histograms, places, axis=1).astype(np.float64)
    return _Bins(places, mass / mass.sum(axis=1, keepdims=True))


def _costs(source: np.ndarray, sink: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Moves source [pair, bin] onto sink [pair, bin] by cost [pair, bin, bin]."""
    # Nothing is moved to what fills up: its distances say nothing of a pair.
    cost = np.where((source[:, :, None] > 0) & (sink[:, None, :] > 0), cost, 0.0)
    largest = cost.max(axis=(1, 2))
    unit = np.where(largest > 0, largest, 1.0)[:, None, None]
    scaled = cost / unit
    with np.errstate(divide="ignore"):
        log_source, log_sink = np.log(source), np.log(sink)
    height, depth = np.zeros_like(source), np.zeros_like(sink)
    for smoothing in _SMOOTHING:
        reached = (depth[:, None, :] - scaled) / smoothing + log_sink[:, None, :]
        height = -smoothing * _log_sum(reached, axis=2)
        reached = (height[:, :, None] - scaled) / smoothing + log_source[:, :, None]
        depth = -smoothing * _log_sum(reached, axis=1)
        # From here on logs change little: steps without them are safe, and fast.
        log_kernel = (height[:, :, None] + depth[:, None, :] - scaled) / smoothing
        up, down = _scaled(np.exp(np.minimum(log_kernel, _HIGHEST_LOG)), source, sink)
        height = height + smoothing * np.log(up)
        depth = depth + smoothing * np.log(down)
    log_plan = (height[:, :, None] + depth[:, None, :] - scaled) / smoothing
    log_plan += log_source[:, :, None] + log_sink[:, None, :]
    plan = _made_exact(np.exp(log_plan), source, sink)
    return (plan * cost).sum(axis=(1, 2))


def _scaled(
    kernel: np.ndarray, source: np.ndarray, sink: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns what to multiply rows and columns of kernels [pair, bin, bin] by."""
    across = np.ascontiguousarray(kernel.transpose(0, 2, 1))
    up, down = np.ones_like(source), np.ones_like(sink)
    for _ in range(_STEPS_A_ROUND):
        up = 1 / np.maximum((kernel @ (sink * down)[:, :, None])[:, :, 0], _LEAST)
        down = 1 / np.maximum((across @ (source * up)[:, :, None])[:, :, 0], _LEAST)
    return up, down


def _log_sum(logs: np.ndarray, axis: int) -> np.ndarray:
    """Returns the log of a sum of exponentials; not all logs are without end."""
    top = logs.max(axis=axis, keepdims=True)
    return np.squeeze(top, axis) + np.log(np.exp(logs - top).sum(axis=axis))


def _made_exact(plan: np.ndarray, source: np.ndarray, sink: np.ndarray) -> np.ndarray:
    """Returns the plan [pair, bin, bin] with these very sums over bins."""
    for axis, mass in ((2, source), (1, sink)):
        moved = plan.sum(axis=axis)
        share = np.divide(mass, moved, out=np.ones_like(moved), where=moved > mass)
        plan = plan * np.expand_dims(share, axis)
    left = source - plan.sum(axis=2), sink - plan.sum(axis=1)
    total = left[0].sum(axis=1)
    rest = left[0][:, :, None] * left[1][:, None, :]
    return plan + rest / np.where(total > 0, total, 1.0)[:, None, None]
