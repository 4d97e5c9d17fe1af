"""Frechet distance between two sets of clips: Frechet Audio Distance (1812.08466).

Of Gaussians that are laid on the embeddings of both sets:

    |mean_a - mean_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2))

The trace of the root is the sum of the singular values of F_a F_b^T, where S = F^T F:
no covariance is squared, and singular ones are as good as others. MusicLM, section 4.4.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy import stats

from musiclm_jax.evaluation import finite, intervals
from musiclm_jax.evaluation.intervals import Estimate

NUM_RESAMPLES = 100
"""Of an interval: each is a distance of its own."""

# Of the line in one over the number of clips: how many sizes, from which share of all
# on, and how often each is drawn.
_SIZES = 12
_LEAST_SHARE = 0.4
_DRAWS = 8
_GROUPS = 10  # of clips, each left out once for the interval


@dataclasses.dataclass(frozen=True, eq=False)
class Gaussian:
    """What is laid on embeddings.

    Attributes:
        mean: [dim], float64.
        factor: [row, dim], float64, of which the covariance is made.
        num_clips: that it was laid on.
    """

    mean: np.ndarray
    factor: np.ndarray
    num_clips: int

    @classmethod
    def of(cls, embeddings: np.ndarray, names: Sequence[str] = ()) -> "Gaussian":
        """Lays one on embeddings.

        Args:
            embeddings: [clip, dim], or [clip, window, dim] where a clip has several.
            names: of the clips, for the error; their numbers if not given.

        Raises:
            ValueError: fewer than two clips, or a value that is not finite.
        """
        x = np.asarray(embeddings, np.float64)
        if x.ndim not in (2, 3) or len(x) < 2:
            raise ValueError(
                "a Gaussian needs the embeddings [clip, dim] of two clips or more, not "
                f"{list(x.shape)}"
            )
        finite.check(x, names, "embedding")
        num_clips, x = len(x), x.reshape(-1, x.shape[-1])
        mean = x.mean(axis=0)
        factor = (x - mean) / np.sqrt(len(x) - 1)
        if len(factor) > factor.shape[1]:
            factor = np.linalg.qr(factor, mode="r")
        return cls(mean, factor, num_clips)

    @property
    def covariance(self) -> np.ndarray:
        """Returns [dim, dim]."""
        return self.factor.T @ self.factor


@dataclasses.dataclass(frozen=True)
class FrechetDistance:
    """How far clips lie from a reference.

    Attributes:
        plain: the distance.
        extrapolated: the distance of endlessly many such clips.
        remark: what a reader has to know; else empty.
    """

    plain: Estimate
    extrapolated: Estimate
    remark: str


def distance(a: Gaussian, b: Gaussian) -> float:
    """Returns the Frechet distance, never negative.

    Raises:
        ValueError: they have other dimensions.
    """
    if a.mean.shape != b.mean.shape:
        raise ValueError(
            f"Gaussians of {a.mean.size} and of {b.mean.size} dimensions lie in "
            "different spaces"
        )
    root = np.linalg.svd(a.factor @ b.factor.T, compute_uv=False).sum()
    spread = np.square(a.factor).sum() + np.square(b.factor).sum() - 2.0 * root
    return max(0.0, float(np.square(a.mean - b.mean).sum() + spread))


def measure(
    embeddings: np.ndarray, reference: Gaussian, names: Sequence[str], *, seed: int
) -> FrechetDistance:
    """Measures the distance of clips from a reference, in all its forms.

    Args:
        embeddings: [clip, dim] or [clip, window, dim]: whole clips are drawn.
        reference: laid on other clips.
        names: of the clips, for errors.
        seed: of what is drawn.

    Raises:
        ValueError: see `Gaussian.of`.
    """
    value = distance(Gaussian.of(embeddings, names), reference)
    return FrechetDistance(
        plain=_with_interval(value, embeddings, reference, seed),
        extrapolated=extrapolated(embeddings, reference, seed=seed),
        remark=too_few(min(len(embeddings), reference.num_clips), embeddings.shape[-1]),
    )


def extrapolated(embeddings: np.ndarray, reference: Gaussian, *, seed: int) -> Estimate:
    """Returns the distance that endlessly many clips would have.

    A Gaussian on n clips lies too far off by a share of 1 / n (Chong and Forsyth,
    1911.07023; for sound Gui et al., 2311.01616): a line through the distances of
    subsets, read where 1 / n is zero. Noise may carry it below zero.

    The interval is a jackknife's: clips that are drawn twice, as in a bootstrap, would
    break the law that the line follows. Of two clips alone nothing is known, and both
    ends are the value.

    Args:
        embeddings: [clip, dim] or [clip, window, dim].
        reference: laid on other clips; its own error stays.
        seed: of the subsets.
    """
    num = len(embeddings)
    rng = np.random.default_rng(seed)
    # The same places in line with some clips left out: what differs is these clips.
    places = rng.random((_SIZES, _DRAWS, num))
    group = rng.permutation(num) % min(_GROUPS, num)
    value = _at_infinity(embeddings, reference, places)
    if num < 3:
        return Estimate(value, value, value)
    left = [
        _at_infinity(embeddings[is_kept], reference, places[:, :, is_kept])
        for is_kept in (group != np.arange(group.max() + 1)[:, None])
    ]
    freedom = len(left) - 1
    deviation = np.sqrt(freedom * np.var(left))
    half = float(stats.t.ppf(intervals.PERCENTILES[1] / 100, freedom) * deviation)
    return Estimate(value, value - half, value + half)


def too_few(num_clips: int, dim: int) -> str:
    """Returns a remark where a covariance has no full rank; else nothing."""
    if num_clips > dim:
        return ""
    return (
        f"{num_clips} clips for {dim} dimensions: too large, to be compared with as "
        "many clips alone"
    )


def _at_infinity(
    embeddings: np.ndarray, reference: Gaussian, places: np.ndarray
) -> float:
    """Reads the line; `places` [size, draw, clip] says who comes first into subsets."""
    num = len(embeddings)
    least = max(2, round(_LEAST_SHARE * num))
    sizes = np.unique(np.linspace(least, num, _SIZES).round().astype(int))
    if len(sizes) < 2:
        return distance(Gaussian.of(embeddings), reference)
    means = []
    for size, draws in zip(sizes, np.argsort(places, axis=-1), strict=False):
        first = draws[:, :size] if size < num else draws[:1]
        subsets = [Gaussian.of(embeddings[each]) for each in first]
        means.append(np.mean([distance(each, reference) for each in subsets]))
    _, at_zero = np.polyfit(1.0 / sizes, means, 1)
    return float(at_zero)


def _with_interval(
    value: float, embeddings: np.ndarray, reference: Gaussian, seed: int
) -> Estimate:
    """The spread of distances of resampled clips, laid around the value.

    Clips that are drawn twice make the cloud thinner, and so all resampled distances
    larger: their spread counts, not where they lie.
    """
    rng = np.random.default_rng(seed)
    num = len(embeddings)
    drawn = rng.integers(num, size=(NUM_RESAMPLES, num))
    found = [distance(Gaussian.of(embeddings[each]), reference) for each in drawn]
    below, above = np.percentile(found, intervals.PERCENTILES) - np.median(found)
    return Estimate(value, max(0.0, float(value + below)), float(value + above))
