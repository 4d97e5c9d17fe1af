"""The Conformer: attention for the far, convolution for the near.

Gulati et al. 2020 (2005.08100), section 2; w2v-BERT, section 3.1.

    x -> + 1/2 FFN -> + attention -> + convolution -> + 1/2 FFN -> LayerNorm

Four choices of ours, see docs/deviations.md. Positions are rotary: relative as in the
paper, without its additional matrix a layer. The convolution module normalises with
LayerNorm where the paper has BatchNorm: no running statistics, and no row of a batch
depends on another. Attention is not masked: every position sees the whole sequence. A
block starts as its last LayerNorm alone.
"""

import functools

import jax
import jax.numpy as jnp
from flax import linen as nn

from musiclm_jax.layers.attention import attend
from musiclm_jax.layers.dense import GeneralDense
from musiclm_jax.layers.dropout import Dropout
from musiclm_jax.layers.remat import remat
from musiclm_jax.layers.scan import scan_layers
from musiclm_jax.parallel.sharding import constrain

_KERNEL_INIT = nn.initializers.xavier_uniform()
# Modules begin as nothing beside the skip: at random they would blur the input.
_ZERO_INIT = nn.initializers.zeros_init()
_ACTIVATION_AXES = ("batch", "length", "embed")


def rotate_positions(x: jax.Array, *, max_wavelength: float = 10_000.0) -> jax.Array:
    """Turns each pair of features by an angle that grows with the position.

    The product of two rotated vectors depends on their distance alone (RoFormer,
    2104.09864). Feature `i` is paired with feature `i + head_dim / 2`.

    Args:
        x: [batch, length, head, head_dim], `head_dim` even.
        max_wavelength: of the slowest pair, in positions, over 2 pi.

    Returns:
        Same shape and dtype.
    """
    length, head_dim = x.shape[1], x.shape[-1]
    exponent = jnp.arange(head_dim // 2, dtype=jnp.float32) * (2.0 / head_dim)
    positions = jnp.arange(length, dtype=jnp.float32)
    angle = positions[:, None] / (max_wavelength**exponent)[None, :]
    cos = jnp.cos(angle)[None, :, None, :]
    sin = jnp.sin(angle)[None, :, None, :]
    first, second = jnp.split(x.astype(jnp.float32), 2, axis=-1)
    turned = [first * cos - second * sin, first * sin + second * cos]
    return jnp.concatenate(turned, axis=-1).astype(x.dtype)


def depthwise_convolution(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Filters each channel over time with its own taps; the length stays.

    Written as a sum of shifted products: for a handful of taps that is one fused pass
    on every backend, where grouped convolutions are slow on CPU.

    Args:
        x: [batch, length, channel].
        kernel: [tap, channel]; the middle tap weighs the position itself.

    Returns:
        [batch, length, channel].
    """
    taps, length = kernel.shape[0], x.shape[1]
    left = (taps - 1) // 2
    padded = jnp.pad(x, ((0, 0), (left, taps - 1 - left), (0, 0)))
    return sum(
        padded[:, tap : tap + length] * kernel[tap][None, None, :]
        for tap in range(taps)
    )


def layer_norm(dtype: jnp.dtype, *, axis: str = "embed", name: str) -> nn.LayerNorm:
    """Builds a LayerNorm whose scale and bias carry the logical `axis`."""
    return nn.LayerNorm(
        dtype=dtype,
        scale_init=nn.with_logical_partitioning(nn.initializers.ones, (axis,)),
        bias_init=nn.with_logical_partitioning(nn.initializers.zeros, (axis,)),
        name=name,
    )


class FeedForwardModule(nn.Module):
    """LayerNorm, widen, swish, narrow (section 2.3).

    Attributes:
        mlp_dim: width between the two matrices.
        dropout_rate: after the activation and at the end.
        dtype: of the computation.
    """

    mlp_dim: int
    dropout_rate: float
    dtype: jnp.dtype

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """Maps [batch, length, embed] to the same shape."""
        dropout = Dropout(self.dropout_rate)
        dense = functools.partial(GeneralDense, dtype=self.dtype)
        widen = dense((self.mlp_dim,), ("embed", "mlp"), _KERNEL_INIT, name="widen")
        narrow = dense((x.shape[-1],), ("mlp", "embed"), _ZERO_INIT, name="narrow")
        x = layer_norm(self.dtype, name="norm")(x)
        x = dropout(nn.swish(widen(x)), train=train)
        x = narrow(x)
        return dropout(x, train=train)


class AttentionModule(nn.Module):
    """LayerNorm, multi-head self-attention with rotary positions (section 2.1).

    Attributes:
        num_heads: a divisor of the width.
        dropout_rate: at the end.
        dtype: of the computation; the softmax is float32.
    """

    num_heads: int
    dropout_rate: float
    dtype: jnp.dtype

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """Maps [batch, length, embed] to the same shape."""
        embed_dim = x.shape[-1]
        dense = functools.partial(GeneralDense, dtype=self.dtype)
        shape = (self.num_heads, embed_dim // self.num_heads)
        query, key, value = (
            dense(shape, ("embed", "heads", "kv"), _KERNEL_INIT, name=name)
            for name in ("query", "key", "value")
        )
        out = dense((embed_dim,), ("heads", "kv", "embed"), _ZERO_INIT, name="out")
        x = layer_norm(self.dtype, name="norm")(x)
        # [batch, length, head, head_dim] -> [batch, head, length, head_dim]
        mixed = attend(
            rotate_positions(query(x)).swapaxes(1, 2),
            rotate_positions(key(x)).swapaxes(1, 2),
            value(x).swapaxes(1, 2),
        )
        return Dropout(self.dropout_rate)(out(mixed), train=train)


class ConvolutionModule(nn.Module):
    """LayerNorm, gate, depthwise convolution, norm, swish, mix (section 2.2).

    Attributes:
        kernel_size: taps of the depthwise convolution, odd.
        dropout_rate: at the end.
        dtype: of the computation.
    """

    kernel_size: int
    dropout_rate: float
    dtype: jnp.dtype

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """Maps [batch, length, embed] to the same shape."""
        embed_dim = x.shape[-1]
        dense = functools.partial(GeneralDense, dtype=self.dtype)
        gate = dense((2 * embed_dim,), ("embed", "mlp"), _KERNEL_INIT, name="gate")
        mix = dense((embed_dim,), ("mlp", "embed"), _ZERO_INIT, name="mix")
        x = nn.glu(gate(layer_norm(self.dtype, name="norm")(x)))
        kernel = self.param(
            "kernel",
            # Each channel sees only its own taps: the fan-in is their number.
            nn.with_logical_partitioning(
                nn.initializers.normal(self.kernel_size**-0.5), ("kernel", "embed")
            ),
            (self.kernel_size, embed_dim),
        )
        x = depthwise_convolution(x, kernel.astype(x.dtype))
        x = nn.swish(layer_norm(self.dtype, name="depthwise_norm")(x))
        return Dropout(self.dropout_rate)(mix(x), train=train)


class ConformerBlock(nn.Module):
    """One block: half a feed-forward on either side of attention and convolution.

    Attributes:
        num_heads: a divisor of the width, which is that of the input.
        mlp_dim: width inside the feed-forward modules.
        kernel_size: taps of the depthwise convolution, odd.
        dropout_rate: at the end of each module and inside the feed-forward ones.
        dtype: of the computation.
    """

    num_heads: int
    mlp_dim: int
    kernel_size: int
    dropout_rate: float
    dtype: jnp.dtype = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """Maps [batch, length, embed] to the same shape."""
        if x.shape[-1] % (2 * self.num_heads):
            raise ValueError(
                f"embed_dim must be an even multiple of num_heads ({self.num_heads}), "
                f"got {x.shape[-1]}"
            )
        rate, dtype = self.dropout_rate, self.dtype
        first = FeedForwardModule(self.mlp_dim, rate, dtype, name="first_mlp")
        attention = AttentionModule(self.num_heads, rate, dtype, name="attention")
        convolution = ConvolutionModule(
            self.kernel_size, rate, dtype, name="convolution"
        )
        second = FeedForwardModule(self.mlp_dim, rate, dtype, name="second_mlp")

        x = x + 0.5 * first(x, train=train)
        x = x + attention(x, train=train)
        x = x + convolution(x, train=train)
        x = x + 0.5 * second(x, train=train)
        x = layer_norm(dtype, name="norm")(x)
        return constrain(x, _ACTIVATION_AXES)


class ConformerStack(nn.Module):
    """Blocks one after another.

    The first `n` blocks of a stack are a stack of `n`: its parameters are
    `first_layers(params, n)`.

    Attributes:
        num_layers: number of blocks.
        num_heads: see `ConformerBlock`, and so the next three.
        mlp_dim: see there.
        kernel_size: see there.
        dropout_rate: see there.
        scan_layers: whether the blocks are one loop of the compiled program, with
            their parameters stacked along a leading axis `layers`: for deep stacks.
        dtype: of the computation.
        remat_policy: of `layers.remat.POLICIES`.
    """

    num_layers: int
    num_heads: int
    mlp_dim: int
    kernel_size: int
    dropout_rate: float
    scan_layers: bool
    dtype: jnp.dtype = jnp.float32
    remat_policy: str = "none"

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """Maps [batch, length, embed] to the same shape."""
        sizes = (self.num_heads, self.mlp_dim, self.kernel_size, self.dropout_rate)
        x = x.astype(self.dtype)
        # The last argument of a block's call says whether it is trained.
        block = remat(
            ConformerBlock,
            self.remat_policy,
            static_argnums=(2,),
            scan=self.scan_layers,
        )
        if not self.scan_layers:
            for layer in range(self.num_layers):
                x = block(*sizes, self.dtype, name=f"layer_{layer}")(x, train)
            return x
        return scan_layers(
            lambda block, x: block(x, train),
            block(*sizes, self.dtype, name="layers"),
            x,
            num_layers=self.num_layers,
        )


def first_layers(params: dict, num_layers: int) -> dict:
    """Returns the unboxed parameters of a stack's first `num_layers` blocks."""
    if "layers" in params:
        stacked = jax.tree.map(lambda leaf: leaf[:num_layers], params["layers"])
        return {"layers": stacked}
    return {f"layer_{layer}": params[f"layer_{layer}"] for layer in range(num_layers)}
