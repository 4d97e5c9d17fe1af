"""An audio tower that hears time: dilated convolutions over log-mel frames.

A small residual network over an image soon spends its depth on frequency, and is left
with too short a stretch of time to hear a tempo. Here the bands are channels from the
first layer on, and depth is spent on time alone: dilations that double reach over
several beats within a few blocks (WaveNet, 1609.03499). The map is pooled to mean and
standard deviation over time (x-vectors, Snyder et al. 2018), since a beat is in how a
channel moves and not in where it stands.

    convolution / stride over the frames
    blocks: norm -> dilated convolution -> ReLU -> 1x1, with a residual connection
    norm -> mean and deviation over time -> linear -> unit length

Every normalisation is within a frame, so that a clip's embedding depends on that clip
alone, and what a frame becomes depends on what is within reach alone.
"""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.layers import strided
from musiclm_jax.layers.dtypes import check_dtype
from musiclm_jax.layers.normalize import unit_length
from musiclm_jax.layers.remat import remat
from musiclm_jax.mulan.projection import projection

_VARIANCE_FLOOR = 1e-5


@dataclasses.dataclass(frozen=True, kw_only=True)
class TemporalTowerConfig:
    """Sizes of the tower.

    Attributes:
        width: channels of every layer.
        stride: frames of the log-mel spectrogram for one frame of the blocks.
        kernel_size: taps of each dilated convolution, an odd number.
        dilations: frames between taps, block by block.
        log_mel_mean: subtracted from the log-mel values before the first layer.
        log_mel_std: they are divided by this afterwards; see `AudioTowerConfig`.
        dtype: of the blocks' computation, "float32" or "bfloat16"; the statistics over
            time and the projection are float32.
    """

    width: int
    stride: int
    kernel_size: int
    dilations: tuple[int, ...]
    log_mel_mean: float
    log_mel_std: float
    dtype: str

    def __post_init__(self):
        check_dtype(self.dtype)
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size={self.kernel_size} is not odd.")
        if self.stride < 1:
            raise ValueError(f"stride={self.stride} is not at least 1.")
        if not self.dilations or min(self.dilations) < 1:
            raise ValueError(
                f"dilations={self.dilations}: give at least one, each at least 1."
            )
        if self.log_mel_std <= 0:
            raise ValueError(f"log_mel_std={self.log_mel_std} is not positive.")

    @property
    def reach(self) -> int:
        """Frames of the log-mel spectrogram that a frame before the pooling sees."""
        steps = 1 + (self.kernel_size - 1) * sum(self.dilations)
        return (steps - 1) * self.stride + _stem_taps(self)

    def module(self, embed_dim: int, *, remat_policy: str = "none") -> nn.Module:
        """Returns the tower into a space of `embed_dim` dimensions."""
        return TemporalTower(self, embed_dim, remat_policy)


class TemporalTower(nn.Module):
    """Maps log-mel spectrograms to unit vectors.

    Attributes:
        config: the sizes.
        embed_dim: dimensions of the shared space.
        remat_policy: of `layers.remat.POLICIES`, for the blocks.
    """

    config: TemporalTowerConfig
    embed_dim: int
    remat_policy: str = "none"

    @nn.compact
    def __call__(self, log_mel: jax.Array) -> jax.Array:
        """Embeds clips of any length.

        Args:
            log_mel: [batch, frame, mel], already standardised.

        Returns:
            [batch, embed], of unit length.
        """
        config = self.config
        x = _conv(
            config.width,
            _stem_taps(config),
            stride=config.stride,
            dtype=config.dtype,
            name="stem",
        )(log_mel.astype(config.dtype))
        block_class = remat(
            TemporalBlock, self.remat_policy, static_argnums=(), scan=False
        )
        for i, dilation in enumerate(config.dilations):
            x = block_class(config, dilation, name=f"block{i}")(x)
        x = _norm(config.dtype, name="norm")(x).astype(jnp.float32)
        mean = jnp.mean(x, axis=1)
        variance = jnp.mean(jnp.square(x - mean[:, None, :]), axis=1)
        x = jnp.concatenate([mean, jnp.sqrt(variance + _VARIANCE_FLOOR)], axis=-1)
        return unit_length(projection(self.embed_dim, name="projection")(x))


class TemporalBlock(nn.Module):
    """A dilated convolution over time and one within each frame, added to the input.

    Attributes:
        config: the sizes.
        dilation: frames between taps.
    """

    config: TemporalTowerConfig
    dilation: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[batch, frame, channel]` to the same."""
        config = self.config
        y = _norm(config.dtype, name="norm")(x)
        y = _conv(
            config.width,
            config.kernel_size,
            dilation=self.dilation,
            dtype=config.dtype,
            name="over_time",
        )(y)
        y = nn.relu(y)
        return x + _conv(config.width, 1, dtype=config.dtype, name="within_frame")(y)


def _stem_taps(config: TemporalTowerConfig) -> int:
    """As many as cover a stride and overlap with the next, so that none is skipped."""
    return 2 * config.stride + 1


def _conv(
    features: int,
    kernel_size: int,
    *,
    stride: int = 1,
    dilation: int = 1,
    dtype: str,
    name: str,
) -> nn.Conv:
    """A convolution over frames that is centred on its output."""
    return nn.Conv(
        features,
        (kernel_size,),
        strides=stride,
        kernel_dilation=dilation,
        padding=dilation * (kernel_size - 1) // 2,
        dtype=dtype,
        conv_general_dilated=strided.convolve,
        kernel_init=nn.with_logical_partitioning(
            nn.initializers.he_normal(), ("kernel", "in", "out")
        ),
        bias_init=nn.with_logical_partitioning(nn.initializers.zeros, ("out",)),
        name=name,
    )


def _norm(dtype: str, *, name: str) -> nn.LayerNorm:
    return nn.LayerNorm(
        dtype=dtype,
        scale_init=nn.with_logical_partitioning(nn.initializers.ones, ("out",)),
        bias_init=nn.with_logical_partitioning(nn.initializers.zeros, ("out",)),
        name=name,
    )
