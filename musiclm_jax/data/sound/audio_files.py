"""Files of sound: opened for reading, block by block, and written whole.

A written file appears whole or not at all: it is made under another name in the same
folder and then renamed.
"""

import contextlib
import dataclasses
import functools
import io
import operator
import os
import pathlib

import numpy as np
import soundfile

from musiclm_jax.data.sound.open_audio import OpenFile, open_audio, plain_reason
from musiclm_jax.files import fingerprints, whole_files

_ENCODINGS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}
_WITHOUT_COMMENTS = ("MP3",)
SUFFIXES = tuple(_ENCODINGS)
"""Suffixes of the files that can be written."""

READABLE_SUFFIXES = (*SUFFIXES, ".aif", ".aiff", ".au", ".opus", ".oga", ".w64", ".caf")
"""Suffixes that mark a file as sound in a folder; reading goes by content."""

_FULL_SCALE = 2**15
_BLOCK_LENGTH = 2**17


@dataclasses.dataclass(frozen=True)
class FileSound:
    """Sound in a file; a `Sound` of `data.intake.recordings`.

    Attributes:
        path: of the file, of any format that libsndfile knows.
    """

    path: pathlib.Path

    def stamp(self) -> list[int | str]:
        """Returns place, size and times."""
        return fingerprints.stamp(self.path)

    def digest(self) -> str:
        """Returns the SHA-256 of the bytes.

        Raises:
            OSError: they cannot be read.
        """
        return fingerprints.of_file(self.path)

    def open(self) -> contextlib.AbstractContextManager[OpenFile]:
        """Opens it for reading.

        Raises:
            OSError: it cannot be read.
            RejectionError: it is empty, truncated, or no sound.
        """
        return open_audio(self.path)


def is_silent(audio: np.ndarray, silence_db: float) -> bool:
    """Says whether no sample of [sample] in [-1, 1] reaches a level in dB."""
    return float(np.abs(audio).max(initial=0.0)) < 10 ** (silence_db / 20)


def mix(block: np.ndarray) -> np.ndarray:
    """[sample, channel] -> [sample], the mean, faster than that over an axis."""
    return functools.reduce(operator.add, block.T) / np.float32(block.shape[1])


def to_int16(audio: np.ndarray) -> np.ndarray:
    """Rounds sound in [-1, 1] to 16 bits; what is louder is clipped."""
    scaled = np.round(np.asarray(audio, np.float64) * _FULL_SCALE)
    return np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)


def check_output(path: str | os.PathLike) -> None:
    """Checks that sound could be written to a path, before any is made.

    Raises:
        ValueError: the suffix is of no format that can be written.
        OSError: as `whole_files.check_output`.
    """
    path = pathlib.Path(path)
    whole_files.check_output(path)
    if path.suffix.lower() not in _ENCODINGS:
        raise ValueError(
            f"{path.name} ends in {path.suffix or 'no suffix'!r}; sound is written as "
            f"{', '.join(SUFFIXES)}"
        )


def write_audio(
    path: str | os.PathLike, audio: np.ndarray, sample_rate: int, *, comment: str = ""
) -> None:
    """Writes mono sound; the suffix decides on the format.

    WAV and FLAC hold exactly the given samples, rounded to 16 bits; OGG and MP3 are
    lossy. A file of that name is replaced.

    Args:
        path: file to write.
        audio: [sample] in [-1, 1]; what is louder is clipped.
        sample_rate: samples a second.
        comment: kept in the file, where its format has comments.

    Raises:
        ValueError: the sound has another shape or is not finite, or the suffix is of no
            format that can be written.
        OSError: the path is a folder, or its folder is missing or cannot be written.
    """
    path = pathlib.Path(path)
    check_output(path)
    content = encode_audio(audio, sample_rate, path.suffix, comment=comment)
    whole_files.write(path, content)


def read_comment(path: pathlib.Path) -> str:
    """Returns the comment of a file of sound; of one without, nothing.

    Raises:
        ValueError: it is no sound.
    """
    try:
        with soundfile.SoundFile(path) as file:
            return file.comment
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"{path} is broken or no audio: {plain_reason(error)}"
        ) from None


def encode_audio(
    audio: np.ndarray, sample_rate: int, suffix: str, *, comment: str = ""
) -> bytes:
    """Returns the content of a file of this suffix; see `write_audio`."""
    audio = np.asarray(audio)
    if audio.ndim != 1 or not np.isfinite(audio).all():
        raise ValueError(
            f"sound to write must be finite and [sample], not {list(audio.shape)}"
            f"{'' if np.isfinite(audio).all() else ' with infinities or NaNs'}"
        )
    content = io.BytesIO()
    container, encoding = _ENCODINGS[suffix.lower()]
    try:
        with soundfile.SoundFile(
            content, "w", sample_rate, 1, format=container, subtype=encoding
        ) as file:
            if comment and container not in _WITHOUT_COMMENTS:
                file.comment = comment
            # Given minutes at once, libsndfile's Vorbis overflows the stack.
            for start in range(0, len(audio), _BLOCK_LENGTH):
                file.write(to_int16(audio[start : start + _BLOCK_LENGTH]))
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"sound of {sample_rate} Hz cannot be written as {suffix}: "
            f"{plain_reason(error)}"
        ) from None
    return content.getvalue()
