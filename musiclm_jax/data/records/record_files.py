"""Files of records in array_record's format, which appear whole."""

import bisect
import contextlib
import errno
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from array_record.python import array_record_module
from array_record.python.array_record_data_source import ArrayRecordDataSource

from musiclm_jax.files import whole_files


def write_records(path: Path, records: Iterable[bytes], *, is_compressed: bool) -> int:
    """Writes a file of records; one of that name is replaced.

    Args:
        path: of the file.
        records: taken one by one.
        is_compressed: whether each record is. Of sound that saves little, and takes
            most of the time of reading.

    Returns:
        The number of records.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    # One record a group, for they are read at random.
    options = "group_size:1" if is_compressed else "group_size:1,uncompressed"
    count = 0
    with whole_files.appearing(path) as temporary:
        with _system_errors():
            writer = array_record_module.ArrayRecordWriter(str(temporary), options)
        for record in records:
            with _system_errors():
                writer.write(record)
            count += 1
        with _system_errors():
            writer.close()
    return count


class Records(Sequence[bytes]):
    """Random access to the records of several files, one behind the other.

    A file that is damaged is named, when it is opened or when a record is read.
    """

    def __init__(self, paths: Iterable[str | os.PathLike]):
        """Opens the files.

        Raises:
            FileNotFoundError: one is missing.
            ValueError: one is damaged or cut short.
        """
        self._paths = [Path(path) for path in paths]
        self._files = [_open(path) for path in self._paths]
        self._ends = list(itertools.accumulate(map(len, self._files)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, index: int) -> bytes:
        if not 0 <= index < len(self):
            raise IndexError(f"record {index} of {len(self)}")
        number = bisect.bisect_right(self._ends, index)
        place = index - (self._ends[number - 1] if number else 0)
        with naming_damage(self.path_of(index)):
            return self._files[number][place]

    def path_of(self, index: int) -> Path:
        """Returns the file that holds a record."""
        return self._paths[bisect.bisect_right(self._ends, index)]


@contextlib.contextmanager
def naming_damage(path: Path) -> Iterator[None]:
    """Turns what is raised while records of a file are read into one sentence.

    Raises:
        ValueError: whatever went wrong inside.
    """
    try:
        yield
    except Exception as error:  # The reader raises whatever its layers raise.
        raise ValueError(
            f"{path} is damaged or cut short: restore it, or make it again"
        ) from error


def _open(path: Path) -> ArrayRecordDataSource:
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    with naming_damage(path):
        return ArrayRecordDataSource([str(path)])


@contextlib.contextmanager
def _system_errors() -> Iterator[None]:
    """Turns what the writer raises into what Python raises for the same."""
    try:
        yield
    except RuntimeError as error:
        full = os.strerror(errno.ENOSPC)
        if full in str(error):
            raise OSError(errno.ENOSPC, full) from None
        raise OSError(str(error)) from error
