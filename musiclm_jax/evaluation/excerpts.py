"""Excerpts of recordings: music that no part of the corpus sounds like."""

import dataclasses
from pathlib import Path

import numpy as np
import soxr

from musiclm_jax.data.feeding.crops import silence_behind
from musiclm_jax.data.intake.listing import list_sound
from musiclm_jax.data.intake.recordings import RejectionError
from musiclm_jax.data.sound.audio_files import mix
from musiclm_jax.data.sound.open_audio import open_audio, without_notes

_SECONDS = 5.0
# Behind introductions, where a recording is long enough.
_START_SECONDS = 40.0
_PEAK = 0.7


@dataclasses.dataclass(frozen=True, eq=False)
class Excerpts:
    """What was cut from a folder.

    Attributes:
        audio: [recording, sample], mono, each with the same peak.
        names: of the files, below the folder.
        left_out: files that are too short, silent or cannot be read.
    """

    audio: np.ndarray
    names: tuple[str, ...]
    left_out: tuple[str, ...]

    @classmethod
    def cut(cls, folder: str | Path, sample_rate: int, *, num: int) -> "Excerpts":
        """Cuts one excerpt from each of the first recordings, by name.

        Args:
            folder: of files of sound, at any depth.
            sample_rate: of the excerpts, Hz.
            num: how many at most.

        Raises:
            FileNotFoundError: there is no such folder.
            ValueError: nothing in it can be used.
        """
        names, left_out, sound = [], [], []
        for name, path in list_sound(folder).files.items():
            excerpt = _excerpt(path, sample_rate)
            if excerpt is None:
                left_out.append(name)
                continue
            names.append(name)
            sound.append(excerpt)
            if len(names) == num:
                break
        if not names:
            raise ValueError(
                f"{folder} has no recording of at least {_SECONDS:g} s that can be read"
            )
        return cls(np.stack(sound), tuple(names), tuple(left_out))


def _excerpt(path: Path, sample_rate: int) -> np.ndarray | None:
    """Returns [sample], or None where there is none."""
    try:
        with without_notes(), open_audio(path) as file:
            wanted = round((_START_SECONDS + _SECONDS) * file.sample_rate)
            rate, blocks, held = file.sample_rate, [], 0
            for block in file.blocks():
                blocks.append(mix(block))
                held += len(block)
                if held >= wanted:
                    break
    except RejectionError:
        return None
    length = round(_SECONDS * rate)
    mono = np.concatenate([*blocks, np.zeros(0, np.float32)])[:wanted][-length:]
    peak = np.abs(mono).max(initial=0.0)
    if len(mono) < length or peak == 0.0:
        return None
    resampled = soxr.resample(_PEAK / peak * mono, rate, sample_rate)
    # Rounding may leave it a sample longer or shorter.
    wanted = round(_SECONDS * sample_rate)
    return silence_behind(resampled[:wanted], wanted).astype(np.float32)
