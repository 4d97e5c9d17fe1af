"""Vectors of unit length, by one definition for every loss and embedding."""

import jax
import jax.numpy as jnp

# What a vector's length counts as at least: zero stays zero, with a finite gradient.
# Half of a float32's digits, so that its square is still one of them.
SMALLEST_LENGTH = 1e-6


def unit_length(x: jax.Array) -> jax.Array:
    """Divides vectors `[..., dim]` by their Euclidean length; zero stays zero."""
    square = jnp.sum(x * x, axis=-1, keepdims=True)
    return x * jax.lax.rsqrt(jnp.maximum(square, SMALLEST_LENGTH**2))


def at_most_unit_length(x: jax.Array, *, half: float) -> jax.Array:
    """Divides vectors `[..., dim]` by their length and `half`; zero stays zero.

    A vector of length `half` comes out half as long as one can be.
    """
    square = jnp.sum(x * x, axis=-1, keepdims=True)
    return x / (jnp.sqrt(jnp.maximum(square, SMALLEST_LENGTH**2)) + half)
