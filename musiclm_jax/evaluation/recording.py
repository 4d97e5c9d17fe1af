"""What is heard in one recording, of whatever format, rate and length."""

import dataclasses
import itertools
from pathlib import Path

import numpy as np

from musiclm_jax.data.intake.clips import Cut, clips
from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.recordings import Recording
from musiclm_jax.data.intake.rejections import Limits, find_rejections
from musiclm_jax.data.intake.survey import measure
from musiclm_jax.data.sound.audio_files import FileSound
from musiclm_jax.data.sound.open_audio import without_notes
from musiclm_jax.data.text.sidecars import Notes
from musiclm_jax.evaluation.key import key_of, pitch_classes
from musiclm_jax.evaluation.pulse import pulse_clarity

# Tempo and key may change in a long recording, and spectra of all of it take memory.
_STRETCH_SECONDS = 60.0
# Of the models, whose figures are to be compared; slower recordings stay as they are.
_SAMPLE_RATE = 24000
# Pitches and pulse lie far below half of the slowest rate. Flat tops are told of.
_LIMITS = Limits(min_seconds=0.0, min_sample_rate=8000, max_clipped_share=1.0)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """What is known of a recording.

    Attributes:
        facts: of all of it, such as its length and loudness.
        start_seconds: of the stretch, from the middle of a long recording, that all
            else is of.
        sample_rate: of the stretch, Hz.
        audio: [sample] float32, the stretch, mixed to mono.
        pulse: its clarity; see `pulse.pulse_clarity`.
        bpm: tempo of the pulse, beats a minute; NaN where there is none.
        chroma: [12] from C; see `key.pitch_classes`.
        key_clarity: see `key.key_clarity`, as for the next.
        key: tonic from C, plus twelve for minor; no key where the clarity is zero.
    """

    facts: Facts
    start_seconds: float
    sample_rate: int
    audio: np.ndarray
    pulse: float
    bpm: float
    chroma: np.ndarray
    key_clarity: float
    key: int

    @property
    def seconds(self) -> float:
        """How long the stretch lasts."""
        return len(self.audio) / self.sample_rate


def hear(path: Path) -> Heard:
    """Listens to a recording.

    Args:
        path: of a file of any format that `data.sound.open_audio` reads.

    Raises:
        ValueError: it cannot be read, is no sound, silent, or too short for a pulse; a
            sentence that begins with the path.
    """
    recording = Recording(name=str(path), sound=FileSound(path), notes=Notes())
    with without_notes():
        facts = measure(recording, silence_db=_LIMITS.silence_db)
        for rejection in find_rejections([facts], _LIMITS).values():
            raise ValueError(f"{path} {rejection.reason}")
        start_seconds, sample_rate, audio = _stretch(recording, facts)
    try:
        pulse, bpm = pulse_clarity(audio, sample_rate)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    chroma = pitch_classes(audio, sample_rate)
    key_clarity, key = key_of(chroma)
    return Heard(
        facts=facts,
        start_seconds=start_seconds,
        sample_rate=sample_rate,
        audio=audio,
        pulse=pulse,
        bpm=bpm,
        chroma=chroma,
        key_clarity=key_clarity,
        key=key,
    )


def _stretch(recording: Recording, facts: Facts) -> tuple[float, int, np.ndarray]:
    """Returns where the middle stretch starts, in seconds, its rate, and [sample]."""
    cut = Cut(
        clip_seconds=_STRETCH_SECONDS,
        min_seconds=_STRETCH_SECONDS,
        sample_rate=min(facts.sample_rate, _SAMPLE_RATE),
        silence_db=_LIMITS.silence_db,
        loudness=None,
        trim_silence=False,
    )
    middle = max(int(facts.seconds / _STRETCH_SECONDS) - 1, 0) // 2
    clip = next(itertools.islice(clips(recording, facts, cut), middle, None))
    audio = clip.audio.astype(np.float32) / 2**15
    return clip.start_seconds, cut.sample_rate, audio
