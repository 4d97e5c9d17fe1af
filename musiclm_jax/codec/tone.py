"""A codec that keeps pitch: levels of tones and bands in, corrected levels out.

Beside SoundStream, for codecs of few bits and little training. A convolutional decoder
that is fed constant codes repeats itself at its frame rate, and can sound no other
pitch; this one's decoder corrects levels, and a bank of oscillators with a clock sounds
them (spectral modelling, Serra and Smith 1990; DDSP, 2001.04643).

    audio -> tones of a frame, power of bands at its moments -> their logs
    logs -> tones and noise of every moment -> logs, corrected, sharper -> bank -> audio

It begins as plain analysis and synthesis: corrections begin at zero.
"""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.codec import tone_analysis, tone_bank
from musiclm_jax.codec.envelope import Envelope
from musiclm_jax.codec.network import CLOCK
from musiclm_jax.codec.tone_analysis import ToneScale
from musiclm_jax.codec.tone_corrections import Blocks, Corrections, Sharpening
from musiclm_jax.layers import quantization
from musiclm_jax.layers.convolution import PAST

# Of amplitudes in the decoder, over full scale.
_HIGHEST_LEVEL = 4.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToneCodecConfig:
    """Sizes of the codec; a `codec.network.CodecConfig`.

    Attributes:
        scale: the tones and bands, and how they are measured.
        lines_per_band: of the noise.
        tone_floor: amplitude that logs of tones begin at; tones below hardly count.
        band_floor: the same of bands: amplitude of a sine of that power.
        band_weight: of a band's log, a moment, beside a tone's in an embedding.
        corrections: sizes of the network that corrects levels, a frame a step.
        sharpening: of the one that has them rise as the sound did, a moment a step.
        num_quantizers: levels of the residual quantizer.
        codebook_size: codes in each.
        envelope: what the first levels quantize alone; None where all quantize all.
    """

    scale: ToneScale
    lines_per_band: int
    tone_floor: float
    band_floor: float
    band_weight: float
    corrections: Blocks
    sharpening: Blocks
    num_quantizers: int
    codebook_size: int
    envelope: Envelope | None = None

    def __post_init__(self):
        for name in ("tone_floor", "band_floor", "band_weight"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("lines_per_band", "num_quantizers"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} must be at least 1, got {getattr(self, name)}"
                )
        if self.envelope is not None:
            self.envelope.check(self.scale, self.num_quantizers)

    @property
    def sample_rate(self) -> int:
        """Of the sound, Hz."""
        return self.scale.sample_rate

    @property
    def hop_length(self) -> int:
        """Samples a frame of codes stands for."""
        return self.scale.frame_length

    @property
    def frame_rate(self) -> float:
        """Frames of codes a second, Hz."""
        return self.sample_rate / self.hop_length

    @property
    def embed_dim(self) -> int:
        """Width of what is quantized: tones, and bands at each moment."""
        scale = self.scale
        return scale.num_tones + scale.moments_per_frame * scale.num_bands

    @property
    def split(self) -> quantization.Split | None:
        """The levels of the envelope, and those of the rest."""
        if self.envelope is None:
            return None
        return quantization.Split(
            self.envelope.basis(self.scale), self.envelope.num_levels
        )

    @property
    def lookahead(self) -> int:
        """Samples behind a frame that its codes depend on, whole frames."""
        return -(-self.scale.after // self.hop_length) * self.hop_length

    @property
    def draws_noise(self) -> bool:
        """Noise differs from time to time."""
        return True

    def encoder(self) -> nn.Module:
        """Returns the analysis, from audio to embeddings."""
        return Encoder(self)

    def decoder(self) -> nn.Module:
        """Returns the network from embeddings to audio."""
        return Decoder(self)


class Encoder(nn.Module):
    """Sound to embeddings, which are zero in silence; it has no parameters.

    Run with the collection `PAST` mutable, it goes on where the chunk before ended, and
    is late by `lookahead`.

    Attributes:
        config: of the codec.
    """

    config: ToneCodecConfig

    @nn.compact
    def __call__(self, audio: jax.Array) -> jax.Array:
        """Maps [batch, frame * hop_length] to [batch, frame, embed_dim]."""
        config, scale = self.config, self.config.scale
        batch, frames = audio.shape[0], audio.shape[1] // config.hop_length
        around = scale.before + config.lookahead
        if self.is_mutable_collection(PAST):
            past = self.variable(PAST, "samples", jnp.zeros, (batch, around))
            audio = jnp.concatenate([past.value, audio], axis=1)
            past.value = audio[:, audio.shape[1] - around :]
        else:
            padding = (scale.before, config.lookahead)
            audio = jnp.pad(audio, ((0, 0), padding))
        # All frames, and no sound beyond the window of the last.
        reach = scale.before + frames * config.hop_length + scale.after
        tones, power = tone_analysis.measure(scale, audio[:, :reach])
        tones = jnp.log1p(tones / config.tone_floor)
        # Half the log of power is that of an amplitude.
        bands = jnp.log1p(2 * power / config.band_floor**2) / 2
        bands = config.band_weight * bands.reshape(batch, frames, -1)
        return jnp.concatenate([tones, bands], axis=-1)


class Decoder(nn.Module):
    """Embeddings to sound.

    Run with the collection `PAST` mutable, it goes on where the chunk before ended.

    Attributes:
        config: of the codec.
    """

    config: ToneCodecConfig

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Maps [batch, frame, embed_dim] to [batch, frame * hop_length]."""
        config, scale = self.config, self.config.scale
        moments = x.shape[1] * scale.moments_per_frame
        num_levels = scale.num_tones + scale.num_bands
        corrections = Corrections(config.corrections, num_levels, name="corrections")(x)
        corrections = jnp.repeat(corrections, scale.moments_per_frame, axis=1)
        tones, bands = x[..., : scale.num_tones], x[..., scale.num_tones :]
        tones = config.tone_floor * jnp.expm1(_in_range(tones, config.tone_floor))
        bands = bands.reshape(x.shape[0], moments, -1) / config.band_weight
        power = jnp.expm1(2 * _in_range(bands, config.band_floor))
        power *= config.band_floor**2 / 2
        made = tone_analysis.split(scale, tones, power)
        floor = np.repeat(
            np.float32([config.tone_floor, config.band_floor]),
            [scale.num_tones, scale.num_bands],
        )[None, None]
        logs = jnp.log1p(made / floor) + corrections
        logs += Sharpening(config.sharpening, name="sharpening")(logs)
        return self._sound(floor * jnp.expm1(_in_range(logs, floor)))

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


def _in_range(logs: jax.Array, floor: float | np.ndarray) -> jax.Array:
    """Keeps log(1 + level / floor) between nothing and the highest level."""
    return jnp.clip(logs, 0.0, np.log1p(_HIGHEST_LEVEL / floor))
