"""The audio tower: a residual network of ResNet-50's shape over a log-mel image.

MuLan (2208.12415), as MusicLM uses it (section 2.5): the log-mel spectrogram is an
image of one channel, the last feature map is averaged over time and frequency, and one
linear layer leads to the shared space.

    stem 7x7 / 2, max-pool 3x3 / 2
    4 stages of bottleneck blocks (1x1, 3x3, 1x1), stage by stage twice as wide
    mean over the map -> linear -> unit length

Where ResNet-50 has batch normalisation, this has group normalisation (as Big Transfer,
1912.11370, does): a clip's embedding then depends on that clip alone, there are no
running statistics to carry, and training and inference are one function. Our choice,
see docs/deviations.md.
"""

import dataclasses
import functools
from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.layers import strided
from musiclm_jax.layers.dtypes import check_dtype
from musiclm_jax.layers.normalize import unit_length
from musiclm_jax.layers.remat import remat
from musiclm_jax.layers.scan import scan_layers
from musiclm_jax.mulan.projection import projection

BOTTLENECK_FACTOR = 4
CONV_AXES = ("kernel", None, "in", "out")


@dataclasses.dataclass(frozen=True, kw_only=True)
class AudioTowerConfig:
    """Sizes of the audio tower.

    Attributes:
        width: channels of the stem and of the first stage's inner convolutions; each
            further stage doubles it.
        stage_sizes: bottleneck blocks in each stage.
        num_groups: groups of the group normalisation; it divides `width`.
        log_mel_mean: subtracted from the log-mel values before the first layer.
        log_mel_std: they are divided by this afterwards. Both are fixed numbers and no
            statistics of the clip, so that loudness still reaches the tower.
        scan_layers: whether the blocks of a stage after its first are one loop of the
            compiled program, with their parameters stacked along a leading axis
            `layers`: for deep towers.
        dtype: of the blocks' computation, "float32" or "bfloat16"; the mean over the
            map and the projection are float32.
    """

    width: int
    stage_sizes: tuple[int, ...]
    num_groups: int
    log_mel_mean: float
    log_mel_std: float
    scan_layers: bool
    dtype: str

    def __post_init__(self):
        check_dtype(self.dtype)
        if self.width % self.num_groups:
            raise ValueError(
                f"num_groups={self.num_groups} does not divide width={self.width}."
            )
        if not self.stage_sizes or min(self.stage_sizes) < 1:
            raise ValueError(
                f"stage_sizes={self.stage_sizes}: give at least one block a stage."
            )
        if self.log_mel_std <= 0:
            raise ValueError(f"log_mel_std={self.log_mel_std} is not positive.")

    def module(self, embed_dim: int, *, remat_policy: str = "none") -> nn.Module:
        """Returns the tower into a space of `embed_dim` dimensions."""
        return AudioTower(self, embed_dim, remat_policy)


class AudioTower(nn.Module):
    """Maps log-mel spectrograms to unit vectors.

    Attributes:
        config: the sizes.
        embed_dim: dimensions of the shared space.
        remat_policy: of `layers.remat.POLICIES`, for the blocks.
    """

    config: AudioTowerConfig
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
        # [batch, frame, mel] -> [batch, frame, mel, channel]
        x = log_mel[..., None].astype(config.dtype)
        x = _conv(config.width, 7, stride=2, dtype=config.dtype, name="stem")(x)
        x = _norm(config.num_groups, dtype=config.dtype, name="stem_norm")(x)
        x = nn.max_pool(nn.relu(x), (3, 3), strides=(2, 2), padding=((1, 1), (1, 1)))
        for stage, num_blocks in enumerate(config.stage_sizes):
            x = self._stage(x, stage, num_blocks)
        # [batch, frame, mel, channel] -> [batch, channel]
        x = jnp.mean(x.astype(jnp.float32), axis=(1, 2))
        return unit_length(projection(self.embed_dim, name="projection")(x))

    def _stage(self, x: jax.Array, stage: int, num_blocks: int) -> jax.Array:
        """The first block changes the shape, the others keep it."""
        config = self.config

        def block(name: str, *, stride: int, scan: bool) -> BottleneckBlock:
            block_class = remat(
                BottleneckBlock, self.remat_policy, static_argnums=(), scan=scan
            )
            return block_class(
                width=config.width * 2**stage,
                stride=stride,
                num_groups=config.num_groups,
                dtype=config.dtype,
                name=f"stage{stage}_{name}",
            )

        x = block("block0", stride=1 if stage == 0 else 2, scan=False)(x)
        if num_blocks == 1:
            return x
        if not config.scan_layers:
            for i in range(1, num_blocks):
                x = block(f"block{i}", stride=1, scan=False)(x)
            return x
        return scan_layers(
            lambda layer, x: layer(x),
            block("others", stride=1, scan=True),
            x,
            num_layers=num_blocks - 1,
        )


class BottleneckBlock(nn.Module):
    """1x1 down, 3x3, 1x1 up, with a residual connection around them.

    Attributes:
        width: channels of the 3x3 convolution; the block puts out four times as many.
        stride: of the 3x3 convolution, in time and in frequency.
        num_groups: of the group normalisation.
        dtype: of the computation.
    """

    width: int
    stride: int
    num_groups: int
    dtype: str

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[batch, frame, mel, channel]` to the same, strided and widened."""
        out = self.width * BOTTLENECK_FACTOR
        conv = functools.partial(_conv, dtype=self.dtype)
        norm = functools.partial(_norm, self.num_groups, dtype=self.dtype)
        y = conv(self.width, 1, name="down")(x)
        y = nn.relu(norm(name="down_norm")(y))
        y = conv(self.width, 3, stride=self.stride, name="middle")(y)
        y = nn.relu(norm(name="middle_norm")(y))
        y = conv(out, 1, name="up")(y)
        # A scale of zero makes every block the identity at the start (1706.02677).
        y = norm(scale_init=nn.initializers.zeros, name="up_norm")(y)
        if x.shape != y.shape:
            x = conv(out, 1, stride=self.stride, name="shortcut")(x)
            x = norm(name="shortcut_norm")(x)
        return nn.relu(x + y)


def _conv(
    features: int, kernel: int, *, stride: int = 1, dtype: str, name: str
) -> nn.Conv:
    """A square convolution without bias: a normalisation follows it."""
    return nn.Conv(
        features,
        (kernel, kernel),
        strides=stride,
        padding=(kernel - 1) // 2,
        use_bias=False,
        dtype=dtype,
        conv_general_dilated=strided.convolve,
        kernel_init=nn.with_logical_partitioning(
            nn.initializers.he_normal(), CONV_AXES
        ),
        name=name,
    )


def _norm(
    num_groups: int,
    *,
    scale_init: Callable = nn.initializers.ones,
    dtype: str,
    name: str,
) -> nn.GroupNorm:
    return nn.GroupNorm(
        num_groups,
        epsilon=1e-5,
        dtype=dtype,
        scale_init=nn.with_logical_partitioning(scale_init, ("out",)),
        bias_init=nn.with_logical_partitioning(nn.initializers.zeros, ("out",)),
        name=name,
    )
