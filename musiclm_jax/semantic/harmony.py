"""Which pitch classes sound: long windows, folded into one octave.

Windows of 25 ms have lines 40 Hz apart and cannot tell one low note from the next.
"""

import jax

from musiclm_jax.layers.normalize import at_most_unit_length
from musiclm_jax.signal import log_frequency
from musiclm_jax.signal.log_frequency import LogFrequencyConfig

# Length at which a frame is half as clear as a frame can be.
_UNCLEAR = 0.1


def pitch_classes(audio: jax.Array, config: LogFrequencyConfig) -> jax.Array:
    """Tells how clearly each pitch class stands out of the spectrum around it.

    Args:
        audio: [batch, sample].
        config: of the long windows.

    Returns:
        [batch, sample // hop_length, lines_per_octave], float32, at least 0 and of
        length 1 at most: 1 where it is clear, 0 in silence.
    """
    peaks = log_frequency.prominences(audio, config)
    return at_most_unit_length(log_frequency.folded(peaks, config), half=_UNCLEAR)
