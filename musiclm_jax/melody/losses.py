"""The losses of the melody network: semi-hard triplets, and one for few steps.

Of embeddings [batch, embed] of unit length: row i of both is one tune in two sounds.
"""

import jax
import jax.numpy as jnp
import optax


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


def info_nce(first: jax.Array, second: jax.Array, *, temperature: float) -> jax.Array:
    """Finds each tune among all of the batch (InfoNCE, 1807.03748).

    All others are told from it at once, where triplets tell one: not the paper's.

    Args:
        first: [batch, embed], of unit length.
        second: [batch, embed], another performance of each tune.
        temperature: of the softmax.

    Returns:
        Mean over rows, both sides in turn.
    """
    logits = first @ second.T / temperature
    own = jnp.arange(len(first))
    each = optax.softmax_cross_entropy_with_integer_labels
    return (each(logits, own).mean() + each(logits.T, own).mean()) / 2


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
