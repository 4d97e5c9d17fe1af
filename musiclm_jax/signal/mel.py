"""Mel spectrograms: what the ear's frequency resolution leaves of an STFT."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.signal import stft as stft_lib

# Added before the logarithm. For a window of 25 ms at 24 kHz it lies about 80 dB below
# a sine of full scale.
LOG_OFFSET = 1e-2


@dataclasses.dataclass(frozen=True)
class MelConfig:
    """A mel spectrogram.

    Attributes:
        sample_rate: of the audio, Hz.
        frame_length: samples under the window.
        hop_length: samples from one frame to the next.
        num_mels: number of filters.
        low_hz: lower edge of the lowest filter.
        high_hz: upper edge of the highest filter.
    """

    sample_rate: int
    frame_length: int
    hop_length: int
    num_mels: int
    low_hz: float
    high_hz: float

    def __post_init__(self):
        if not 0 <= self.low_hz < self.high_hz <= self.sample_rate / 2:
            raise ValueError(
                f"mel edges must satisfy 0 <= low < high <= {self.sample_rate / 2} Hz, "
                f"got {self.low_hz} and {self.high_hz}"
            )
        if self.num_mels < 1:
            raise ValueError(f"num_mels must be at least 1, got {self.num_mels}")

    @property
    def fft_length(self) -> int:
        """The power of two that holds a frame."""
        return 1 << (self.frame_length - 1).bit_length()

    @property
    def frame_rate(self) -> float:
        """Frames a second, Hz."""
        return self.sample_rate / self.hop_length


def hz_to_mel(hz: np.ndarray) -> np.ndarray:
    """Maps Hz to the mel scale of HTK."""
    return 2595.0 * np.log10(1.0 + np.asarray(hz, np.float64) / 700.0)


@functools.cache
def mel_filterbank(config: MelConfig) -> np.ndarray:
    """Returns triangular filters, equally spaced and overlapping by half in HTK mel.

    As TensorFlow's `linear_to_mel_weight_matrix`, which the papers' group uses: the
    triangles are straight lines in mel, peak at 1 and are not divided by their width.
    A filter narrower than the spacing of the bins may hold no bin; it is all zeros, and
    its output is the same constant for every sound.

    Returns:
        [bin, mel], float32.
    """
    num_bins = config.fft_length // 2 + 1
    bins = hz_to_mel(np.arange(num_bins) * config.sample_rate / config.fft_length)
    low, high = hz_to_mel([config.low_hz, config.high_hz])
    edges = np.linspace(low, high, config.num_mels + 2)
    width = edges[1] - edges[0]
    distance = np.abs(bins[:, None] - edges[None, 1:-1]) / width
    filters = np.maximum(0.0, 1.0 - distance).astype(np.float32)
    filters.setflags(write=False)  # shared by all callers through the cache
    return filters


def mel_spectrogram(audio: jax.Array, config: MelConfig) -> jax.Array:
    """Sums STFT magnitudes (not powers) under the mel filters.

    Args:
        audio: [batch, sample], at `config.sample_rate`.
        config: of the spectrogram.

    Returns:
        [batch, sample // hop_length, mel], float32, at least 0.
    """
    spectrum = stft_lib.stft(
        audio,
        frame_length=config.frame_length,
        hop_length=config.hop_length,
        fft_length=config.fft_length,
    )
    power = jnp.square(spectrum.real) + jnp.square(spectrum.imag)
    # The root has no gradient at 0, and digital silence is 0 exactly.
    magnitude = jnp.sqrt(power + 1e-12)
    return jnp.einsum("btf,fm->btm", magnitude, mel_filterbank(config))


def log_mel_spectrogram(
    audio: jax.Array, config: MelConfig, *, offset: float = LOG_OFFSET
) -> jax.Array:
    """Returns `log(mel_spectrogram + offset)`, [batch, sample // hop_length, mel]."""
    return jnp.log(mel_spectrogram(audio, config) + offset)
