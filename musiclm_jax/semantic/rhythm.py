"""How fast the beat is: which tempi the onsets of some seconds repeat at.

A Fourier transform of the onsets answers at the tempo and its multiples, an
autocorrelation at the tempo and its whole fractions; their product at the tempo
(Peeters 2007, "Template-based estimation of time-varying tempo").
"""

import dataclasses
import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.layers.normalize import at_most_unit_length
from musiclm_jax.semantic import repeats

# Frames on either side of a rise, so that it is centred.
_RISE_REACH = 1
# Where low bands end, and middle ones, as shares of all mels; and the rise from which
# on louder tells nothing more.
_REGISTERS = (0.2, 0.55)
_LOUD_RISE = 3.0
_TREND_SECONDS = 1.0
# Length of what is unclear.
_UNCLEAR = 0.1
# Below it the root of the product is not steep: there all is rounding.
_FAINT = 0.01


@dataclasses.dataclass(frozen=True, kw_only=True)
class RhythmConfig:
    """A tempogram.

    Attributes:
        window_seconds: of onsets that are looked at together.
        low_bpm: the slowest tempo, beats a minute.
        high_bpm: the fastest.
        num_tempi: tempi from the one to the other, by equal ratios.
    """

    window_seconds: float
    low_bpm: float
    high_bpm: float
    num_tempi: int

    def __post_init__(self):
        slowest = 60.0 / self.window_seconds
        if not slowest < self.low_bpm < self.high_bpm or self.num_tempi < 2:
            raise ValueError(
                "a tempogram needs two tempi or more, and a window longer than a beat "
                f"of the slowest, got {self}"
            )


def onsets(log_mel: jax.Array, frame_rate: float) -> jax.Array:
    """Returns the mean rise of all bands, less its own trend.

    Args:
        log_mel: [batch, frame, mel].
        frame_rate: Hz.

    Returns:
        [batch, frame], float32.
    """
    rises = _rises(log_mel).mean(axis=-1)
    half = round(_TREND_SECONDS * frame_rate / 2)
    total = jnp.cumsum(jnp.pad(rises, ((0, 0), (half + 1, half))), axis=1)
    trend = (total[:, 2 * half + 1 :] - total[:, : -2 * half - 1]) / (2 * half + 1)
    return rises - trend


def onset_pattern(log_mel: jax.Array, *, hop_length: int, num_steps: int) -> jax.Array:
    """Tells which of the steps around each one something begins in, and how high.

    Args:
        log_mel: [batch, frame, mel].
        hop_length: frames of a step.
        num_steps: in whose middle the step stands.

    Returns:
        [batch, frame // hop_length, num_steps * register], float32: the strongest mean
        rise in each step, of low, middle and high bands.
    """
    batch, num_frames, num_mels = log_mel.shape
    total = num_frames // hop_length
    edges = [round(share * num_mels) for share in (0.0, *_REGISTERS, 1.0)]
    rises = _rises(log_mel[:, : total * hop_length])
    registers = jnp.stack(
        [rises[..., low:high].mean(axis=-1) for low, high in itertools.pairwise(edges)],
        axis=-1,
    )
    steps = registers.reshape(batch, total, hop_length, -1).max(axis=2)
    steps = jnp.minimum(steps, _LOUD_RISE)
    before = (num_steps - 1) // 2
    padded = jnp.pad(
        steps, ((0, 0), (before, num_steps - 1 - before), (0, 0)), mode="edge"
    )
    return jnp.concatenate(
        [padded[:, shift : shift + total] for shift in range(num_steps)], axis=-1
    )


def _rises(log_mel: jax.Array) -> jax.Array:
    """How far each band rises around each frame, [batch, frame, mel]; falls are 0."""
    # Beyond the ends all stays as it is at the ends.
    reach = ((0, 0), (_RISE_REACH, _RISE_REACH), (0, 0))
    padded = jnp.pad(log_mel, reach, mode="edge")
    return jax.nn.relu(padded[:, 2 * _RISE_REACH :] - padded[:, : -2 * _RISE_REACH])


def tempogram(
    onset: jax.Array, config: RhythmConfig, *, frame_rate: float, hop_length: int
) -> jax.Array:
    """Tells how strongly the onsets around each step repeat at each tempo.

    Args:
        onset: [batch, frame], of `onsets`.
        config: the tempi.
        frame_rate: of the onsets, Hz.
        hop_length: frames of a step.

    Returns:
        [batch, frame // hop_length, tempo], float32, at least 0 and of length 1 at
        most: 1 where the beat is clear, 0 where nothing begins.
    """
    length = round(config.window_seconds * frame_rate)
    heard = repeats.around(onset, length=length, hop_length=hop_length)
    bins, lags = _places(config, frame_rate, length)
    fourier = jnp.einsum("btf,fk->btk", heard.spectrum, bins) / jnp.sqrt(heard.energy)
    again = jnp.einsum("btl,lk->btk", heard.correlation, lags) / heard.energy
    product = fourier * jax.nn.relu(again)
    both = jnp.sqrt(product + _FAINT**2) - _FAINT
    return at_most_unit_length(both, half=_UNCLEAR)


@functools.cache
def _places(
    config: RhythmConfig, frame_rate: float, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns weights [bin, tempo] and [lag, tempo] that read between places."""
    hz = np.geomspace(config.low_bpm, config.high_bpm, config.num_tempi) / 60.0

    def between(places: np.ndarray, size: int) -> np.ndarray:
        distance = np.abs(np.arange(size)[:, None] - places[None, :])
        return np.maximum(0.0, 1.0 - distance)

    size = repeats.fft_length(length)
    bins = between(hz * size / frame_rate, size // 2 + 1)
    lags = between(frame_rate / hz, length) / repeats.fade(length)[:, None]
    # Of a window that repeats as it is, both are near one.
    return (bins / np.sqrt(length)).astype(np.float32), lags.astype(np.float32)
