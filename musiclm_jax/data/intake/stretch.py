"""A stretch of one recording that somebody names, judged first and told of plainly."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from musiclm_jax.data.intake.clips import Clip, Cut, clips
from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.recordings import Recording
from musiclm_jax.data.intake.rejections import Limits, find_rejections
from musiclm_jax.data.intake.survey import measure
from musiclm_jax.data.sound.audio_files import FileSound
from musiclm_jax.data.sound.open_audio import without_notes
from musiclm_jax.data.text.sidecars import Notes

# What somebody plays to us is used as it is: flat tops are no reason to refuse it.
LIMITS = Limits(min_seconds=0.0, min_sample_rate=8000, max_clipped_share=1.0)


@dataclasses.dataclass(frozen=True)
class Stretch:
    """A part of a recording, or all of it.

    Attributes:
        facts: of all of the recording.
        start_seconds: where it starts in the recording.
        sample_rate: Hz.
        audio: [sample] float32, mixed to mono.
    """

    facts: Facts
    start_seconds: float
    sample_rate: int
    audio: np.ndarray

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.audio) / self.sample_rate


def start(path: Path, *, seconds: float, sample_rate: int) -> Stretch:
    """Reads the beginning of a recording; see `middle`."""
    return _read(
        path, lambda found, facts: next(found), seconds=seconds, sample_rate=sample_rate
    )


def middle(path: Path, *, seconds: float, sample_rate: int) -> Stretch:
    """Reads a stretch from the middle of a recording.

    Args:
        path: of a file of any format that `data.sound.open_audio` reads.
        seconds: of the stretch; shorter recordings are read whole.
        sample_rate: of the stretch, Hz.

    Raises:
        ValueError: it cannot be read, is no sound, silent or of too low a rate; a
            sentence that begins with the path.
    """

    def choose(found: Iterator[Clip], facts: Facts) -> Clip:
        place = max(int(facts.seconds / seconds) - 1, 0) // 2
        return next(itertools.islice(found, place, None))

    return _read(path, choose, seconds=seconds, sample_rate=sample_rate)


def end(path: Path, *, seconds: float, sample_rate: int) -> Stretch:
    """Reads the end of a recording; see `middle`."""

    def choose(found: Iterator[Clip], facts: Facts) -> Clip:
        *_, last = found
        return last

    return _read(path, choose, seconds=seconds, sample_rate=sample_rate)


def _read(
    path: Path,
    choose: Callable[[Iterator[Clip], Facts], Clip],
    *,
    seconds: float,
    sample_rate: int,
) -> Stretch:
    recording = Recording(name=str(path), sound=FileSound(path), notes=Notes())
    with without_notes():
        facts = measure(recording, silence_db=LIMITS.silence_db)
        for rejection in find_rejections([facts], LIMITS).values():
            raise ValueError(f"{path} {rejection.reason}")
        cut = Cut(
            clip_seconds=seconds,
            min_seconds=min(seconds, 1 / sample_rate),
            sample_rate=sample_rate,
            silence_db=LIMITS.silence_db,
            loudness=None,
            trim_silence=False,
        )
        clip = choose(clips(recording, facts, cut), facts)
    audio = clip.audio.astype(np.float32) / 2**15
    return Stretch(facts, clip.start_seconds, sample_rate, audio)
