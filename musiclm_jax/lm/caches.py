"""Keys and values of all layers: one `Cache` each, which grow together."""

import jax
import jax.numpy as jnp

from musiclm_jax.layers.attention import Cache
from musiclm_jax.lm.transformer import TransformerConfig


def empty_cache(
    config: TransformerConfig, *, batch_size: int, length: int
) -> list[Cache]:
    """Room for the keys and values of `length` positions in every layer."""
    shape = (batch_size * config.num_heads, length, config.head_dim)
    return [
        Cache(jnp.zeros(shape, config.dtype), jnp.zeros(shape, config.dtype))
        for _ in range(config.num_layers)
    ]


def grow_cache(cache: list[Cache], length: int) -> list[Cache]:
    """Adds room at the end, up to `length` positions."""

    def grow(array: jax.Array) -> jax.Array:
        room = length - array.shape[1]
        return jnp.pad(array, [(0, 0), (0, room), (0, 0)])

    return jax.tree.map(grow, cache)
