"""Products with a kernel, of which a guided step of sampling has two rows each."""

import jax
import jax.numpy as jnp

from musiclm_jax.parallel.sharding import batch_shares


def product(x: jax.Array, kernel: jax.Array, *, axes: int = 1) -> jax.Array:
    """Sums over the last axes of `x` and the first of `kernel`.

    On a CPU, a product of a few rows packs the kernel first, which costs more than to
    read it: two matrix-vector products, the second of which finds the kernel in the
    processor's cache, do not.

    Args:
        x: [batch, query, *inputs].
        kernel: [*inputs, *outputs].
        axes: how many inputs there are.

    Returns:
        [batch, query, *outputs].
    """

    def whole(x: jax.Array, kernel: jax.Array) -> jax.Array:
        return jnp.tensordot(x, kernel, axes=axes)

    def by_row(x: jax.Array, kernel: jax.Array) -> jax.Array:
        return jnp.concatenate([whole(row, kernel) for row in jnp.split(x, 2)])

    if x.shape[:2] != (2, 1) or batch_shares(2) > 1:
        return whole(x, kernel)
    return jax.lax.platform_dependent(x, kernel, cpu=by_row, default=whole)
