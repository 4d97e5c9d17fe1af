"""What the decoder gets of the embeddings while the codec is trained.

A bottleneck maps embeddings [batch, time, dim], their quantized values and a key to
what the decoder sees. A quantizer has no gradient: what reaches the encoder is a matter
of choice.
"""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp

Bottleneck = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]


def straight_through(x: jax.Array, quantized: jax.Array, rng: jax.Array) -> jax.Array:
    """Returns `quantized`, with the gradient of `x`; `rng` is not used."""
    del rng
    return x + jax.lax.stop_gradient(quantized - x)


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoisyBottleneck:
    """`straight_through`; for a share of rows, embeddings with white noise instead.

    The noise has the power of the quantizer's error. Its gradient says which dimensions
    deserve precision; straight through a quantizer it does not.

    Attributes:
        share: of the rows, from 0 to 1.
    """

    share: float

    def __post_init__(self):
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"share must be from 0 to 1, got {self.share}")

    def __call__(self, x: jax.Array, quantized: jax.Array, rng: jax.Array) -> jax.Array:
        """Maps `x [batch, time, dim]` to the same shape."""
        share_rng, noise_rng = jax.random.split(rng)
        error = jax.lax.stop_gradient(x - quantized)
        noise = jax.random.normal(noise_rng, x.shape)
        noisy = x + jnp.sqrt(jnp.mean(jnp.square(error))) * noise
        rows = jax.random.bernoulli(share_rng, self.share, (x.shape[0], 1, 1))
        return jnp.where(rows, noisy, straight_through(x, quantized, rng))
