"""A codec that keeps pitch: levels of tones and noise in, corrected levels out.

Beside SoundStream, for codecs of few bits and little training. A convolutional decoder
that is fed constant codes repeats itself at its frame rate, and can sound no other
pitch; this one's decoder corrects levels, and a bank of oscillators with a clock sounds
them (spectral modelling, Serra and Smith 1990; DDSP, 2001.04643).

    audio -> levels at every moment -> log, mean over the moments of a frame -> codes
    codes -> log levels -> causal blocks -> corrections at every moment -> bank -> audio

It begins as plain analysis and synthesis: the corrections begin at zero.
"""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.codec import tone_analysis, tone_bank
from musiclm_jax.codec.network import CLOCK
from musiclm_jax.codec.tone_analysis import ToneScale
from musiclm_jax.layers.convolution import PAST, CausalConv

# Of levels in the decoder, over full scale.
_HIGHEST_LEVEL = 4.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToneCodecConfig:
    """Sizes of the codec; a `codec.network.CodecConfig`.

    Attributes:
        scale: the tones and bands, and how they are measured.
        moments_per_frame: of levels in a frame of codes.
        lines_per_band: of the noise.
        level_floor: added to levels before the logarithm; levels below hardly count.
        width: of the decoder.
        mlp_dim: inside its blocks.
        num_blocks: of it.
        kernel_size: frames that a block sees, its own and those before.
        num_quantizers: levels of the residual quantizer.
        codebook_size: codes in each.
    """

    scale: ToneScale
    moments_per_frame: int
    lines_per_band: int
    level_floor: float
    width: int
    mlp_dim: int
    num_blocks: int
    kernel_size: int
    num_quantizers: int
    codebook_size: int

    def __post_init__(self):
        if self.level_floor <= 0:
            raise ValueError(f"level_floor must be above 0, got {self.level_floor}")
        if min(self.moments_per_frame, self.lines_per_band, self.num_quantizers) < 1:
            raise ValueError(
                "moments_per_frame, lines_per_band and num_quantizers must be at least "
                f"1, got {self.moments_per_frame}, {self.lines_per_band} and "
                f"{self.num_quantizers}"
            )

    @property
    def sample_rate(self) -> int:
        """Of the sound, Hz."""
        return self.scale.sample_rate

    @property
    def hop_length(self) -> int:
        """Samples a frame of codes stands for."""
        return self.moments_per_frame * self.scale.hop_length

    @property
    def frame_rate(self) -> float:
        """Frames of codes a second, Hz."""
        return self.sample_rate / self.hop_length

    @property
    def embed_dim(self) -> int:
        """Width of what is quantized: a log level for each tone and band."""
        return self.scale.num_levels

    @property
    def lookahead(self) -> int:
        """Samples behind a frame that its codes depend on, whole frames."""
        return -(-self.scale.after // self.hop_length) * self.hop_length

    def encoder(self) -> nn.Module:
        """Returns the analysis, from audio to log levels."""
        return Encoder(self)

    def decoder(self) -> nn.Module:
        """Returns the network from log levels to audio."""
        return Decoder(self)


class Encoder(nn.Module):
    """Sound to the log levels of frames; it has no parameters.

    Run with the collection `PAST` mutable, it goes on where the chunk before ended, and
    is late by `lookahead`.

    Attributes:
        config: of the codec.
    """

    config: ToneCodecConfig

    @nn.compact
    def __call__(self, audio: jax.Array) -> jax.Array:
        """Maps [batch, frame * hop_length] to [batch, frame, level].

        A log level is zero in silence, and the mean over the moments of its frame.
        """
        config, scale = self.config, self.config.scale
        batch, frames = audio.shape[0], audio.shape[1] // config.hop_length
        before, after = scale.before, config.lookahead
        if self.is_mutable_collection(PAST):
            past = self.variable(PAST, "samples", jnp.zeros, (batch, before + after))
            audio = jnp.concatenate([past.value, audio], axis=1)
            past.value = audio[:, audio.shape[1] - before - after :]
        else:
            audio = jnp.pad(audio, ((0, 0), (before, after)))
        # The moments of all frames, and no sound beyond their windows.
        reach = before + frames * config.hop_length + scale.after
        levels = tone_analysis.measure(scale, audio[:, :reach])
        logs = jnp.log1p(levels / config.level_floor)
        return logs.reshape(batch, frames, -1, scale.num_levels).mean(axis=2)


class Block(nn.Module):
    """Each level's own past, then all levels together, around a skip.

    Attributes:
        mlp_dim: between the two dense layers.
        kernel_size: frames seen.
    """

    mlp_dim: int
    kernel_size: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps [batch, frame, width] to the same shape."""
        y = nn.LayerNorm(name="norm")(x)
        y = CausalConv(self.mlp_dim, self.kernel_size, name="past")(y)
        return x + nn.Dense(x.shape[-1], name="out")(nn.gelu(y))


class Decoder(nn.Module):
    """Log levels of frames to sound.

    Run with the collection `PAST` mutable, it goes on where the chunk before ended.

    Attributes:
        config: of the codec.
    """

    config: ToneCodecConfig

    @nn.compact
    def __call__(self, logs: jax.Array) -> jax.Array:
        """Maps [batch, frame, level] to [batch, frame * hop_length]."""
        config, (batch, frames, levels) = self.config, logs.shape
        x = nn.Dense(config.width, name="in")(logs)
        for number in range(config.num_blocks):
            block = Block(config.mlp_dim, config.kernel_size, name=f"block_{number}")
            x = block(x)
        corrections = nn.Dense(
            config.moments_per_frame * levels,
            kernel_init=nn.initializers.zeros_init(),
            name="corrections",
        )(nn.LayerNorm(name="norm")(x))
        shape = (batch, frames, config.moments_per_frame, levels)
        logs = logs[:, :, None, :] + corrections.reshape(shape)
        highest = np.log1p(_HIGHEST_LEVEL / config.level_floor)
        levels_of = config.level_floor * jnp.expm1(jnp.clip(logs, 0.0, highest))
        return self._sound(levels_of.reshape(batch, -1, levels))

    def _sound(self, levels: jax.Array) -> jax.Array:
        """Sounds levels [batch, moment, level] from where the last chunk ended."""
        config, batch = self.config, levels.shape[0]
        start = jnp.zeros(batch, jnp.uint32)
        if self.has_rng(CLOCK):
            start = jax.random.bits(self.make_rng(CLOCK), (batch,))
        tail = jnp.zeros((batch, config.scale.hop_length))
        streams = self.is_mutable_collection(PAST)
        if streams:
            number = self.variable(PAST, "moment", lambda: start)
            rest = self.variable(PAST, "tail", lambda: tail)
            start, tail = number.value, rest.value
        made = tone_bank.grains(
            config.scale, levels, start, lines_per_band=config.lines_per_band
        )
        audio, tail = tone_bank.overlap_add(made, tail)
        if streams:
            number.value = start + jnp.uint32(levels.shape[1])
            rest.value = tail
        return audio
