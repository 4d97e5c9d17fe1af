"""Strided convolutions as plain ones over blocks.

The steps of a block, as many as the stride, move into channels, in the input and in
the kernel alike; what is left has a stride of one. The arithmetic is the same but for
the zeros that fill up the kernel's last block. XLA differentiates a strided convolution
into one over an input with holes: slow on CPU, and on some TPUs the compiler works
minutes at it or does not survive it.
"""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp


def convolve(
    x: jax.Array,
    kernel: jax.Array,
    strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    *,
    feature_group_count: int = 1,
    **options: Any,
) -> jax.Array:
    """Does what `jax.lax.conv_general_dilated` does; `nn.Conv` takes it in its place.

    Args:
        x: [batch, *space, in].
        kernel: [*taps, in // groups, out].
        strides: of each axis in space.
        padding: "SAME", "VALID", or what goes before and after each axis.
        feature_group_count: groups of channels.
        **options: of `conv_general_dilated`; without dilation where there are strides.

    Returns:
        [batch, *space, out], of fewer steps.
    """
    if math.prod(strides) > 1:
        pads = padding
        if isinstance(padding, str):
            pads = jax.lax.padtype_to_pads(
                x.shape[1:-1], kernel.shape[:-2], strides, padding
            )
        x = _blocks_of_input(x, kernel.shape, strides, pads, feature_group_count)
        kernel = _blocks_of_kernel(kernel, strides)
        strides, padding = (1,) * len(strides), "VALID"
    return jax.lax.conv_general_dilated(
        x, kernel, strides, padding, feature_group_count=feature_group_count, **options
    )


def _blocks_of_input(
    x: jax.Array,
    kernel_shape: Sequence[int],
    strides: Sequence[int],
    pads: Sequence[tuple[int, int]],
    groups: int,
) -> jax.Array:
    """[batch, *space, in] -> [batch, *blocks, in * steps of a block]."""
    widths, shape, blocks, steps = [(0, 0, 0)], [], [], []
    for length, taps, stride, (before, after) in zip(
        x.shape[1:-1], kernel_shape[:-2], strides, pads, strict=True
    ):
        out = (before + length + after - taps) // stride + 1
        blocks.append(out - 1 + math.ceil(taps / stride))
        widths.append((before, blocks[-1] * stride - before - length, 0))
        shape += [blocks[-1], stride]
        steps.append(min(taps, stride))
    x = jax.lax.pad(x, jnp.zeros((), x.dtype), [*widths, (0, 0, 0)])
    batch, channels = x.shape[0], x.shape[-1]
    x = x.reshape(batch, *shape, groups, channels // groups)
    for i, count in enumerate(steps):  # where no tap falls
        x = jax.lax.slice_in_dim(x, 0, count, axis=2 + 2 * i)
    block_axes = range(1, 2 * len(steps), 2)
    step_axes = range(2, 2 * len(steps) + 1, 2)
    last = x.ndim - 1
    x = x.transpose(0, *block_axes, last - 1, *step_axes, last)
    return x.reshape(batch, *blocks, channels * math.prod(steps))


def _blocks_of_kernel(kernel: jax.Array, strides: Sequence[int]) -> jax.Array:
    """[*taps, in, out] -> [*blocks, steps of a block * in, out]."""
    widths, shape, blocks = [], [], []
    for taps, stride in zip(kernel.shape[:-2], strides, strict=True):
        steps = min(taps, stride)
        blocks.append(math.ceil(taps / stride))
        widths.append((0, blocks[-1] * steps - taps))
        shape += [blocks[-1], steps]
    kernel = jnp.pad(kernel, [*widths, (0, 0), (0, 0)])
    channels, features = kernel.shape[-2:]
    kernel = kernel.reshape(*shape, channels, features)
    kernel = kernel.transpose(
        *range(0, len(shape), 2), *range(1, len(shape), 2), len(shape), len(shape) + 1
    )
    return kernel.reshape(*blocks, -1, features)
