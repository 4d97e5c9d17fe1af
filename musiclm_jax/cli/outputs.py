"""Files that are in the way of what a verb writes: replaced where that is asked for."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `check_free` reads."""
    parser.add_argument(
        "--overwrite", action="store_true", help="replace a file that is in the way"
    )


def numbered(output: Path, count: int) -> list[Path]:
    """Returns the file of each piece: `out-1.wav` and so on, `out.wav` of one."""
    if count == 1:
        return [output]
    return [
        output.with_name(f"{output.stem}-{number + 1}{output.suffix}")
        for number in range(count)
    ]


def check_free(path: Path, flag: str, options: argparse.Namespace) -> None:
    """Checks that a file may be written.

    Args:
        path: the file.
        flag: without its dashes, that chooses another.
        options: of the verb.

    Raises:
        FileExistsError: one is there, and is to be kept.
    """
    if path.exists() and not options.overwrite:
        raise FileExistsError(
            f"{path} is in the way: choose another --{flag}, or give --overwrite"
        )
