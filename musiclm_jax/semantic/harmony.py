"""Which pitch classes sound: long windows, folded into one octave.

Windows of 25 ms have lines 40 Hz apart and cannot tell one low note from the next.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.layers.normalize import at_most_unit_length
from musiclm_jax.signal import log_frequency
from musiclm_jax.signal.log_frequency import LogFrequencyConfig

# Added to magnitudes before the logarithm: far below what is heard as a note.
_LOG_OFFSET = 0.1
# Length at which a frame is half as clear as a frame can be.
_UNCLEAR = 0.1


def pitch_classes(audio: jax.Array, config: LogFrequencyConfig) -> jax.Array:
    """Tells how clearly each pitch class stands out of the spectrum around it.

    Log magnitudes less their mean over an octave, so that neither level nor colour
    counts; what is below that mean is dropped, and octaves are added.

    Args:
        audio: [batch, sample].
        config: of the long windows.

    Returns:
        [batch, sample // hop_length, lines_per_octave], float32, at least 0 and of
        length 1 at most: 1 where it is clear, 0 in silence.
    """
    lines = log_frequency.log_frequency_spectrogram(audio, config)
    lines = jnp.log(lines + _LOG_OFFSET)
    around = jnp.einsum("btl,lk->btk", lines, _octave_mean(config))
    peaks = jax.nn.relu(lines - around)
    octaves = peaks.reshape(*peaks.shape[:2], config.num_octaves, -1)
    return at_most_unit_length(octaves.sum(axis=2), half=_UNCLEAR)


@functools.cache
def _octave_mean(config: LogFrequencyConfig) -> np.ndarray:
    """Returns weights [line, line] of the mean over the octave around each line."""
    place = np.arange(config.num_lines)
    near = np.abs(place[:, None] - place[None, :]) <= config.lines_per_octave / 2
    return (near / near.sum(axis=0, keepdims=True)).astype(np.float32)
