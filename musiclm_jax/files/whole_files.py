"""Files and folders that appear whole, by rename; files are read whole or not."""

import contextlib
import errno
import fcntl
import glob
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path

_SUFFIX = ".tmp"
# Letters between the name of a file and that.
_DRAWN = 16


# What this process is writing at the moment; and where libraries do that draw the names
# themselves: folder and pattern.
_unfinished: set[Path] = set()
_of_libraries: set[tuple[Path, str]] = set()


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


def appearing(path: Path) -> contextlib.AbstractContextManager[Path]:
    """Gives an empty file beside `path`, which becomes `path` in one move.

    It takes the place of a file that is there.
    """
    return _appearing(path, _new_file)


def folder_appearing(path: Path) -> contextlib.AbstractContextManager[Path]:
    """Gives an empty folder beside `path`; see `appearing`.

    It takes the place of an empty folder alone.
    """
    return _appearing(path, _new_folder)


@contextlib.contextmanager
def _appearing(path: Path, new: Callable[[Path], int]) -> Iterator[Path]:
    # Of a writer of this file that was killed.
    sweep(path.parent, of=path.name)
    temporary = _beside(path)
    _unfinished.add(temporary)
    try:
        with naming(path, temporary), _held(new(temporary)):
            yield temporary
            # In this order: what a name leads to survives a loss of power.
            onto_disk(temporary)
            os.replace(temporary, path)
            sync(path.parent)
    except FileNotFoundError:
        # Swept away, since another writer's is there, which has to do.
        if temporary.exists() or not path.exists():
            raise
    finally:
        _remove(temporary)
        _unfinished.discard(temporary)


def _new_file(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)


def _new_folder(path: Path) -> int:
    path.mkdir()
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY)


@contextlib.contextmanager
def _held(place: int) -> Iterator[None]:
    """Holds what is being written; whatever ends this process lets go of it."""
    try:
        # Some file systems of networks cannot: there nothing is ever swept.
        with contextlib.suppress(OSError):
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(place)


@contextlib.contextmanager
def written_by_a_library(folder: Path, pattern: str) -> Iterator[None]:
    """Has `abandon` remove what a library has not finished.

    Args:
        folder: that nobody else writes to.
        pattern: of what has another name in the end.
    """
    _of_libraries.add((folder, pattern))
    try:
        yield
    finally:
        _of_libraries.discard((folder, pattern))


def abandon() -> None:
    """Removes what this process has not finished, where it ends at once."""
    found = [path for place, name in list(_of_libraries) for path in place.glob(name)]
    for temporary in [*_unfinished, *found]:
        with contextlib.suppress(OSError):
            _remove(temporary)


def _beside(path: Path) -> Path:
    # Drawn, for two hosts of one folder may have the same process id.
    return path.with_name(f".{path.name}.{secrets.token_hex(_DRAWN // 2)}{_SUFFIX}")


def _remove(temporary: Path) -> None:
    if temporary.is_dir():
        # Who wrote there may be removing it at the same time.
        shutil.rmtree(temporary, ignore_errors=True)
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Makes a folder, and those above it; their names survive a loss of power.

    Raises:
        NotADirectoryError: a file is in the way.
    """
    if folder.is_dir():
        return
    if folder.exists():
        raise NotADirectoryError(f"{folder} is a file, not a folder")
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def onto_disk(path: Path) -> None:
    """Returns when a file, or a folder with all in it, would survive a power cut."""
    for each in sorted(path.rglob("*")) if path.is_dir() else ():
        sync(each)
    sync(path)


def sync(path: Path) -> None:
    """Returns when a file's content, or a folder's names, survive a loss of power."""
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


def sweep(folder: Path, *, of: str = "*") -> None:
    """Removes what writers that were killed left of a file, or of all.

    Args:
        folder: in which the files are, or would be.
        of: name of the file.
    """
    name = of if of == "*" else glob.escape(of)
    for temporary in folder.glob(f".{name}.{'[0-9a-f]' * _DRAWN}{_SUFFIX}"):
        with contextlib.suppress(OSError):
            place = os.open(temporary, os.O_RDONLY)
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(temporary)
            finally:
                os.close(place)


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
