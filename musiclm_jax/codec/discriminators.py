"""The four networks that tell real audio from decoded audio.

SoundStream (2107.03312), section III-D: three identical ones on the waveform at full,
half and quarter rate, and one on the complex STFT. Each gives all its layers' outputs,
the logits last: the features that the feature-matching loss compares.
"""

import dataclasses
import math
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.parallel.rows import shard_map_rows
from musiclm_jax.parallel.sharding import constrain
from musiclm_jax.signal import stft as stft_lib

Features = list[jax.Array]
Initializer = nn.initializers.Initializer

_LEAK = 0.2


@dataclasses.dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """Sizes of the discriminators; the defaults are the paper's.

    Attributes:
        wave_factors: one wave discriminator at the sample rate divided by each.
        wave_channels: channels of its first layer; each grouped layer has more by its
            stride.
        max_wave_channels: the most channels a layer has.
        wave_strides: of the grouped layers.
        wave_kernel_size: taps of the grouped layers.
        group_size: channels in a group.
        stft_channels: channels of the first layer of the STFT discriminator; 0 leaves
            this discriminator out.
        stft_multipliers: channels after each residual block, over `stft_channels`.
        frame_length: of the STFT, samples.
        stft_hop_length: of the STFT, samples.
    """

    wave_factors: tuple[int, ...] = (1, 2, 4)
    wave_channels: int = 16
    max_wave_channels: int = 1024
    wave_strides: tuple[int, ...] = (4, 4, 4, 4)
    wave_kernel_size: int = 41
    group_size: int = 4
    stft_channels: int = 32
    stft_multipliers: tuple[int, ...] = (1, 2, 4, 4, 8, 8)
    frame_length: int = 1024
    stft_hop_length: int = 256

    def __post_init__(self):
        if self.wave_channels % self.group_size:
            raise ValueError(
                f"wave_channels must be a multiple of group_size {self.group_size}, "
                f"got {self.wave_channels}"
            )
        if not self.wave_factors and not self.stft_channels:
            raise ValueError("at least one discriminator is needed, got none")


class WaveDiscriminator(nn.Module):
    """Judges stretches of a waveform.

    Attributes:
        config: of all discriminators.
    """

    config: DiscriminatorConfig

    @nn.compact
    def __call__(self, audio: jax.Array) -> Features:
        """Maps `[batch, sample]` to features `[batch, time, channel]`, logits last."""
        config = self.config
        channels = config.wave_channels
        x = _leaky(_conv1d(channels, 15)(audio[:, :, None]))
        features = [x]
        for stride in config.wave_strides:
            groups = channels // config.group_size
            channels = min(channels * stride, config.max_wave_channels)
            x = _leaky(
                _conv1d(
                    channels, config.wave_kernel_size, stride=stride, groups=groups
                )(x)
            )
            features.append(x)
        x = _leaky(_conv1d(channels, 5)(x))
        features.append(x)
        features.append(_conv1d(1, 3)(x))
        return features


