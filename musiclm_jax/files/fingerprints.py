"""What tells whether a thing is still what something else was made from."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any


def of(value: Any) -> str:
    """Returns a hash of a JSON value, in hexadecimal; of tables, whatever their order.

    Names of files may hold bytes that are no text.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def of_file(path: str | os.PathLike) -> str:
    """Returns the hash of a file's content, wherever it lies.

    Raises:
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stamp(path: str | os.PathLike) -> list[int | str]:
    """Returns what changes when a file does, told without reading it.

    The time of its last change is that of the system, which nobody sets back.
    """
    try:
        found = os.stat(path)
    except OSError as error:
        return [os.path.realpath(path), error.errno or 0]
    return [
        os.path.realpath(path),
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
        found.st_ino,
    ]
