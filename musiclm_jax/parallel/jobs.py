"""Work in pieces that each leave one file, whole or not at all.

What was done is what is there: work that was killed goes on where it stopped, and the
result does not depend on who did which piece, where, or in what order.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from concurrent.futures import process
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Protocol

from musiclm_jax.files import whole_files
from musiclm_jax.files.ranges import Range

Progress = Callable[[int, int], None]
"""Is told how many pieces are done, of how many."""


class Job(Protocol):
    """A piece of work; it can be sent to another process.

    Attributes:
        output: the file that is there if, and only if, the piece is done.
    """

    output: Path

    def run(self) -> None:
        """Makes the file."""
        ...


class Runner(Protocol):
    """Somewhere that work is done."""

    def run(self, jobs: Sequence[Job], progress: Progress) -> None:
        """Does what is not done yet, and returns when all is.

        Raises:
            Exception: the first that a piece raised.
        """
        ...


class Here:
    """Does one piece after another in this process, which owns the devices."""

    def run(self, jobs: Sequence[Job], progress: Progress) -> None:
        """Does what is not done yet, and returns when all is."""
        for count, job in enumerate(jobs):
            progress(count, len(jobs))
            if not job.output.exists():
                job.run()
        progress(len(jobs), len(jobs))


class Processes:
    """Shares the pieces among processes of this machine."""

    def __init__(self, num_processes: int):
        """Starts nothing yet.

        Args:
            num_processes: that work at once.
        """
        Range(kind=int, low=1, high=4096).check("processes", num_processes)
        self._num_processes = num_processes

    def run(self, jobs: Sequence[Job], progress: Progress) -> None:
        """Does what is not done yet, and returns when all is.

        Raises:
            ValueError: a process died, as by lack of memory.
            Exception: the first that a piece raised; pieces that others have begun are
                finished first.
        """
        waiting = [job for job in jobs if not job.output.exists()]
        done = len(jobs) - len(waiting)
        progress(done, len(jobs))
        # Not forked: a copy of a process with threads may wait for ever.
        context = multiprocessing.get_context("spawn")
        _start_tracker()
        with futures.ProcessPoolExecutor(
            self._num_processes, context, initializer=_end_with_the_parent
        ) as pool:
            with _ctrl_c_waits():
                begun = {pool.submit(job.run): job for job in waiting}
            try:
                for future in futures.as_completed(begun):
                    future.result()
                    done += 1
                    progress(done, len(jobs))
            except process.BrokenProcessPool:
                raise ValueError(
                    f"a process that worked on {begun[future].output.name} or on "
                    "another piece died, perhaps for lack of memory"
                ) from None
            finally:
                pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Keeps Ctrl-C for later, also in processes that are started meanwhile.

    There it would come before `_end_with_the_parent` is heard of, and leave a trace.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_tracker() -> None:
    """Starts Python's own process that frees semaphores, as one that ignores hangups.

    It ends with this one anyway, and one that a terminal ended before would be missed.
    """
    if threading.current_thread() is not threading.main_thread():
        resource_tracker.ensure_running()
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        resource_tracker.ensure_running()
    finally:
        signal.signal(signal.SIGHUP, before)


def _end_with_the_parent() -> None:
    """Lets Ctrl-C, which reaches every process of a terminal, end one in silence.

    In the background, where shells let it be ignored, it is. And whatever ends the
    process that shares out the work ends this one: nobody would take its result.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = multiprocessing.parent_process()
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: "multiprocessing.process.ParentProcess") -> None:
    parent.join()
    whole_files.abandon()
    os._exit(1)
