"""Values of all pairs of two lists: those that belong together, and all others.

What belongs together is on the diagonal of [prompt, piece]. All other pairs stand for
the shuffles: their mean is what the mean over endless shuffles comes to.
"""

import dataclasses

import numpy as np

from musiclm_jax.evaluation import intervals
from musiclm_jax.evaluation.intervals import Estimate


@dataclasses.dataclass(frozen=True)
class PairMeans:
    """Means over pairs.

    Attributes:
        matched: of what belongs together.
        shuffled: of all else.
        excess: matched minus shuffled.
    """

    matched: Estimate
    shuffled: Estimate
    excess: Estimate


def means(values: np.ndarray, *, seed: int) -> PairMeans:
    """Compares matching pairs with all others.

    The intervals are percentile bootstraps over pieces, each taken with its row and its
    column.

    Args:
        values: [row, column], of as many rows as columns.
        seed: of the resamples.

    Raises:
        ValueError: another shape, or fewer than two pieces.
    """
    if values.ndim != 2 or values.shape[0] != values.shape[1] or len(values) < 2:
        raise ValueError(
            "pairs must be of two lists of one length, two or more, not "
            f"{list(values.shape)}"
        )
    num = len(values)
    rng = np.random.default_rng(seed)
    # How often each piece is drawn, out of as many draws as there are pieces.
    even = np.full(num, 1.0 / num)
    counts = rng.multinomial(num, even, size=intervals.NUM_RESAMPLES)
    counts = counts[(counts > 0).sum(axis=1) > 1]  # one piece alone has no others
    at = [part[0] for part in _means(values, np.ones((1, num)))]
    resampled = _means(values, counts.astype(np.float64))
    return PairMeans(
        matched=_mean(at[0], resampled[0]),
        shuffled=_mean(at[1], resampled[1]),
        excess=_mean(at[0] - at[1], resampled[0] - resampled[1]),
    )


def cosines(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Returns the cosine [row, column] of each of [row, dim] and of [column, dim]."""
    return _unit(rows) @ _unit(columns).T


def _unit(x: np.ndarray) -> np.ndarray:
    norm = np.linalg.norm(x.astype(np.float64), axis=-1, keepdims=True)
    return x / np.maximum(norm, 1e-12)


def _mean(value: float, resampled: np.ndarray) -> Estimate:
    low, high = np.percentile(resampled, intervals.PERCENTILES)
    return Estimate(float(value), float(low), float(high))


def _means(values: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of matching and of other pairs, [resample], for counts [resample, piece].

    A piece that was drawn twice is no other piece to itself: such pairs are left out.
    """
    own = np.diagonal(values)
    matched = counts @ own / counts.sum(axis=1)
    others = np.einsum("ri,ij,rj->r", counts, values, counts, optimize=True)
    others -= np.square(counts) @ own
    num_others = np.square(counts.sum(axis=1)) - np.square(counts).sum(axis=1)
    return matched, others / num_others
