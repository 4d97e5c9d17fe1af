"""What the melody network hears: the paper's mel frames, or lines that tell pitch."""

import dataclasses

import jax
import jax.numpy as jnp

from musiclm_jax.layers.normalize import at_most_unit_length
from musiclm_jax.signal import log_frequency
from musiclm_jax.signal import mel as mel_lib

# Length at which a frame is half as clear as a frame can be.
_UNCLEAR = 0.1


@dataclasses.dataclass(frozen=True, kw_only=True)
class MelFrames:
    """Log-mel frames: MusicLM, appendix C.

    Attributes:
        mel: the spectrogram.
        mean: subtracted from the log-mel values.
        std: they are divided by this afterwards.
    """

    mel: mel_lib.MelConfig
    mean: float
    std: float

    @property
    def sample_rate(self) -> int:
        """Of the audio, Hz."""
        return self.mel.sample_rate

    @property
    def hop_length(self) -> int:
        """Samples from one frame to the next."""
        return self.mel.hop_length

    def hear(self, audio: jax.Array) -> jax.Array:
        """Maps [batch, sample] to [batch, sample // hop_length, mel]."""
        log_mel = mel_lib.log_mel_spectrogram(audio, self.mel)
        return (log_mel - self.mean) / self.std


@dataclasses.dataclass(frozen=True, kw_only=True)
class PitchFrames:
    """Notes as they stand out of long windows, which a small network need not find.

    Attributes:
        lines: the long windows.
    """

    lines: log_frequency.LogFrequencyConfig

    @property
    def sample_rate(self) -> int:
        """Of the audio, Hz."""
        return self.lines.sample_rate

    @property
    def hop_length(self) -> int:
        """Samples from one frame to the next."""
        return self.lines.hop_length

    def hear(self, audio: jax.Array) -> jax.Array:
        """Maps [batch, sample] to [batch, sample // hop_length, line and class].

        Lines by octave, and folded into one octave behind them: a voice and a violin
        sing the same tune in different octaves.
        """
        peaks = log_frequency.prominences(audio, self.lines)
        folded = log_frequency.folded(peaks, self.lines)
        parts = [at_most_unit_length(x, half=_UNCLEAR) for x in (peaks, folded)]
        # Of length 1 at most; scaled so that a line that sounds is near 1.
        return jnp.concatenate(parts, axis=-1) * self.lines.lines_per_octave**0.5
