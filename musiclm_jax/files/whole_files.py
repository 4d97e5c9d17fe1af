"""Files and folders that appear whole, by rename; files are read whole or not."""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

_SUFFIX = ".tmp"


# What this process is writing at the moment.
_unfinished: set[Path] = set()


@contextlib.contextmanager
def naming(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Adds the path to an error of the system: a full disk does not say which file.

    Nor does it say what somebody wrote where it is another name that is written to.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(temporary)):
            error.filename, error.filename2 = str(path), None
        raise


@contextlib.contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Gives a name beside `path`; what is written there becomes `path` in one move.

    A file takes the place of one that is there, a folder only that of an empty one.
    """
    temporary = _beside(path)
    _unfinished.add(temporary)
    try:
        with naming(path, temporary):
            yield temporary
            # In this order: what a name leads to survives a loss of power.
            _onto_disk(temporary)
            os.replace(temporary, path)
            _sync(path.parent)
    except FileNotFoundError:
        # Swept away, since another writer's is there, which has to do.
        if temporary.exists() or not path.exists():
            raise
    finally:
        _remove(temporary)
        _unfinished.discard(temporary)


def abandon() -> None:
    """Removes what this process has not finished, where it ends at once."""
    for temporary in list(_unfinished):
        with contextlib.suppress(OSError):
            _remove(temporary)


def _beside(path: Path) -> Path:
    # Drawn, for two hosts of one folder may have the same process id.
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}{_SUFFIX}")


def _remove(temporary: Path) -> None:
    if temporary.is_dir():
        shutil.rmtree(temporary)
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


def _onto_disk(path: Path) -> None:
    for each in sorted(path.rglob("*")) if path.is_dir() else ():
        _sync(each)
    _sync(path)


def _sync(path: Path) -> None:
    place = os.open(path, os.O_RDONLY)
    try:
        os.fsync(place)
    except OSError as error:
        # Some file systems of networks cannot do it for folders.
        if not path.is_dir() or error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(place)


def check_output(path: Path) -> None:
    """Checks that a file can be written to a path, by trying, before any is made.

    Raises:
        OSError: it cannot; the system's word, such as on names that are too long.
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
    _try(path)


def check_folder(folder: Path) -> None:
    """Checks that a folder can be written to, or made, by trying.

    Raises:
        NotADirectoryError: a file is in its place, or in that of a folder above it.
        OSError: it cannot.
    """
    above = folder.absolute()
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise NotADirectoryError(f"{above} is a file, not a folder")
    with naming(folder):
        _try(above / (folder.name or "folder"))


def _try(path: Path) -> None:
    temporary = _beside(path)
    with naming(path, temporary):
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        temporary.unlink()


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
