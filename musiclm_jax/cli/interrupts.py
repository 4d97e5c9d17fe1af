"""Ctrl-C, SIGTERM and SIGHUP: obeyed soon, whatever a command is doing.

Python obeys them when it is back from compiled code; compiling a network can keep it
there for many seconds.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from musiclm_jax.files import whole_files

EXIT_STOPPED = 128 + signal.SIGINT  # as shells count it
STOPPED = "musiclm: stopped"
_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Until what has not ended by itself is ended.
_GRACE_SECONDS = 2.0


class Stopped(KeyboardInterrupt):
    """Ctrl-C, or another signal that ends a command as that does."""

    def __init__(self, number: int):
        """Keeps the signal's number."""
        super().__init__()
        self.number = number


def exit_status(error: KeyboardInterrupt) -> int:
    """Returns the status of a command that a signal ended, as shells count it."""
    return 128 + getattr(error, "number", signal.SIGINT)


@contextlib.contextmanager
def obeyed() -> Iterator[None]:
    """Has signals raise `Stopped`, and ends the process where that takes too long.

    While a library is loaded, they end it at once.

    What is ignored, as under nohup, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Signals are the main thread's.
        return
    before, received = {}, []

    def stop(number: int, frame: FrameType | None) -> None:
        if _is_loading(frame):
            # A library in C may not outlive what is raised while it is loaded.
            _end(number)
        received.append(number)
        raise Stopped(number)

    for number in _NUMBERS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            before[number] = signal.signal(number, stop)
    told, sys.unraisablehook = sys.unraisablehook, _tell_but_signals
    try:
        with _watched(_GRACE_SECONDS):
            yield
    except Exception:
        # What a library makes of a signal that came while it was loaded.
        if received:
            raise Stopped(received[0]) from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = told


@contextlib.contextmanager
def end_at_once() -> Iterator[None]:
    """Ends the process on these signals; for stretches that leave nothing behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with _watched(0.0):
        yield


def _is_loading(frame: FrameType | None) -> bool:
    """Whether somebody who waits for this frame imports something."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _end(number: int) -> NoReturn:
    """Ends the process, and leaves nothing behind."""
    whole_files.abandon()
    clear = "\r\x1b[K" if sys.stderr and sys.stderr.isatty() else ""
    with contextlib.suppress(OSError):
        os.write(2, f"{clear}{STOPPED}\n".encode())
    os._exit(128 + number)


def _tell_but_signals(unraisable: "sys.UnraisableHookArgs") -> None:
    """Says nothing of a signal that came while a library was called back.

    Nobody can end the command from there; who watches does, a little later.
    """
    if not isinstance(unraisable.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)


@contextlib.contextmanager
def _watched(grace_seconds: float) -> Iterator[None]:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    ended = threading.Event()
    watcher = threading.Thread(
        target=_watch, args=(reader, grace_seconds, ended), daemon=True
    )
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        ended.set()
        os.close(writer)
        watcher.join()


def _watch(reader: int, grace_seconds: float, ended: threading.Event) -> None:
    """Waits for the number of a signal, or for the end of the pipe."""
    try:
        while received := os.read(reader, 1):
            if received[0] in _NUMBERS and not ended.wait(grace_seconds):
                _end(received[0])
    finally:
        os.close(reader)
