"""What can be wrong with a checkpoint, in one sentence each.

Orbax and TensorStore raise whatever their layers raise, so the two contexts of this
file catch all of it, and nothing else of a run happens inside them.
"""

import contextlib
import difflib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax

# What of a long difference is shown.
_SHOWN_LEAVES = 3
_SHOWN_LINES = 6
_SHOWN_CHARACTERS = 160


@contextlib.contextmanager
def naming_damage(folder: Path, earlier: Sequence[int]) -> Iterator[None]:
    """Turns what is raised while a checkpoint is read into one sentence.

    Args:
        folder: of the checkpoint.
        earlier: steps of the checkpoints before it.

    Raises:
        ValueError: whatever went wrong inside.
    """
    try:
        yield
    except Exception as error:
        remedy = f"go on from step {max(earlier)}" if earlier else "start anew"
        raise ValueError(
            f"checkpoint {folder} is damaged or cut short ({_reason(error)}): remove "
            f"that folder to {remedy}"
        ) from error


@contextlib.contextmanager
def naming_loss(folder: Path) -> Iterator[None]:
    """Turns what is raised over a save, at once or later, into one sentence.

    Args:
        folder: of all checkpoints of the run.

    Raises:
        OSError: whatever went wrong inside, but for the end of another process.
    """
    try:
        yield
    except Exception as error:
        if is_lost_process(error):
            raise
        raise OSError(
            f"a checkpoint could not be written to {folder} ({_reason(error)}); those "
            "before it are as they were"
        ) from error


def is_lost_process(error: object) -> bool:
    """Whether one of several processes has met the end of another."""
    return jax.process_count() > 1 and isinstance(error, jax.errors.JaxRuntimeError)


def check_same_model(
    run: Path,
    stored: dict[str, Any],
    expected: dict[str, Any],
    *,
    saved_config: str,
    config: str,
) -> None:
    """Compares the arrays of a checkpoint with those of the state to fill.

    Args:
        run: folder of the run.
        stored: path in the state -> what has a shape and a dtype.
        expected: likewise.
        saved_config: text of the config that the run was started with.
        config: text of the present one.

    Raises:
        ValueError: they differ; which do, and how the configs differ.
    """
    there = {name: _describe(leaf) for name, leaf in stored.items()}
    here = {name: _describe(leaf) for name, leaf in expected.items()}
    differing = [
        f"{name} is {there.get(name, 'absent')} there and "
        f"{here.get(name, 'absent')} here"
        for name in sorted(there.keys() | here.keys())
        if there.get(name) != here.get(name)
    ]
    if not differing:
        return
    shown = "; ".join(differing[:_SHOWN_LEAVES])
    rest = len(differing) - _SHOWN_LEAVES
    more = f" (and {rest} more)" if rest > 0 else ""
    raise ValueError(
        f"{run} holds a run of another model: {shown}{more}"
        f"{_config_difference(saved_config, config)}; choose another model_dir, or the "
        "config that the run was started with"
    )


def _describe(leaf: Any) -> str:
    return f"{leaf.dtype}{list(leaf.shape)}"


def _reason(error: Exception) -> str:
    """What Orbax means, in one line: the system's word if it was the system."""
    error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    text = str(error).strip()
    # How its writer in C++ passes on what the system said.
    number = re.search(r"os_error_code='(\d+)'", text)
    if number or (isinstance(error, OSError) and error.errno):
        return os.strerror(int(number[1]) if number else error.errno)
    return f"{type(error).__name__}: {text.partition(chr(10))[0][:_SHOWN_CHARACTERS]}"


def _config_difference(saved: str, present: str) -> str:
    """The first lines in which two configs differ, in one line, or nothing."""
    lines = [
        line
        for line in difflib.ndiff(saved.splitlines(), present.splitlines())
        if line[:2] in ("- ", "+ ") and line[2:].strip()
    ]
    if not saved or not present or not lines:
        return ""
    return ". Config (- there, + here): " + " | ".join(lines[:_SHOWN_LINES])
