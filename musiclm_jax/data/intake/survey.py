"""Measures recordings: all that is ever asked of their sound, in one pass over it."""

import dataclasses
from pathlib import Path

from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.fingerprint import Listener
from musiclm_jax.data.intake.levels import Levels
from musiclm_jax.data.intake.loudness import Loudness
from musiclm_jax.data.intake.recordings import (
    OpenSound,
    Recording,
    Rejection,
    RejectionError,
)
from musiclm_jax.data.sound.audio_files import mix
from musiclm_jax.data.sound.open_audio import without_notes
from musiclm_jax.files import fingerprints, whole_files

# Of what is measured, and how: another one measures anew.
_VERSION = 2
_NAME_LENGTH = 32
_MAX_SAMPLE_RATE = 2**20  # what is above is damage, and would take memory by its size


@dataclasses.dataclass(frozen=True, kw_only=True)
class SurveyJob:
    """Measures some recordings; a `parallel.jobs.Job`.

    Attributes:
        recordings: of which facts are wanted.
        output: JSON lines, one of `Facts` for each recording, in their order.
        silence_db: what lies below is silence; relative to full scale.
    """

    recordings: tuple[Recording, ...]
    output: Path
    silence_db: float

    def run(self) -> None:
        """Makes the file."""
        with without_notes():
            lines = [
                measure(recording, silence_db=self.silence_db).to_json() + "\n"
                for recording in self.recordings
            ]
        whole_files.write(self.output, "".join(lines).encode())


def survey_job(
    recordings: tuple[Recording, ...], folder: Path, *, silence_db: float
) -> SurveyJob:
    """Returns what measures recordings into a file of a folder.

    The file is named by all that its facts are of, so that no other facts are found.
    """
    stamps = [(recording.name, recording.sound.stamp()) for recording in recordings]
    made_of = fingerprints.of([_VERSION, silence_db, stamps])
    output = folder / f"facts-{made_of[:_NAME_LENGTH]}.jsonl"
    return SurveyJob(recordings=recordings, output=output, silence_db=silence_db)


def measure(recording: Recording, *, silence_db: float) -> Facts:
    """Measures a recording, whatever it is.

    Args:
        recording: perhaps damaged, or no longer there.
        silence_db: what lies below is silence; relative to full scale.

    Returns:
        What could be measured, and the rejection if that is not all.
    """
    facts = Facts(name=recording.name)
    try:
        facts = dataclasses.replace(facts, digest=recording.sound.digest())
        with recording.sound.open() as sound:
            facts = dataclasses.replace(
                facts,
                format=sound.format,
                sample_rate=sound.sample_rate,
                num_channels=sound.num_channels,
            )
            return dataclasses.replace(facts, **_measure_sound(sound, silence_db))
    except RejectionError as error:
        return dataclasses.replace(facts, rejection=error.rejection)
    except (OSError, ValueError) as error:
        # The system's reason alone: the rest is the path, and the name says that.
        reason = getattr(error, "strerror", None) or str(error)
        rejection = Rejection(kind="unreadable", reason=f"cannot be read: {reason}")
        return dataclasses.replace(facts, rejection=rejection)


def _measure_sound(sound: OpenSound, silence_db: float) -> dict:
    """Returns fields of `Facts`."""
    if sound.sample_rate > _MAX_SAMPLE_RATE:
        raise RejectionError(
            "unreadable",
            f"has {sound.sample_rate:,} samples a second; no sound has more than "
            f"{_MAX_SAMPLE_RATE:,}",
        )
    levels = Levels(silence_db)
    loudness = Loudness(sound.sample_rate)
    listener = Listener(sound.sample_rate)
    for block in sound.blocks():
        start = levels.num_samples
        levels.add(block)
        mono = mix(block)
        loudness.add(mono)
        if levels.sound_end:
            listener.add(mono[max(0, levels.sound_start - start) :])
    if not levels.num_samples:
        raise RejectionError("empty", "is empty: it has no samples")
    beginning, behind = listener.fingerprints()
    return {
        "num_samples": levels.num_samples,
        "peak_db": levels.peak_db,
        "loudness": loudness.integrated(),
        "clipped_share": levels.clipped_share,
        "sound_start": levels.sound_start,
        "sound_end": levels.sound_end,
        "fingerprint": beginning,
        "fingerprint_behind": behind,
    }
