"""Where the beat is: how fast it goes, and how much of it has passed.

The predominant local pulse (Grosche and Mueller 2011, "Extracting predominant local
pulse information from music recordings"): of the tempi that onsets repeat at, the wave
that fits them best around each step, by its tempo and its phase. Of steady music each
step's answer follows from the one before, which is what a small stage learns to count.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.layers.normalize import at_most_unit_length
from musiclm_jax.semantic import repeats

# Listeners tap near a moderate tempo (Parncutt 1994), more or less.
_MODERATE_BPM = 120.0
_WIDTH_OCTAVES = 1.0
# Most of what is told is the strongest tempo: others count by this power of theirs.
_CONTRAST = 8
# Strength of what is unclear; and below which roots are not steep: all is rounding.
_UNCLEAR = 0.02
_FAINT = 1e-3
# Lags beside that of a tempo that count for it, frames.
_LAG_REACH = 3.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class BeatConfig:
    """Which tempi a beat can have.

    Attributes:
        window_seconds: of onsets that are looked at together.
        low_bpm: the slowest tempo, beats a minute.
        tempi_per_octave: by equal ratios.
        num_tempi: from the slowest on.
    """

    window_seconds: float
    low_bpm: float
    tempi_per_octave: int
    num_tempi: int

    def __post_init__(self):
        if not self.low_bpm > 60.0 / self.window_seconds or self.num_tempi < 2:
            raise ValueError(
                "a beat needs two tempi or more, and a window longer than the slowest, "
                f"got {self}"
            )

    @property
    def hz(self) -> np.ndarray:
        """[tempo], beats a second."""
        steps = np.arange(self.num_tempi) / self.tempi_per_octave
        return self.low_bpm / 60.0 * 2.0**steps


def beat(
    onset: jax.Array, config: BeatConfig, *, frame_rate: float, hop_length: int
) -> jax.Array:
    """Tells tempo and phase of the beat around each step.

    Args:
        onset: [batch, frame], of `rhythm.onsets`.
        config: the tempi.
        frame_rate: of the onsets, Hz.
        hop_length: frames of a step.

    Returns:
        [batch, frame // hop_length, (cosine, sine) * tempo], float32, of length 1 at
        most, and 0 where nothing begins: at the strongest tempo the phase, whose angle
        is zero on the beat.
    """
    length = round(config.window_seconds * frame_rate)
    heard = repeats.around(onset, length=length, hop_length=hop_length)
    cosines, sines, lags, taste = _readers(config, frame_rate, length)
    cosine, sine = heard.frames @ cosines, heard.frames @ sines
    size = jnp.sqrt(jnp.square(cosine) + jnp.square(sine) + _FAINT**2)
    again = heard.correlation @ lags / heard.energy
    strength = size / jnp.sqrt(heard.energy * length) * jax.nn.relu(again)
    strength = jnp.sqrt(strength + _FAINT**2) * taste[None, None, :]
    share = strength / strength.max(axis=-1, keepdims=True)
    told = strength * share**_CONTRAST / size
    both = jnp.concatenate([told * cosine, told * sine], axis=-1)
    return at_most_unit_length(both, half=_UNCLEAR)


@functools.cache
def _readers(
    config: BeatConfig, frame_rate: float, length: int
) -> tuple[np.ndarray, ...]:
    """Weights [frame, tempo] of cosines, sines and lags, and [tempo] of the taste."""
    hz = config.hz
    # Phases are those of the middle of a window.
    angle = 2 * np.pi * np.outer(np.arange(length) - (length - 1) / 2, hz) / frame_rate
    distance = np.abs(np.arange(length)[:, None] - frame_rate / hz[None, :])
    lags = np.maximum(0.0, 1.0 - distance / _LAG_REACH)
    lags /= lags.sum(axis=0) * repeats.fade(length)[:, None]
    octaves = np.log2(60.0 * hz / _MODERATE_BPM)
    taste = np.exp(-0.5 * np.square(octaves / _WIDTH_OCTAVES))
    return tuple(
        part.astype(np.float32) for part in (np.cos(angle), -np.sin(angle), lags, taste)
    )
