"""Causal convolutions over time that can also run chunk by chunk.

Every layer sees its input after the steps that came before it. These are zeros unless
the flax collection `PAST` is mutable; then they are read from it, and the last steps of
the input are left there for the next chunk:

    y = layer.apply({"params": p}, x)                          # whole, from silence
    y0, past = layer.apply({"params": p}, x0, mutable=[PAST])  # x = x0 then x1
    y1, past = layer.apply({"params": p, **past}, x1, mutable=[PAST])

Layers that change the rate work on blocks of `stride` steps, the steps of a block moved
into channels: see `strided.py`, of which the upsampling is the mirror image.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.layers import strided

Initializer = nn.initializers.Initializer

PAST = "past"
_AXES = ("kernel", "in", "out")


class CausalConv(nn.Module):
    """Convolution whose output at a step depends on no later step.

    Attributes:
        features: channels out.
        kernel_size: taps.
        dilation: steps between taps.
    """

    features: int
    kernel_size: int
    dilation: int = 1

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[batch, time, in]` to `[batch, time, features]`."""
        kernel = _kernel(
            self, (self.kernel_size, x.shape[-1], self.features), init=_keep_scale()
        )
        x = after_past(self, x, (self.kernel_size - 1) * self.dilation)
        y = _convolve(x, kernel, rhs_dilation=(self.dilation,))
        return _add_bias(self, y, self.features)


class CausalDepthwise(nn.Module):
    """Convolution of every channel by itself.

    Attributes:
        kernel_size: taps.
    """

    kernel_size: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[batch, time, channel]` to the same shape."""
        length, channels = x.shape[1:]
        init = nn.initializers.variance_scaling(
            1.0, "fan_in", "truncated_normal", in_axis=0, out_axis=()
        )
        kernel = self.param(
            "kernel",
            nn.with_logical_partitioning(init, (_AXES[0], _AXES[2])),
            (self.kernel_size, channels),
            jnp.float32,
        )
        x = after_past(self, x, self.kernel_size - 1)
        # Shifts and sums: grouped convolutions are slow on CPU.
        taps = [
            x[:, i : i + length] * kernel[None, None, i] for i in range(len(kernel))
        ]
        return _add_bias(self, sum(taps), channels)


class CausalDownsample(nn.Module):
    """Strided causal convolution; an output sees its whole block and those before.

    Attributes:
        features: channels out.
        kernel_size: taps, at least `stride`.
        stride: steps in for one step out.
    """

    features: int
    kernel_size: int
    stride: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[batch, time * stride, in]` to `[batch, time, features]`."""
        if self.kernel_size < self.stride:
            raise ValueError(
                f"kernel_size must be at least the stride {self.stride}, "
                f"got {self.kernel_size}"
            )
        if x.shape[1] % self.stride:
            raise ValueError(
                f"length must be a multiple of the stride {self.stride}, "
                f"got {x.shape[1]}"
            )
        kernel = _kernel(
            self, (self.kernel_size, x.shape[-1], self.features), init=_keep_scale()
        )
        x = after_past(self, x, self.kernel_size - self.stride)
        y = _convolve(x, kernel, stride=self.stride)
        return _add_bias(self, y, self.features)


class CausalUpsample(nn.Module):
    """Transposed convolution, cut at the end so that it is causal.

    Attributes:
        features: channels out.
        kernel_size: taps, a multiple of `stride`.
        stride: steps out for one step in.
    """

    features: int
    kernel_size: int
    stride: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[batch, time, in]` to `[batch, time * stride, features]`."""
        if self.kernel_size % self.stride:
            raise ValueError(
                f"kernel_size must be a multiple of the stride {self.stride}, "
                f"got {self.kernel_size}"
            )
        blocks = self.kernel_size // self.stride
        batch, length, channels = x.shape
        kernel = _kernel(
            self,
            (self.kernel_size, channels, self.features),
            # Of the taps, only one in `stride` meets in an output.
            init=_keep_scale(taps_share=1 / self.stride),
        )
        # Tap `b * stride + s` carries a step to place `s` of the block `b` later. The
        # convolution looks back, so its taps are the blocks in reverse.
        kernel = kernel.reshape(blocks, self.stride, channels, self.features)[::-1]
        kernel = jnp.moveaxis(kernel, 1, 2)  # [block, in, stride, out]
        kernel = kernel.reshape(blocks, channels, self.stride * self.features)
        y = _convolve(after_past(self, x, blocks - 1), kernel)
        y = y.reshape(batch, length * self.stride, self.features)
        return _add_bias(self, y, self.features)


def after_past(module: nn.Module, x: jax.Array, length: int) -> jax.Array:
    """Returns `x [batch, time, channel]` after the `length` steps before it.

    Args:
        module: keeps them, one such input each.
        x: a chunk, or the whole.
        length: steps.
    """
    if length == 0:
        return x
    if not module.is_mutable_collection(PAST):
        return jnp.pad(x, ((0, 0), (length, 0), (0, 0)))
    shape = (x.shape[0], length, x.shape[2])
    past = module.variable(PAST, "steps", jnp.zeros, shape, x.dtype)
    x = jnp.concatenate([past.value, x], axis=1)
    past.value = x[:, x.shape[1] - length :]
    return x


def _keep_scale(*, taps_share: float = 1.0) -> Initializer:
    """Initializer whose outputs have the variance of the inputs."""
    return nn.initializers.variance_scaling(
        1 / taps_share, "fan_in", "truncated_normal", in_axis=(0, 1), out_axis=2
    )


def _kernel(
    module: nn.Module, shape: tuple[int, int, int], *, init: Initializer
) -> jax.Array:
    return module.param(
        "kernel", nn.with_logical_partitioning(init, _AXES), shape, jnp.float32
    )


def _add_bias(module: nn.Module, y: jax.Array, features: int) -> jax.Array:
    init = nn.with_logical_partitioning(nn.initializers.zeros_init(), _AXES[-1:])
    bias = module.param("bias", init, (features,), jnp.float32)
    return y + bias[None, None, :]


def _convolve(
    x: jax.Array, kernel: jax.Array, *, stride: int = 1, **options: Any
) -> jax.Array:
    return strided.convolve(
        x,
        kernel,
        strides=(stride,),
        padding="VALID",
        dimension_numbers=("NWC", "WIO", "NWC"),
        **options,
    )
