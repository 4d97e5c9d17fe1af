"""The image tower: a small residual network over a picture, into MuLan's space.

No paper has it: MusicLM is shown pictures through somebody's description of them. Here
a picture finds its own place among the texts that describe its mood as music.

    stages of blocks (3x3, 3x3), each stage half as wide and high as the one before
    weighted means over the map, each with weights of its own, and a plain one
    linear -> unit length

Every normalisation is within a picture, so that its embedding depends on it alone.
"""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.layers import strided
from musiclm_jax.layers.dtypes import check_dtype
from musiclm_jax.layers.normalize import unit_length
from musiclm_jax.mulan.projection import projection

_CONV_AXES = ("kernel", None, "in", "out")
# Of the stem, which makes of so many pixels each way one place of the map.
_PATCH = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageTowerConfig:
    """Sizes of the tower.

    Attributes:
        embed_dim: dimensions of MuLan's space.
        image_size: pixels of a picture, each way.
        widths: channels of each stage.
        num_blocks: of each stage.
        num_groups: of the group normalisation; it divides every width.
        num_readings: weighted means of the last map beside the plain one.
        dtype: of the blocks' computation, "float32" or "bfloat16"; the means and the
            projection are float32.
    """

    embed_dim: int
    image_size: int
    widths: tuple[int, ...]
    num_blocks: int
    num_groups: int
    num_readings: int
    dtype: str

    def __post_init__(self):
        check_dtype(self.dtype)
        if not self.widths or any(width % self.num_groups for width in self.widths):
            raise ValueError(
                f"num_groups={self.num_groups} does not divide all of "
                f"widths={self.widths}."
            )
        if self.num_blocks < 1 or self.num_readings < 1:
            raise ValueError(
                f"num_blocks={self.num_blocks} and num_readings={self.num_readings} "
                "must be at least 1."
            )
        smallest = _PATCH * 2 ** (len(self.widths) - 1)
        if self.image_size % smallest:
            raise ValueError(
                f"image_size={self.image_size} is no multiple of {smallest}, by which "
                "the stages make it smaller."
            )


class ImageTower(nn.Module):
    """Maps pictures to unit vectors."""

    config: ImageTowerConfig

    @nn.compact
    def __call__(self, image: jax.Array) -> jax.Array:
        """Embeds pictures.

        Args:
            image: [batch, row, column, channel=3], uint8.

        Returns:
            [batch, embed], of unit length.
        """
        config = self.config
        x = (image.astype(jnp.float32) / 127.5 - 1.0).astype(config.dtype)
        for stage, width in enumerate(config.widths):
            stride = _PATCH if stage == 0 else 2
            x = _conv(width, 2 * stride, stride, config.dtype, name=f"down{stage}")(x)
            for block in range(config.num_blocks):
                x = ImageBlock(config, name=f"stage{stage}_block{block}")(x)
        x = _norm(config, name="norm")(x).astype(jnp.float32)
        # [batch, row, column, channel] -> [batch, place, channel]
        x = x.reshape(x.shape[0], -1, x.shape[-1])
        scores = nn.Dense(
            config.num_readings,
            kernel_init=nn.with_logical_partitioning(
                nn.initializers.lecun_normal(), ("out", None)
            ),
            use_bias=False,
            name="scores",
        )(x)
        # A score of zero everywhere is the plain mean.
        weights = jax.nn.softmax(jnp.pad(scores, ((0, 0), (0, 0), (0, 1))), axis=1)
        readings = jnp.einsum("bpr,bpc->brc", weights, x)
        readings = readings.reshape(x.shape[0], -1)
        return unit_length(projection(config.embed_dim, name="projection")(readings))


class ImageBlock(nn.Module):
    """Two convolutions, added to their input."""

    config: ImageTowerConfig

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[batch, row, column, channel]` to the same."""
        config, width = self.config, x.shape[-1]
        y = nn.relu(_norm(config, name="norm")(x))
        y = _conv(width, 3, 1, config.dtype, name="first")(y)
        y = nn.relu(_norm(config, name="middle_norm")(y))
        return x + _conv(width, 3, 1, config.dtype, name="second")(y)


def embed_images(config: ImageTowerConfig, params: dict, image: jax.Array) -> jax.Array:
    """Embeds pictures [batch, row, column, channel=3] uint8: [batch, embed]."""
    return ImageTower(config).apply({"params": params["image_tower"]}, image)


def init_params(config: ImageTowerConfig, rng: jax.Array) -> dict:
    """Draws the parameters: {"image_tower": ...}, in boxes with logical axes."""
    image = jnp.zeros((1, config.image_size, config.image_size, 3), jnp.uint8)
    return {"image_tower": ImageTower(config).init(rng, image)["params"]}


def _conv(features: int, kernel: int, stride: int, dtype: str, *, name: str) -> nn.Conv:
    """A square convolution whose output lies on its input."""
    return nn.Conv(
        features,
        (kernel, kernel),
        strides=stride,
        padding=(kernel - stride) // 2,
        dtype=dtype,
        conv_general_dilated=strided.convolve,
        kernel_init=nn.with_logical_partitioning(
            nn.initializers.he_normal(), _CONV_AXES
        ),
        bias_init=nn.with_logical_partitioning(nn.initializers.zeros, ("out",)),
        name=name,
    )


def _norm(config: ImageTowerConfig, *, name: str) -> nn.GroupNorm:
    return nn.GroupNorm(
        config.num_groups,
        epsilon=1e-5,
        dtype=config.dtype,
        scale_init=nn.with_logical_partitioning(nn.initializers.ones, ("out",)),
        bias_init=nn.with_logical_partitioning(nn.initializers.zeros, ("out",)),
        name=name,
    )
