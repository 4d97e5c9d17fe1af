"""How much of their codebooks codes use."""

import jax
import jax.numpy as jnp

# A code is in use that has more than this share of even use.
USED_SHARE = 0.1


def count(codes: jax.Array, *, codebook_size: int) -> jax.Array:
    """Counts codes `[batch, time, level]` into `[level, code]`, float32."""
    flat = codes.reshape(-1, codes.shape[-1]).T
    return jax.vmap(lambda c: jnp.bincount(c, length=codebook_size))(flat).astype(
        jnp.float32
    )


def metrics(counts: jax.Array) -> dict[str, jax.Array]:
    """Says how well codebooks are used.

    Args:
        counts: [level, code], of `count` or the moving average of `RvqState`.

    Returns:
        The perplexity and the share of codes in use (above `USED_SHARE` of even use) of
        the first level, of the mean over levels and of the worst level: scalars by
        metric name. The perplexity is at most the codebook size.
    """
    share = counts / jnp.maximum(jnp.sum(counts, axis=-1, keepdims=True), 1e-9)
    entropy = -jnp.sum(share * jnp.log(jnp.maximum(share, 1e-12)), axis=-1)
    perplexity = jnp.exp(entropy)
    used = jnp.mean(share > USED_SHARE / counts.shape[-1], axis=-1)
    return {
        "codebook/perplexity_0": perplexity[0],
        "codebook/perplexity_mean": jnp.mean(perplexity),
        "codebook/perplexity_min": jnp.min(perplexity),
        "codebook/used_0": used[0],
        "codebook/used_mean": jnp.mean(used),
        "codebook/used_min": jnp.min(used),
    }
