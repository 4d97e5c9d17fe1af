"""How a code is drawn from its scores, with guidance and each row with its own key."""

import jax
import jax.numpy as jnp


def pair(first: jax.Array, second: jax.Array) -> jax.Array:
    """Lays the rows [batch, ...] of both in turn: a pair stays on its device."""
    return jnp.stack([first, second], axis=1).reshape(-1, *first.shape[1:])


def guide(logits: jax.Array, guidance: jax.Array) -> jax.Array:
    """Makes one row of scores of each pair, with and without conditioning.

    Classifier-free guidance (2207.12598).

    Args:
        logits: [row, ..., code], rows as `pair` lays them, the conditioned first.
        guidance: how far to go from the prediction without conditioning towards the one
            with it; one is the latter itself.
    """
    pairs = logits.reshape(-1, 2, *logits.shape[1:])
    conditioned, without = pairs[:, 0], pairs[:, 1]
    return without + guidance * (conditioned - without)


def truncate(logits: jax.Array, *, top_k: int | None, top_p: float | None) -> jax.Array:
    """Sets the scores of all but the best codes to minus infinity.

    Args:
        logits: [..., code].
        top_k: draw among so many best codes; None for all.
        top_p: draw among the fewest best codes that hold this much probability; None
            for all.
    """
    if top_k is not None and top_k < logits.shape[-1]:
        least = jax.lax.top_k(logits, top_k)[0][..., -1:]
        logits = jnp.where(logits < least, -jnp.inf, logits)
    if top_p is not None and top_p < 1:
        ordered = jnp.sort(logits, axis=-1, descending=True)
        probability = jax.nn.softmax(ordered, axis=-1)
        # Probability of all better codes: the best one always stays.
        before = jnp.cumsum(probability, axis=-1) - probability
        least = jnp.where(before < top_p, ordered, jnp.inf).min(axis=-1, keepdims=True)
        logits = jnp.where(logits < least, -jnp.inf, logits)
    return logits


def gumbel(keys: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Noise [batch, *shape] of one key a row: for `draw`, or to disturb an order.

    Many small draws in a loop cost more than one of them all before it.
    """
    return jax.vmap(lambda key: jax.random.gumbel(key, shape))(keys)


def draw(
    logits: jax.Array,
    noise: jax.Array,
    temperature: jax.Array,
    *,
    top_k: int | None = None,
    top_p: float | None = None,
) -> jax.Array:
    """Draws codes by their scores.

    Args:
        logits: [batch, ..., code].
        noise: of that shape, from `gumbel`.
        temperature: divides the scores; zero takes the best code.
        top_k: see `truncate`.
        top_p: likewise.

    Returns:
        [batch, ...], int32.
    """
    warm = truncate(logits / jnp.maximum(temperature, 1e-6), top_k=top_k, top_p=top_p)
    # The best of the scores with this noise is a draw by their softmax.
    scores = jnp.where(temperature == 0, logits, warm + noise)
    return scores.argmax(axis=-1).astype(jnp.int32)
