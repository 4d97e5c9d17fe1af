"""Where configuration stands: gin files, lines in them, and names that are close."""

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

PLACES = ("MODEL_DIR", "DATA_DIR", "VOCABULARY", "BUNDLE", "TOKENS")
"""Names of files and folders in gin files: blank where nothing is read from there."""

# Names shown beside one that does not exist.
_CLOSE = 3


def take_bindings(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Splits `--gin.NAME=value` from the other arguments.

    Returns:
        The other arguments, and the bindings as `NAME=value`.

    Raises:
        ValueError: a `--gin.NAME` without a value.
    """
    others, bindings = [], []
    for argument in arguments:
        if not argument.startswith("--gin."):
            others.append(argument)
            continue
        name, equals, value = argument.removeprefix("--gin.").partition("=")
        if not (name and equals and value.strip()):
            raise ValueError(f"{argument} has no value: write --gin.NAME=value")
        bindings.append(f"{name}={value}")
    return others, bindings


def find(name: str, folders: Sequence[str]) -> Path:
    """Returns the path of a gin file.

    Raises:
        FileNotFoundError: it is in none of the folders.
    """
    for folder in folders:
        path = Path(folder) / name
        if path.is_file():
            return path.resolve()
    known = [
        path.relative_to(folder).as_posix()
        for folder in folders[-1:]
        for path in Path(folder).rglob("*.gin")
    ]
    raise FileNotFoundError(
        f"there is no gin file {name} in {', '.join(folders)}{close_to(name, known)}"
    )


def place_of(
    name: str, *, files: Sequence[str], bindings: Sequence[str], folders: Sequence[str]
) -> str:
    """Says where a macro or parameter got its value: what is read last holds."""
    assigned = re.compile(rf"\s*(?:[\w/.]*\.)?{re.escape(name.rpartition('.')[2])}\s*=")
    for binding in reversed(bindings):
        if assigned.match(binding):
            return f"--gin.{binding}"
    for file in reversed(files):
        found = _line_of(assigned, find(file, folders), folders)
        if found:
            return found
    return name


def _line_of(assigned: re.Pattern, path: Path, folders: Sequence[str]) -> str:
    found = ""
    text = path.read_text(encoding="utf-8-sig")
    for number, line in enumerate(text.split("\n"), start=1):
        included = re.match(r"\s*include\s+['\"](.*)['\"]", line)
        if included:
            found = _line_of(assigned, find(included[1], folders), folders) or found
        elif assigned.match(line):
            found = f"{path}, line {number}"
    return found


def close_to(name: str, names: Iterable[str]) -> str:
    """Returns the end of a sentence: names that are close to one, if any."""
    close = difflib.get_close_matches(name, list(names), n=_CLOSE)
    return f"; close to it: {', '.join(close)}" if close else ""
