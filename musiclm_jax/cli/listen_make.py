"""`musiclm listen make`: a page that plays pieces of several systems in pairs.

What listeners get says nothing of the systems; the key that does lies apart.
"""

import argparse
import math
import sys
from pathlib import Path

from musiclm_jax.files import whole_files
from musiclm_jax.files.ranges import Range

# MusicLM, section 5.
_SECONDS = 10.0
_SECONDS_RANGE = Range(kind=float, low=0.5, high=600.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "--system",
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help="pieces of one system; give it two or more times. Pieces of one name are "
        "compared",
    )
    parser.add_argument(
        "--prompts",
        type=Path,
        metavar="FILE",
        help="what was asked for, as for musiclm generate --prompts; else the pieces' "
        "cards tell it",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FOLDER", help="a new folder"
    )
    parser.add_argument(
        "--per_pair",
        type=int,
        metavar="N",
        help="questions to each pair of systems; one for each prompt if not given",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=_SECONDS,
        help=f"of each piece that are heard ({_SECONDS:g})",
    )
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn (0)")


def run(options: argparse.Namespace) -> None:
    """Lays a test out and writes it.

    Raises:
        ValueError: an argument that cannot be, or pieces that cannot be compared.
        OSError: a folder or file that is missing or cannot be written.
    """
    folders = _systems(options.system)
    _SECONDS_RANGE.check("--seconds", options.seconds)
    Range(kind=int, low=0, high=2**32 - 1).check("--seed", options.seed)
    _check_new(options.output)
    from musiclm_jax.evaluation.listening import folder, layout, pieces

    asked, num_left_out = pieces.find(folders, options.prompts)
    if num_left_out:
        print(
            f"{num_left_out} pieces are left out: not every system has them",
            file=sys.stderr,
        )
    questions = layout.lay_out(
        list(folders),
        [(each.name, each.prompt) for each in asked],
        per_pair=len(asked) if options.per_pair is None else options.per_pair,
        seed=options.seed,
    )
    folder.write(
        options.output, list(folders), asked, questions, seconds=options.seconds
    )
    minutes = math.ceil(2 * options.seconds * len(questions) / 60)
    print(
        f"{len(questions)} questions on {len({q.name for q in questions})} prompts, "
        f"at most {minutes} min of music\n"
        f"for listeners   {options.output / folder.LISTENERS}\n"
        f"to be kept      {options.output / folder.KEY}"
    )


def _systems(given: list[str]) -> dict[str, Path]:
    folders: dict[str, Path] = {}
    for text in given:
        name, equals, folder = text.partition("=")
        if not (name.strip() and equals and folder):
            raise ValueError(
                f"--system is {text!r}; it must be NAME=FOLDER, as ours=pieces/ours"
            )
        if name in folders:
            raise ValueError(f"two systems are called {name}; give each its own name")
        folders[name] = Path(folder)
    return folders


def _check_new(folder: Path) -> None:
    whole_files.check_folder(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is in the way: choose another --output")
