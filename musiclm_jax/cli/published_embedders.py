"""`--embedder NAME=WEIGHTS`: published networks that FAD is measured with too."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Adds the flag."""
    parser.add_argument(
        "--embedder",
        action="append",
        default=[],
        metavar="NAME=WEIGHTS",
        help="a published network (vggish, cnn14) that FAD is measured with too, and "
        "the file or prefix of its weights; may be repeated",
    )


def check(options: argparse.Namespace) -> None:
    """Judges the flags before anything is loaded.

    Raises:
        ValueError: no such network, or no weights are named.
    """
    for given in options.embedder:
        _told(given)


def load(options: argparse.Namespace) -> tuple[Any, ...]:
    """Reads the weights of all that are asked for.

    Raises:
        OSError: there are none, or they cannot be read.
        ValueError: they are damaged or of another network, or given twice.
    """
    told = [_told(given) for given in options.embedder]
    found = tuple(read(path) for read, path in told)
    names = [embedder.name for embedder in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(
                f"--embedder is given twice with the same weights ({name})"
            )
    return found


def _told(given: str) -> tuple[Callable[[Path], Any], Path]:
    from musiclm_jax.evaluation.published_networks import cnn14, vggish

    readers = {"vggish": vggish.load, "cnn14": cnn14.load}
    name, _, path = given.partition("=")
    if name not in readers or not path:
        raise ValueError(
            f"--embedder is {given!r}; it must be NAME=WEIGHTS, with one of these "
            f"names: {', '.join(readers)}"
        )
    return readers[name], Path(path).expanduser()
