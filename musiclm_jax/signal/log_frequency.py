"""Spectra on lines that lie equally close in every octave, as notes do.

Long windows under one Fourier transform, read where the lines are: what a constant-Q
transform (Brown 1991) resolves, where the lines are no closer than the bins.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.signal import stft as stft_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class LogFrequencyConfig:
    """A spectrogram over octaves.

    Attributes:
        sample_rate: of the audio, Hz.
        frame_length: samples under the window.
        hop_length: samples from one frame to the next.
        low_hz: of the lowest line.
        lines_per_octave: lines from one frequency to twice that frequency.
        num_octaves: that the lines span.
    """

    sample_rate: int
    frame_length: int
    hop_length: int
    low_hz: float
    lines_per_octave: int
    num_octaves: int

    def __post_init__(self):
        if self.lines_per_octave < 1 or self.num_octaves < 1:
            raise ValueError(
                "lines_per_octave and num_octaves must be at least 1, got "
                f"{self.lines_per_octave} and {self.num_octaves}"
            )
        high_hz = self.low_hz * 2.0**self.num_octaves
        if not 0.0 < self.low_hz <= high_hz <= self.sample_rate / 2:
            raise ValueError(
                f"lines must lie above 0 and up to {self.sample_rate / 2:g} Hz, got "
                f"{self.low_hz:g} to {high_hz:g} Hz"
            )

    @property
    def num_lines(self) -> int:
        """Lines of the spectrogram."""
        return self.lines_per_octave * self.num_octaves


# Added to magnitudes before the logarithm: far below what is heard as a note.
_LOG_OFFSET = 0.1


@functools.cache
def line_filterbank(config: LogFrequencyConfig) -> np.ndarray:
    """Returns what each line takes of the power of each bin, in all 1.

    Triangles that reach to the next line, and at least to the next bin.

    Returns:
        [bin, line], float32.
    """
    ratio = 2.0 ** (1.0 / config.lines_per_octave)
    hz = config.low_hz * ratio ** np.arange(config.num_lines)
    centres = hz * config.frame_length / config.sample_rate  # in bins
    width = np.maximum(1.0, centres * (ratio - 1.0))
    bins = np.arange(config.frame_length // 2 + 1)
    distance = np.abs(bins[:, None] - centres[None, :]) / width[None, :]
    weights = np.maximum(0.0, 1.0 - distance)
    weights = (weights / weights.sum(axis=0, keepdims=True)).astype(np.float32)
    weights.setflags(write=False)  # shared by all callers through the cache
    return weights


def log_frequency_spectrogram(
    audio: jax.Array, config: LogFrequencyConfig
) -> jax.Array:
    """Returns the magnitude at each line.

    Args:
        audio: [batch, sample], at `config.sample_rate`.
        config: of the spectrogram.

    Returns:
        [batch, sample // hop_length, line], float32, at least 0; on the scale of
        `stft.stft`.
    """
    spectrum = stft_lib.stft(
        audio, frame_length=config.frame_length, hop_length=config.hop_length
    )
    power = jnp.square(spectrum.real) + jnp.square(spectrum.imag)
    lines = jnp.einsum("btf,fl->btl", power, line_filterbank(config))
    # The root has no gradient at 0, and digital silence is 0 exactly.
    return jnp.sqrt(lines + 1e-12)


def prominences(audio: jax.Array, config: LogFrequencyConfig) -> jax.Array:
    """Tells how far each line stands out of the spectrum around it.

    Log magnitudes less their mean over an octave, so that neither level nor colour
    counts; what is below that mean is dropped.

    Args:
        audio: [batch, sample], at `config.sample_rate`.
        config: of the spectrogram.

    Returns:
        [batch, sample // hop_length, line], float32, at least 0.
    """
    lines = jnp.log(log_frequency_spectrogram(audio, config) + _LOG_OFFSET)
    around = jnp.einsum("btl,lk->btk", lines, _octave_mean(config))
    return jax.nn.relu(lines - around)


def folded(lines: jax.Array, config: LogFrequencyConfig) -> jax.Array:
    """Adds octaves up: [..., line] -> [..., lines_per_octave]."""
    octaves = lines.reshape(*lines.shape[:-1], config.num_octaves, -1)
    return octaves.sum(axis=-2)


@functools.cache
def _octave_mean(config: LogFrequencyConfig) -> np.ndarray:
    """Returns weights [line, line] of the mean over the octave around each line."""
    place = np.arange(config.num_lines)
    near = np.abs(place[:, None] - place[None, :]) <= config.lines_per_octave / 2
    return (near / near.sum(axis=0, keepdims=True)).astype(np.float32)
