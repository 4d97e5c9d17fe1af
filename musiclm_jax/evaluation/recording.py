"""What is heard in one recording, of whatever format, rate and length."""

import dataclasses
from pathlib import Path

import numpy as np

from musiclm_jax.data.intake import stretch
from musiclm_jax.evaluation.key import key_of, pitch_classes
from musiclm_jax.evaluation.pulse import pulse_clarity

# Tempo and key may change in a long recording, and spectra of all of it take memory.
_STRETCH_SECONDS = 60.0
# Of the models, whose figures are to be compared.
_SAMPLE_RATE = 24000


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """What is known of a recording.

    Attributes:
        stretch: from the middle of a long recording, that all else is of.
        pulse: its clarity; see `pulse.pulse_clarity`.
        bpm: tempo of the pulse, beats a minute; NaN where there is none.
        chroma: [12] from C; see `key.pitch_classes`.
        key_clarity: see `key.key_clarity`, as for the next.
        key: tonic from C, plus twelve for minor; no key where the clarity is zero.
    """

    stretch: stretch.Stretch
    pulse: float
    bpm: float
    chroma: np.ndarray
    key_clarity: float
    key: int


def hear(path: Path) -> Heard:
    """Listens to a recording.

    Args:
        path: of a file of any format that `data.sound.open_audio` reads.

    Raises:
        ValueError: it cannot be read, is no sound, silent, or too short for a pulse; a
            sentence that begins with the path.
    """
    heard = stretch.middle(path, seconds=_STRETCH_SECONDS, sample_rate=_SAMPLE_RATE)
    audio = heard.audio
    try:
        pulse, bpm = pulse_clarity(audio, heard.sample_rate)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    chroma = pitch_classes(audio, heard.sample_rate)
    key_clarity, key = key_of(chroma)
    return Heard(
        stretch=heard,
        pulse=pulse,
        bpm=bpm,
        chroma=chroma,
        key_clarity=key_clarity,
        key=key,
    )
