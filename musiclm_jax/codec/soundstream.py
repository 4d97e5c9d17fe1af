"""SoundStream: a codec of convolutions.

SoundStream (2107.03312), sections III-A and III-B. Fully convolutional and causal; ELU;
no normalisation; no activation after the last layer.

    audio [sample, 1]  -conv-> C -block-> m_1 C -block-> m_2 C ... -conv-> embed_dim
    block              = residual units (one per dilation), then a strided convolution
    audio              = the same in mirror image, with transposed convolutions
"""

import dataclasses
import math

import flax.linen as nn
import jax

from musiclm_jax.layers import convolution


@dataclasses.dataclass(frozen=True, kw_only=True)
class SoundStreamConfig:
    """Sizes of SoundStream.

    Attributes:
        sample_rate: of the audio, Hz.
        strides: of the encoder's blocks, first to last; the decoder has them reversed.
        encoder_channels: C_enc, channels at the full rate.
        decoder_channels: C_dec, likewise.
        channel_multipliers: channels after each of the encoder's blocks, over
            `encoder_channels`; the decoder has them reversed. In the paper each block
            doubles them.
        embed_dim: D, of the embeddings that are quantized.
        num_quantizers: levels of the residual quantizer.
        codebook_size: codes in each level.
        residual_dilations: one residual unit in each block for each (section III-A).
        kernel_size: taps of the residual units and of the layers that touch audio.
        bottleneck_kernel_size: taps of the encoder's last layer.
    """

    sample_rate: int
    strides: tuple[int, ...]
    encoder_channels: int
    decoder_channels: int
    channel_multipliers: tuple[int, ...]
    embed_dim: int
    num_quantizers: int
    codebook_size: int
    residual_dilations: tuple[int, ...] = (1, 3, 9)
    kernel_size: int = 7
    bottleneck_kernel_size: int = 3

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            values = value if isinstance(value, tuple) else (value,)
            if not values or min(values) < 1:
                raise ValueError(f"{field.name} must be at least 1, got {value}")
        if len(self.strides) < 2:
            raise ValueError(f"strides must be two or more, got {self.strides}")
        if len(self.channel_multipliers) != len(self.strides):
            raise ValueError(
                f"channel_multipliers must be as many as strides ({len(self.strides)}),"
                f" got {self.channel_multipliers}"
            )

    @property
    def hop_length(self) -> int:
        """Samples a frame of codes stands for."""
        return math.prod(self.strides)

    @property
    def frame_rate(self) -> float:
        """Frames of codes a second, Hz."""
        return self.sample_rate / self.hop_length

    @property
    def split(self) -> None:
        """All levels hear all that is left of an embedding."""
        return None

    @property
    def lookahead(self) -> int:
        """Nothing is heard before it sounds: all layers are causal."""
        return 0

    @property
    def draws_noise(self) -> bool:
        """Nothing is left to chance."""
        return False

    def encoder(self) -> nn.Module:
        """Returns the network from audio to embeddings."""
        return Encoder(self)

    def decoder(self) -> nn.Module:
        """Returns the network from embeddings to audio."""
        return Decoder(self)


class ResidualUnit(nn.Module):
    """A dilated convolution and one of a single tap, around a skip.

    Attributes:
        kernel_size: taps of the dilated convolution.
        dilation: steps between its taps.
    """

    kernel_size: int
    dilation: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[batch, time, channel]` to the same shape."""
        channels = x.shape[-1]
        y = convolution.CausalConv(
            channels, self.kernel_size, dilation=self.dilation, name="dilated"
        )(nn.elu(x))
        return x + convolution.CausalConv(channels, 1, name="pointwise")(nn.elu(y))


class Encoder(nn.Module):
    """Audio to embeddings."""

    config: SoundStreamConfig

    @nn.compact
    def __call__(self, audio: jax.Array) -> jax.Array:
        """Maps `[batch, frame * hop_length]` to `[batch, frame, embed_dim]`."""
        config = self.config
        x = convolution.CausalConv(
            config.encoder_channels,
            config.kernel_size,
            name="first",
        )(audio[:, :, None])
        blocks = zip(config.strides, config.channel_multipliers, strict=True)
        for i, (stride, multiplier) in enumerate(blocks):
            for dilation in config.residual_dilations:
                x = ResidualUnit(
                    config.kernel_size, dilation, name=f"block_{i}_unit_{dilation}"
                )(x)
            x = convolution.CausalDownsample(
                multiplier * config.encoder_channels,
                2 * stride,
                stride,
                name=f"block_{i}_down",
            )(nn.elu(x))
        return convolution.CausalConv(
            config.embed_dim,
            config.bottleneck_kernel_size,
            name="last",
        )(nn.elu(x))


class Decoder(nn.Module):
    """Embeddings to audio."""

    config: SoundStreamConfig

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[batch, frame, embed_dim]` to `[batch, frame * hop_length]`."""
        config = self.config
        *after, first = (1, *config.channel_multipliers)
        x = convolution.CausalConv(
            first * config.decoder_channels,
            config.kernel_size,
            name="first",
        )(x)
        blocks = zip(reversed(config.strides), reversed(after), strict=True)
        for i, (stride, multiplier) in enumerate(blocks):
            x = convolution.CausalUpsample(
                multiplier * config.decoder_channels,
                2 * stride,
                stride,
                name=f"block_{i}_up",
            )(nn.elu(x))
            for dilation in config.residual_dilations:
                x = ResidualUnit(
                    config.kernel_size, dilation, name=f"block_{i}_unit_{dilation}"
                )(x)
        x = convolution.CausalConv(1, config.kernel_size, name="last")(nn.elu(x))
        return x[:, :, 0]
