"""How onsets of some seconds repeat: what tempogram and beat both read."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.parallel.rows import shard_map_rows
from musiclm_jax.signal import stft

# Energy of the onsets of a window that counts as none.
_SILENT = 1e-3
# Of the window's own autocorrelation: what fades with the lag is raised by no more.
_FADE_FLOOR = 0.2


class Repeats(NamedTuple):
    """Onsets under a window around each step.

    Attributes:
        frames: [batch, step, frame], the onsets.
        energy: [batch, step, 1], of them, above zero.
        spectrum: [batch, step, bin], amplitudes; of bins close enough to read between.
        correlation: [batch, step, lag], with themselves; no lag wraps round.
    """

    frames: jax.Array
    energy: jax.Array
    spectrum: jax.Array
    correlation: jax.Array


def around(onset: jax.Array, *, length: int, hop_length: int) -> Repeats:
    """Looks at windows of so many frames around each step of onsets [batch, frame]."""
    window = stft.hann_window(length)
    frames = stft.frame(onset, frame_length=length, hop_length=hop_length)
    frames = frames * window[None, None, :]
    size = fft_length(length)
    spectrum = jnp.abs(shard_map_rows(lambda rows: jnp.fft.rfft(rows, n=size), frames))
    correlation = shard_map_rows(jnp.fft.irfft, jnp.square(spectrum))
    energy = jnp.square(frames).sum(axis=-1, keepdims=True) + _SILENT
    return Repeats(frames, energy, spectrum, correlation[..., :length])


def fft_length(length: int) -> int:
    """Has room for every lag of a window of so many frames."""
    return 4 << (length - 1).bit_length()


def fade(length: int) -> np.ndarray:
    """What correlations [lag] of a window are divided by, as it fades from their start.

    Of onsets that repeat as they are, they are then all near one.
    """
    window = stft.hann_window(length).astype(np.float64)
    found = np.correlate(window, window, "full")[length - 1 :]
    return found / found[0] + _FADE_FLOOR
