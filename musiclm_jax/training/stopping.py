"""When a training ends: steps, minutes, or a signal."""

import signal
import threading
import time
from types import FrameType

import jax
import numpy as np
from jax.experimental import multihost_utils

# Below the numbers of all signals, of which SIGHUP's is 1: they outweigh the clock.
GO_ON = -1
TIME_IS_OVER = 0


class Interrupted(SystemExit):
    """A signal ended the training; its state is saved.

    A `SystemExit` with the shell's code for the signal, so that a caller who does
    nothing about it ends with that code and a launcher knows to start again.
    """

    def __init__(self, number: int, step: int) -> None:
        super().__init__(128 + number)
        self.signal_number = number
        self.step = step


class Signals:
    """Context in which Ctrl-C, SIGTERM and SIGHUP are remembered instead of obeyed.

    A second Ctrl-C is obeyed at once. What is ignored, as under nohup, stays so.
    """

    _numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        """Nothing was received."""
        self.received: int | None = None
        self._previous: dict[int, object] = {}

    def _remember(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.received is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = number

    def __enter__(self) -> "Signals":
        # Python lets only the main thread set handlers; elsewhere signals are not
        # ours to take.
        if threading.current_thread() is threading.main_thread():
            for number in self._numbers:
                if number == signal.SIGHUP and _is_ignored(number):
                    continue
                self._previous[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)


def _is_ignored(number: int) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


class Clock:
    """Wall time of a run over all its calls, against a budget."""

    def __init__(self, *, minutes: float | None) -> None:
        """Starts counting.

        Args:
            minutes: the budget of all calls together, or None for no limit.
        """
        if minutes is not None and not minutes > 0.0:
            raise ValueError(f"minutes must be positive, got {minutes}")
        self._earlier = 0.0
        self._start = time.monotonic()
        self._budget = None if minutes is None else 60.0 * minutes

    def add(self, seconds: float) -> None:
        """Adds what earlier calls used."""
        self._earlier += seconds

    @property
    def used_seconds(self) -> float:
        """Seconds used so far."""
        return self._earlier + time.monotonic() - self._start

    @property
    def is_over(self) -> bool:
        """Whether the budget is used up."""
        return self._budget is not None and self.used_seconds >= self._budget

    @property
    def left_seconds(self) -> float | None:
        """Seconds left, or None without a budget."""
        return None if self._budget is None else self._budget - self.used_seconds


def agreed_stop(signals: Signals, clock: Clock) -> int:
    """Why to stop, the same on all processes.

    Returns:
        `GO_ON`, `TIME_IS_OVER`, or the number of the signal that any process received.
    """
    reason = signals.received or (TIME_IS_OVER if clock.is_over else GO_ON)
    if jax.process_count() == 1:
        return reason
    return int(np.max(multihost_utils.process_allgather(np.int32(reason))))
