"""MPEG files that do not say how long they are, such as many of variable bitrate.

Their length would be guessed by the bitrate of the first frame, and nothing be read
beyond: of a tune with a loud start, perhaps less than half. Here the end seems to be so
far away that no guess falls short, and reading goes on to where the bytes end.
"""

import io
import os

_FAR = 2**40
_ID3_LENGTH = 128
_APE_LENGTH = 32


class UnsizedMpeg(io.RawIOBase):
    """A file whose end, by all seeking, is far behind the last byte of sound."""

    def __init__(self, path: str | os.PathLike, start: int = 0):
        """Opens it; tags at the end, which a decoder stumbles over, are hidden.

        Args:
            path: of the file.
            start: byte that it seems to begin at.
        """
        self._file = io.FileIO(path)
        self._start = self._file.seek(start)
        self._end = _end_of_sound(self._file)
        self._far_place: int | None = None

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        super().close()

    def readable(self) -> bool:
        """Says that it can be read."""
        return True

    def seekable(self) -> bool:
        """Says that it can be read from any place."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to a place, perhaps one that is not there."""
        if whence == os.SEEK_CUR:
            offset += self.tell()
        elif whence == os.SEEK_END:
            offset += _FAR
        self._far_place = offset if offset > _FAR // 2 else None
        if self._far_place is None:
            self._file.seek(self._start + offset)
        return offset

    def tell(self) -> int:
        """Returns the place."""
        if self._far_place is not None:
            return self._far_place
        return self._file.tell() - self._start

    def readinto(self, buffer: memoryview) -> int:
        """Reads bytes of the sound; far behind it lie zeros, where tags are looked for.

        Returns:
            The number of bytes.
        """
        if self._far_place is not None:
            buffer[:] = bytes(len(buffer))
            return len(buffer)
        length = max(0, min(len(buffer), self._end - self._file.tell()))
        data = self._file.read(length)
        buffer[: len(data)] = data
        return len(data)


def _end_of_sound(file: io.FileIO) -> int:
    """Returns where the tags begin that lie behind the sound."""
    end = os.fstat(file.fileno()).st_size
    while True:
        start = end
        if _read(file, end - _ID3_LENGTH, 3) == b"TAG":
            start = end - _ID3_LENGTH
        footer = _read(file, end - _APE_LENGTH, _APE_LENGTH)
        if footer[:8] == b"APETAGEX":  # its length is without that of its own head
            start = end - int.from_bytes(footer[12:16], "little")
            start -= _APE_LENGTH * (footer[23] >> 7)
        if not 0 < start < end:
            return end
        end = start


def _read(file: io.FileIO, start: int, length: int) -> bytes:
    return os.pread(file.fileno(), length, start) if start > 0 else b""
