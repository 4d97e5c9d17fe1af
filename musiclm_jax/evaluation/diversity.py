"""How different pieces are from each other: a model may make the same one for all."""

import numpy as np

from musiclm_jax.evaluation import pairs
from musiclm_jax.evaluation.intervals import Estimate


def mean_distance(embeddings: np.ndarray, *, seed: int) -> Estimate:
    """Returns the mean cosine distance of two different pieces: 0 where all are alike.

    Args:
        embeddings: [piece, dim].
        seed: of the resamples.

    Raises:
        ValueError: fewer than two pieces.
    """
    return pairs.means(1.0 - pairs.cosines(embeddings, embeddings), seed=seed).shuffled
