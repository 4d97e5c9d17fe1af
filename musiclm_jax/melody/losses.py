"""The loss of the melody network: semi-hard triplets."""

import jax
import jax.numpy as jnp


def semi_hard_triplet(
    first: jax.Array, second: jax.Array, *, margin: float
) -> jax.Array:
    """Brings a tune nearer to itself than to the hardest other that is still farther.

    FaceNet (1503.03832), section 3.2; MusicLM, appendix C. Each row of `first` is an
    anchor, its row of `second` the positive, the other rows the negatives. The hardest
    of all would lead to one place for all tunes; so the nearest of those beyond the
    positive is taken, and the farthest where none is beyond.

    Args:
        first: [batch, embed], of unit length.
        second: [batch, embed], another performance of each tune.
        margin: by which squared distances are to differ.

    Returns:
        Mean over anchors, both sides in turn.
    """
    return (_one_way(first, second, margin) + _one_way(second, first, margin)) / 2


def retrieval_accuracy(first: jax.Array, second: jax.Array) -> jax.Array:
    """Share of the rows of `first` [batch, embed] whose nearest is their own."""
    nearest = (first @ second.T).argmax(axis=-1)
    return (nearest == jnp.arange(len(first))).astype(jnp.float32).mean()


def _one_way(anchor: jax.Array, positive: jax.Array, margin: float) -> jax.Array:
    # Of unit vectors, squared distances: [anchor, other].
    distances = 2.0 - 2.0 * anchor @ positive.T
    own = jnp.diagonal(distances)[:, None]
    is_other = ~jnp.eye(len(anchor), dtype=bool)
    beyond = jnp.where(is_other & (distances > own), distances, jnp.inf)
    farthest = jnp.where(is_other, distances, -jnp.inf).max(axis=-1)
    nearest = beyond.min(axis=-1)
    negative = jnp.where(jnp.isinf(nearest), farthest, nearest)
    return jax.nn.relu(own[:, 0] - negative + margin).mean()
