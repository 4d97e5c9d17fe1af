"""Reads a file of sound in blocks, and says in plain words what is wrong with it."""

import contextlib
import os
import pathlib
from collections.abc import Iterator

import numpy as np
import soundfile

from musiclm_jax.data.intake.recordings import RejectionError
from musiclm_jax.data.sound.containers import frames_of, shortage, surplus
from musiclm_jax.data.sound.unsized_mpeg import UnsizedMpeg

_BLOCK_LENGTH = 2**17  # samples of all channels: as many as are quick to work on
_UNKNOWN = 2**62
# Frames of an MPEG file that are not heard: its header, what encoder and decoder put
# before the sound, and what fills the last one.
_NOT_HEARD = 6
_NOTHING_DECODED = 7  # libsndfile's number for files in which it recognises nothing


class _Forward(soundfile.SoundFile):
    """A file that is read from start to end, without a search for the place before.

    libsndfile cannot search in a FLAC file that does not tell its length.
    """

    def seekable(self) -> bool:
        return False


class OpenFile:
    """A file that is being read, from its start on.

    Attributes:
        format: name of the container and encoding, such as "WAV PCM_16".
        sample_rate: in Hz.
        num_channels: of each block.
    """

    def __init__(self, file: soundfile.SoundFile, num_held: int = 0):
        """Reads nothing yet.

        Args:
            file: opened.
            num_held: samples of each channel that its bytes hold at least.
        """
        self._num_held = num_held
        self.format = f"{file.format} {file.subtype}"
        self.sample_rate: int = file.samplerate
        self.num_channels: int = file.channels
        self._file = file

    def blocks(self) -> Iterator[np.ndarray]:
        """Yields [sample, channel] float32, a second or so at a time.

        Raises:
            RejectionError: what follows is damaged or not there.
        """
        num_read = 0
        length = max(1, _BLOCK_LENGTH // self.num_channels)
        while True:
            try:
                block = self._file.read(length, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise self._breaks_off(error, num_read) from None
            num_read += len(block)
            if len(block):
                yield block
            if len(block) < length:
                break
        if num_read < self._num_held:
            raise RejectionError(
                "unreadable",
                f"is broken: its bytes hold {self._num_held / self.sample_rate:.2f} s, "
                f"of which only {num_read / self.sample_rate:.2f} s can be read",
            )
        # The length of MPEG files is an estimate, and some do not tell theirs.
        is_known = self._file.format != "MP3" and self._file.frames < _UNKNOWN
        if is_known and num_read < self._file.frames:
            raise RejectionError(
                "unreadable",
                f"is broken: it has {self._file.frames} samples, but only the first "
                f"{num_read} can be read",
            )

    def _breaks_off(
        self, error: soundfile.LibsndfileError, num_read: int
    ) -> RejectionError:
        """Tells damage inside, behind which there is more, from a missing end."""
        reason = f"is broken or no audio: {plain_reason(error)} after "
        # Containers say what others lack; some FLAC files do not tell their length.
        if self._file.format != "FLAC" or self._file.frames >= _UNKNOWN:
            reason += f"{num_read / self.sample_rate:.2f} s"
            return RejectionError("unreadable", reason)
        reason += f"{self._file.tell() / self.sample_rate:.2f} s of the "
        reason += f"{self._file.frames / self.sample_rate:.2f} s its header promises"
        try:
            with soundfile.SoundFile(self._file.name) as file:
                file.seek(file.frames - 1)
                has_end = len(file.read(1)) == 1
        except soundfile.LibsndfileError:
            has_end = False
        return RejectionError("unreadable" if has_end else "truncated", reason)


@contextlib.contextmanager
def open_audio(path: pathlib.Path) -> Iterator[OpenFile]:
    """Opens a file of any format that libsndfile knows.

    Raises:
        OSError: it cannot be read.
        RejectionError: it is empty, truncated, or no sound.
    """
    if not path.stat().st_size:
        raise RejectionError("empty", "is empty (0 bytes)")
    lack = shortage(path)
    if lack is not None:
        raise RejectionError("truncated", f"is broken, it ends too early: {lack}")
    more = surplus(path)
    if more is not None:
        raise RejectionError("unreadable", f"cannot be read to its end: {more}")
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(_Forward(os.fsencode(path)))
            num_held = 0
            if file.format == "MP3":
                start, num_held = _look_at_frames(path)
                if start is not None:
                    unsized = stack.enter_context(UnsizedMpeg(path, start))
                    file = stack.enter_context(_Forward(unsized))
        except soundfile.LibsndfileError as error:
            reason = f"is broken or no audio: {plain_reason(error)}"
            raise RejectionError("unreadable", reason) from None
        yield OpenFile(file, num_held)


def _look_at_frames(path: pathlib.Path) -> tuple[int | None, int]:
    """Says how an MPEG file is to be read.

    Returns:
        Where to begin, if its length must be hidden: it says none, or too little. And
        the least number of samples that must come of it.

    Raises:
        RejectionError: it cannot be read to its end.
    """
    said, frames = frames_of(path)
    if frames is None:
        return (0 if said is None else None), 0
    if frames.kinds > 1:
        raise RejectionError(
            "unreadable",
            "cannot be read to its end: it changes its rate or its channels on the way",
        )
    mean = frames.samples // frames.count
    held = max(0, frames.samples - _NOT_HEARD * mean)
    if said is None:
        return 0, held
    # The frame that says it is none of them, by most programs.
    if said + 1 < frames.count - 1:
        return frames.second, held
    if said > frames.count + 1:
        raise RejectionError(
            "unreadable",
            f"is broken: it has {frames.count:,} frames, and by its header {said:,}",
        )
    return None, held


def plain_reason(error: soundfile.LibsndfileError) -> str:
    """Returns what libsndfile says, or what it means."""
    if error.code == _NOTHING_DECODED:  # its text speaks of pipes
        return "nothing in it can be decoded"
    text = error.error_string.removeprefix("Error : ").rstrip(".")
    return text or f"libsndfile error {error.code}"


@contextlib.contextmanager
def without_notes() -> Iterator[None]:
    """Keeps libmpg123 from writing what it thinks of damaged files to stderr.

    It knows no other way, and goes past Python. All that this process writes there
    meanwhile is lost, so this is for work that writes nothing.
    """
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
