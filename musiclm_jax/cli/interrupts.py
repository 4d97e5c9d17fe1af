"""Ctrl-C that is obeyed at once.

Python obeys it when it is back from compiled code; compiling a network can keep it
there for many seconds.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

EXIT_STOPPED = 128 + signal.SIGINT  # as shells count it
STOPPED = "musiclm: stopped"


@contextlib.contextmanager
def end_at_once() -> Iterator[None]:
    """Ends the process on Ctrl-C; for stretches that leave nothing behind."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Signals are the main thread's.
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    watcher = threading.Thread(target=_watch, args=(reader,), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writer)
        watcher.join()
        os.close(reader)


def _watch(reader: int) -> None:
    """Waits for the number of a signal, or for the end of the pipe."""
    while received := os.read(reader, 1):
        if received[0] == signal.SIGINT:
            clear = "\r\x1b[K" if sys.stderr.isatty() else ""
            os.write(2, f"{clear}{STOPPED}\n".encode())
            os._exit(EXIT_STOPPED)
