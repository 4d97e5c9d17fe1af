"""One command as several processes: its flags, and how one leaves the others."""

import argparse
import contextlib
import os
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from musiclm_jax.cli import errors
from musiclm_jax.files import one_writer, whole_files

_WAIT_SECONDS = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that say which process this is."""
    several = parser.add_argument_group(
        "several processes", "found by itself on TPU pods, under SLURM and Open MPI"
    )
    several.add_argument("--coordinator", metavar="HOST:PORT", help="of process 0")
    several.add_argument("--num_processes", type=int, metavar="N")
    several.add_argument("--process_id", type=int, metavar="I", help="from 0")


def are_asked_for(options: argparse.Namespace) -> bool:
    """Whether any of the arguments was given."""
    given = (options.coordinator, options.num_processes, options.process_id)
    return any(value is not None for value in given)


def join(options: argparse.Namespace) -> None:
    """Joins the other processes, if there are others.

    Raises:
        ValueError: flags that cannot be, or somebody has not come in time.
    """
    from musiclm_jax.parallel import hosts

    hosts.join(
        coordinator=options.coordinator,
        num_processes=options.num_processes,
        process_id=options.process_id,
    )


def wait_for(files: Iterable[Path]) -> None:
    """Waits until the processes have made these files, each its share."""
    for path in files:
        while not path.exists():
            time.sleep(_WAIT_SECONDS)


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Holds a folder that all processes of this command write to, made if need be.

    Where nothing came of it, one that is new is removed again.

    Raises:
        ValueError: another command writes there.
    """
    import jax

    if jax.process_index() == 0:
        with one_writer.alone(folder):
            yield
    else:
        whole_files.make_folder(folder)
        yield


@contextlib.contextmanager
def together() -> Iterator[None]:
    """Does work of which several processes do their shares.

    Raises:
        Exception: what the work raised, where this is the only process; one of several
            ends at once.
    """
    import jax

    try:
        yield
    except (ValueError, OSError, jax.errors.JaxRuntimeError) as error:
        if jax.process_count() > 1:
            leave(error)
        raise


def leave(error: Exception) -> NoReturn:
    """Ends one of several processes at once.

    JAX and Orbax would wait for the others at the exit, and those for this one.
    """
    import jax

    if errors.are_traces_asked_for():
        traceback.print_exception(error)
    status = errors.EXIT_ERROR
    if isinstance(error, jax.errors.JaxRuntimeError):
        status = 1
        first = str(error).strip().partition("\n")[0]
        error = RuntimeError(
            f"process {jax.process_index()} of {jax.process_count()} has lost another "
            f"one, or a device ({first}): start all of them again, and they go on from "
            "what was saved last"
        )
    errors.say(error)
    os._exit(status)