class StftBlock(nn.Module):
    """Residual block on a spectrogram.

    Attributes:
        channels: out.
        strides: in time and frequency.
    """

    channels: int
    strides: tuple[int, int]

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps `[batch, time, frequency, channel]`, fewer of each but channels."""
        y = _conv2d(x.shape[-1], (3, 3), (1, 1))(_leaky(x))
        # A kernel of 4 goes evenly into a stride of 2, one of 3 has a centre.
        kernel = (self.strides[0] + 2, self.strides[1] + 2)
        y = _conv2d(self.channels, kernel, self.strides)(_leaky(y))
        return y + _conv2d(self.channels, (1, 1), self.strides, use_bias=False)(x)


class StftDiscriminator(nn.Module):
    """Judges stretches of a complex spectrogram.

    Attributes:
        config: of all discriminators.
    """

    config: DiscriminatorConfig

    @nn.compact
    def __call__(self, audio: jax.Array) -> Features:
        """Maps `[batch, sample]` to features `[batch, time, frequency, channel]`."""
        config = self.config
        spectrum = stft_lib.stft(
            audio,
            frame_length=config.frame_length,
            hop_length=config.stft_hop_length,
        )[:, :, :-1]  # without the Nyquist bin: a power of two of bins
        # A window's sum would make a loud sound huge; its root keeps noise near one.
        spectrum = spectrum / math.sqrt(config.frame_length)
        x = jnp.stack([spectrum.real, spectrum.imag], axis=-1)
        x = _conv2d(config.stft_channels, (7, 7), (1, 1))(x)
        features = [x]
        for i, multiplier in enumerate(config.stft_multipliers):
            strides = (1, 2) if i % 2 == 0 else (2, 2)
            x = StftBlock(config.stft_channels * multiplier, strides)(x)
            features.append(x)
        # One filter over all frequencies that are left: [batch, time, 1, 1].
        logits = _conv2d(1, (1, x.shape[2]), (1, 1), padding="VALID")(_leaky(x))
        features.append(logits)
        return features


class Discriminators(nn.Module):
    """All of them.

    Attributes:
        config: of all discriminators.
    """

    config: DiscriminatorConfig

    @nn.compact
    def __call__(self, audio: jax.Array) -> list[Features]:
        """Maps `[batch, sample]` to the features of each, the logits last in each."""
        results = []
        for factor in self.config.wave_factors:
            slower = _average(audio, factor)
            results.append(
                WaveDiscriminator(self.config, name=f"wave_{factor}")(slower)
            )
        if self.config.stft_channels:
            results.append(StftDiscriminator(self.config, name="stft")(audio))
        return results


def _average(audio: jax.Array, factor: int) -> jax.Array:
    """Means of `factor` samples: `[batch, sample]` -> `[batch, sample // factor]`."""
    length = audio.shape[1] // factor
    audio = audio[:, : length * factor]
    return jnp.mean(audio.reshape(audio.shape[0], length, factor), axis=-1)


def _leaky(x: jax.Array) -> jax.Array:
    """Leaky ReLU of `[batch, ..., channel]`."""
    between = (None,) * (x.ndim - 2)
    # Else XLA may split channels as it does parameters, over the batch's devices, and
    # then has no way to the gradient of a grouped convolution: it aborts.
    return nn.leaky_relu(constrain(x, ("batch", *between, "out")), _LEAK)


def _convolve(x: jax.Array, kernel: jax.Array, *args: Any, **kwargs: Any) -> jax.Array:
    """`jax.lax.conv_general_dilated`, each device for its own rows."""

    def convolve(x: jax.Array, kernel: jax.Array) -> jax.Array:
        return jax.lax.conv_general_dilated(x, kernel, *args, **kwargs)

    return shard_map_rows(convolve, x, kernel)


def _conv1d(
    channels: int, kernel_size: int, *, stride: int = 1, groups: int = 1
) -> nn.Conv:
    return nn.Conv(
        channels,
        (kernel_size,),
        strides=(stride,),
        feature_group_count=groups,
        conv_general_dilated=_convolve,
        kernel_init=_partitioned(nn.initializers.lecun_normal(), "kernel", "in", "out"),
        bias_init=_partitioned(nn.initializers.zeros_init(), "out"),
    )


def _conv2d(
    channels: int,
    kernel_size: tuple[int, int],
    strides: tuple[int, int],
    *,
    padding: str = "SAME",
    use_bias: bool = True,
) -> nn.Conv:
    return nn.Conv(
        channels,
        kernel_size,
        strides=strides,
        padding=padding,
        use_bias=use_bias,
        kernel_init=_partitioned(
            nn.initializers.lecun_normal(), None, "kernel", "in", "out"
        ),
        bias_init=_partitioned(nn.initializers.zeros_init(), "out"),
    )


def _partitioned(init: Initializer, *axes: str | None) -> Initializer:
    return nn.with_logical_partitioning(init, axes)
