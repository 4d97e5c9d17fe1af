"""Dropout whose random numbers are computed by themselves."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.files.ranges import Range

DROPOUT_RATE = Range(kind=float, low=0, high=1, below_high=True)
"""What a rate can be: something is left."""


class Dropout(nn.Module):
    """Sets values to zero at random and scales up those it keeps.

    What `nn.Dropout` gives, number for number. Left to itself the TPU compiler writes
    the random generator into each product that reads the mask, and works minutes at it
    for a deep network; a barrier keeps the mask whole.

    Attributes:
        rate: share that is dropped.
        broadcast_dims: axes along which all values share their fate.
    """

    rate: float
    broadcast_dims: tuple[int, ...] = ()

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """Maps an array of any shape to one of the same, itself unless `train`.

        Reads the random stream "dropout" in training.

        Raises:
            ValueError: a rate that leaves nothing, or is no share.
        """
        DROPOUT_RATE.check("the dropout rate", self.rate)
        if not train or self.rate == 0:
            return x
        shape = list(x.shape)
        for axis in self.broadcast_dims:
            shape[axis] = 1
        kept = jax.random.bernoulli(self.make_rng("dropout"), 1 - self.rate, shape)
        kept = jax.lax.optimization_barrier(kept)
        return jnp.where(kept, x / (1 - self.rate), jnp.zeros_like(x))
