"""A dense layer from several axes to several axes, each with a logical name.

What `nn.DenseGeneral` is, which cannot be used here: it draws its kernel flat, and flax
then constrains the flat kernel by the names of the unflattened one, which fails as soon
as a mesh is set.
"""

import math

import flax.linen as nn
import jax
import jax.numpy as jnp


class GeneralDense(nn.Module):
    """Sums over the last axes of the input and adds a bias.

    Attributes:
        features: sizes of the axes that come in place of those summed over.
        axes: logical names of the kernel's axes, inputs first.
        kernel_init: draws the kernel as a matrix of all inputs by all features.
        dtype: of the computation.
    """

    features: tuple[int, ...]
    axes: tuple[str, ...]
    kernel_init: nn.initializers.Initializer = nn.initializers.lecun_normal()
    dtype: jnp.dtype = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps [..., *inputs] to [..., *features]."""
        num_inputs = len(self.axes) - len(self.features)
        inputs = x.shape[-num_inputs:]

        def draw(rng: jax.Array, shape: tuple[int, ...]) -> jax.Array:
            matrix = (math.prod(inputs), math.prod(self.features))
            return self.kernel_init(rng, matrix, jnp.float32).reshape(shape)

        kernel = self.param(
            "kernel",
            nn.with_logical_partitioning(draw, self.axes),
            (*inputs, *self.features),
        )
        bias = self.param(
            "bias",
            nn.with_logical_partitioning(nn.initializers.zeros, self.axes[num_inputs:]),
            self.features,
        )
        kernel, bias = kernel.astype(self.dtype), bias.astype(self.dtype)
        y = jnp.tensordot(x.astype(self.dtype), kernel, axes=num_inputs)
        return y + bias.reshape((1,) * (y.ndim - bias.ndim) + bias.shape)
