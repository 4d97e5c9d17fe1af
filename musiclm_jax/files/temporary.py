"""Folders that end with the command, whatever ends it."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Waits until nobody holds the other end of its input: the command has ended, and what
# it started a moment later.
_WATCH = 'cat > /dev/null; [ -e "$0" ] || exit 0; sleep 2; exec rm -rf "$0"'


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Gives a new folder, and removes it at the end; of a process that is killed, too.

    A shell that does nothing but wait removes it then.
    """
    place = Path(tempfile.mkdtemp(prefix="musiclm-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        with contextlib.suppress(OSError):
            watcher = subprocess.Popen(
                ["/bin/sh", "-c", _WATCH, str(place)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # No signal to the command's group is meant for it.
                start_new_session=True,
            )
            stack.callback(watcher.wait)
            stack.callback(watcher.stdin.close)
            # First of all, so that it finds nothing left to do.
            stack.callback(shutil.rmtree, place, ignore_errors=True)
        yield place
