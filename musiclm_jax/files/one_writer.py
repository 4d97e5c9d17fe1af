"""One writer a folder: who writes holds it, and the system lets go when it ends."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from musiclm_jax.files import whole_files


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[Path]:
    """Holds a folder for this process, and nothing is left behind, however it ends.

    Some file systems of networks cannot hold folders: there nobody is told.

    Args:
        folder: made if it is not there, and given back.

    Raises:
        ValueError: another process holds it.
        OSError: it cannot be made or opened.
    """
    is_new = not folder.exists()
    whole_files.make_folder(folder)
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _hold(place, folder)
        yield folder
    finally:
        os.close(place)
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()  # where nothing came of it


def _hold(place: int, folder: Path) -> None:
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(
            f"{folder} is in use: another process writes there; wait until it is done, "
            "or choose another folder"
        ) from None
    except OSError:
        return  # What cannot be held is used as it is.
