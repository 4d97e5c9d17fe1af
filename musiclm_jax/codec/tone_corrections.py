"""Networks that correct the logs of levels, of the codec that keeps pitch.

    Corrections   frame by frame: what codes lost
    Sharpening    moment by moment: what the window of the analysis blurred

Both add nothing at first.
"""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.layers.convolution import CausalConv, CausalDepthwise, after_past

# Moments before, from which it is told how a level rises.
_LAGS = (1, 2, 4)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Blocks:
    """Sizes of residual blocks: a causal filter of each channel, then an MLP.

    Attributes:
        width: of the network.
        mlp_dim: inside its blocks.
        num_blocks: of it.
        kernel_size: steps that a block sees, its own and those before.
    """

    width: int
    mlp_dim: int
    num_blocks: int
    kernel_size: int

    def __post_init__(self):
        for field in dataclasses.fields(self):
            if getattr(self, field.name) < 1:
                raise ValueError(
                    f"{field.name} must be at least 1, got {getattr(self, field.name)}"
                )


class Corrections(nn.Module):
    """What is added to the logs of levels, of their embeddings.

    The same at all moments of a frame: what could move within it would learn to waver
    at the frame rate, which fills the gaps of spectra and is heard as a buzz.

    Attributes:
        blocks: sizes.
        num_levels: tones and bands.
    """

    blocks: Blocks
    num_levels: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps [batch, frame, embed_dim] to [batch, frame, level]."""
        return _nothing_at_first(_run(self.blocks, x), self.num_levels, "out")


class Sharpening(nn.Module):
    """What is added to the logs of levels, of what they are and how they rise.

    A window hears an onset before it is there, and the grain that sounds it spreads it
    once more: shares of a level's rise over its last moments undo that. All moments are
    treated alike, so nothing wavers at the frame rate.

    Attributes:
        blocks: sizes.
    """

    blocks: Blocks

    @nn.compact
    def __call__(self, logs: jax.Array) -> jax.Array:
        """Maps [batch, moment, level] to the same shape."""
        length, num_levels = logs.shape[1:]
        x = _run(self.blocks, logs)
        shares = _nothing_at_first(x, len(_LAGS) * num_levels, "gains")
        shares = shares.reshape(*logs.shape, len(_LAGS))
        past = after_past(self, logs, max(_LAGS))
        starts = [max(_LAGS) - lag for lag in _LAGS]
        rises = [logs - past[:, start : start + length] for start in starts]
        total = jnp.sum(shares * jnp.stack(rises, axis=-1), axis=-1)
        return total + _nothing_at_first(x, num_levels, "out")


def _run(blocks: Blocks, x: jax.Array) -> jax.Array:
    """Maps [batch, step, channel] to [batch, step, width], in the calling module."""
    x = CausalConv(blocks.width, 1, name="in")(x)
    for number in range(blocks.num_blocks):
        y = CausalDepthwise(blocks.kernel_size, name=f"block_{number}_past")(x)
        y = nn.LayerNorm(name=f"block_{number}_norm")(y)
        y = CausalConv(blocks.mlp_dim, 1, name=f"block_{number}_in")(y)
        x += CausalConv(blocks.width, 1, name=f"block_{number}_out")(nn.gelu(y))
    return nn.LayerNorm(name="norm")(x)


def _nothing_at_first(x: jax.Array, features: int, name: str) -> jax.Array:
    return nn.Dense(features, kernel_init=nn.initializers.zeros_init(), name=name)(x)
