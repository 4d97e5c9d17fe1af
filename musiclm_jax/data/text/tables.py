"""CSV tables row by row, each with its place, so that what is wrong can be named."""

import ast
import csv
import dataclasses
import pathlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from musiclm_jax.data.text.text_files import encoding_of

# What artists write of themselves is longer than the module allows unless asked.
csv.field_size_limit(2**24)
_MOST_LINES = 20
_MOST_LETTERS = 200


@dataclasses.dataclass(frozen=True)
class Row:
    """One row below the header.

    Attributes:
        place: name of the table and number of the line, such as "captions.csv line 7".
        cells: column -> text without space around it; a cell that lacks is empty.
        problem: why it cannot be relied on, if so.
    """

    place: str
    cells: dict[str, str]
    problem: str = ""


def read_rows(path: pathlib.Path, needed: Sequence[str]) -> Iterator[Row]:
    """Reads a table whose first line names the columns.

    Args:
        path: the table.
        needed: columns that must be among them.

    Raises:
        FileNotFoundError: there is no such table.
        ValueError: a column is missing or stands there twice, or it is no CSV.
    """
    lines = read_lines(path)
    _, header = next(lines, (1, []))
    yield from rows_below(path, [name.strip() for name in header], needed, lines)


def read_lines(path: pathlib.Path) -> Iterator[tuple[int, list[str]]]:
    """Yields the number of a line, counted from one, and its cells; no empty ones.

    Raises:
        FileNotFoundError: there is no such table.
        ValueError: it is no CSV, or no text.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no table {path}")
    with path.open(encoding=encoding_of(path), newline="") as file:
        reader = csv.reader(file, strict=True)
        line = 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            # Without `strict` an open quote swallows all that follows.
            raise ValueError(
                f"{path} is no CSV from line {line} on: {error}; is a quote open, or "
                "not written twice inside quotes?"
            ) from None


def rows_below(
    path: pathlib.Path,
    names: Sequence[str],
    needed: Sequence[str],
    lines: Iterable[tuple[int, list[str]]],
) -> Iterator[Row]:
    """Gives the cells of lines the names of their columns.

    Raises:
        ValueError: a column is missing, or stands there twice.
    """
    named = [name for name in names if name]
    if not set(needed) <= set(named):
        there = " ".join(", ".join(named).split()) or "none"
        raise ValueError(
            f"{path} needs columns {', '.join(needed[:-1])} and {needed[-1]}; it has: "
            f"{there if len(there) <= _MOST_LETTERS else there[:_MOST_LETTERS] + '...'}"
        )
    twice = [name for name in dict.fromkeys(named) if named.count(name) > 1]
    if twice:
        raise ValueError(f"{path} has column {twice[0]} twice")
    for line, cells in lines:
        texts = [cell.strip() for cell in cells]
        problem = ""
        if any(texts[len(names) :]):
            problem = (
                f"it has {len(texts)} cells under {len(names)} columns; a text with a "
                "comma needs quotes around it"
            )
        texts += [""] * (len(names) - len(texts))
        by_name = {n: text for n, text in zip(names, texts, strict=False) if n}
        yield Row(f"{path.name} line {line}", by_name, problem)


def texts_in(cell: str) -> list[str]:
    """Reads a list of texts as Python writes one, such as "['sad', 'slow']".

    Raises:
        ValueError: it is something else.
    """
    return _list_in(cell, str, "texts like ['sad', 'slow']")


def numbers_in(cell: str) -> list[int]:
    """Reads a list of whole numbers such as "[17, 10]".

    Raises:
        ValueError: it is something else.
    """
    return _list_in(cell, int, "numbers like [17, 10]")


def _list_in(cell: str, kind: type, example: str) -> list[Any]:
    try:
        value = ast.literal_eval(cell)
        # Python can write half of a letter, which no text can hold.
        "".join(map(str, value)).encode()
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        value = None
    if not isinstance(value, list) or not all(isinstance(v, kind) for v in value):
        shown = cell if len(cell) <= 40 else cell[:37] + "..."
        raise ValueError(f"{shown!r} is no list of {example}")
    return value


def repeats_of(path: pathlib.Path, places: Sequence[str]) -> str:
    """Says that rows at these places count once with the one that they repeat."""
    lines = [place.rpartition(" ")[2] for place in places]
    more = f" and {len(lines) - _MOST_LINES} more" if len(lines) > _MOST_LINES else ""
    return (
        f"rows of {path.name} that say again what another says count once: line "
        f"{', '.join(lines[:_MOST_LINES])}{more}"
    )
