"""Files of records in array_record's format, which appear whole."""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from array_record.python import array_record_module

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
