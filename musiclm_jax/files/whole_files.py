"""Files and folders that appear whole, by rename; files are read whole or not."""

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

_SUFFIX = ".tmp"


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Adds the path to an error of the system: a full disk does not say which file."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.filename = error.filename or str(path)
        raise


@contextlib.contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Gives a name beside `path`; what is written there becomes `path` in one move.

    A file takes the place of one that is there, a folder only that of an empty one.
    """
    # Drawn, for two hosts of one folder may have the same process id.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_SUFFIX}")
    try:
        with naming(path):
            yield temporary
            os.replace(temporary, path)
    except FileNotFoundError:
        # Swept away, since another writer's is there, which has to do.
        if temporary.exists() or not path.exists():
            raise
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        temporary.unlink(missing_ok=True)


def check_output(path: Path) -> None:
    """Checks that a file could be written to a path, before any is made.

    Raises:
        FileNotFoundError: the folder does not exist.
        IsADirectoryError: the path is a folder.
        NotADirectoryError: what should be the folder is a file.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give the name of a file in it")
    if not path.parent.exists():
        raise FileNotFoundError(f"the folder {path.parent} does not exist")
    if not path.parent.is_dir():
        raise NotADirectoryError(f"{path.parent} is a file, not a folder")


def write(path: Path, data: bytes) -> None:
    """Writes a file in one move: a reader sees all of it, or what was there before."""
    with appearing(path) as temporary:
        temporary.write_bytes(data)


def sweep(folder: Path) -> None:
    """Removes what writers that were killed left of files that are there by now.

    For folders in which all writers of a file write the same.
    """
    for temporary in folder.glob(f".*{_SUFFIX}"):
        name = temporary.name.removeprefix(".").rsplit(".", 2)[0]
        if (folder / name).exists():
            temporary.unlink(missing_ok=True)


def read(path: Path, *, size: int, sha256: str) -> bytes:
    """Reads a file of known content.

    Args:
        path: the file.
        size: in bytes.
        sha256: hash of its content, in hexadecimal.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the content is another one.
    """
    with checked_beside(path, size=size, sha256=sha256) as data:
        return data


@contextlib.contextmanager
def checked_beside(path: Path, *, size: int, sha256: str) -> Iterator[bytes]:
    """Gives the content of a file, whose hash is computed meanwhile; see `read`.

    Raises:
        ValueError: at the end, and in the place of all that was raised over it: the
            content is another one.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: the model is not whole")
    data = path.read_bytes()
    if len(data) != size:
        raise ValueError(f"{path} is damaged: {len(data)} bytes, and {size} are right")
    with futures.ThreadPoolExecutor(1) as beside:
        digest = beside.submit(lambda: hashlib.sha256(data).hexdigest())
        try:
            yield data
        finally:
            if digest.result() != sha256:
                raise ValueError(
                    f"{path} is damaged: its content does not match its hash"
                ) from None
