"""A file of prompts, each with what else is asked of its piece; loads no JAX.

    prompts.jsonl   {"prompt": "calm piano", "seconds": 5, "seed": 7, "top_k": 50}
    prompts.csv     the same under a header; an empty cell is not given
    prompts.txt     a prompt a line

What is wrong with one line is told with its number, and the others are good; what is
wrong with the file is raised.
"""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from musiclm_jax.data.text import tables, text_files
from musiclm_jax.generation import names, request, settings
from musiclm_jax.generation.prompt import joined
from musiclm_jax.generation.request import Request

FIELDS = (
    *("prompt", "name", *request.RANGES, *request.STEERING, *request.IMAGES),
    *settings.RANGES,
)
"""What a line can say, and what a header can hold."""

_KNOWN = f"{', '.join(FIELDS[:8])} and others of sampling (configs/runs/generate.gin)"

# Number of a line, and what reads it.
_Rows = Iterator[tuple[int, Callable[[], dict[str, Any]]]]


@dataclasses.dataclass(frozen=True)
class Line:
    """A piece that a line asks for.

    Attributes:
        number: of the line, from one.
        file: name of the file that the piece goes to.
        request: what it asks for.
    """

    number: int
    file: str
    request: Request


@dataclasses.dataclass(frozen=True)
class Prompts:
    """What a file asks for.

    Attributes:
        path: of the file.
        sha256: of its content.
        lines: that are good, in their order.
        broken: number of each other line -> what is wrong with it.
    """

    path: Path
    sha256: str
    lines: tuple[Line, ...]
    broken: dict[int, str]


def read(
    path: Path, *, suffixes: tuple[str, ...], seconds: float, seed: int
) -> Prompts:
    """Reads a file; its suffix says how it is written.

    Args:
        path: of the file.
        suffixes: of the formats of sound.
        seconds: length of pieces whose lines say none.
        seed: likewise.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: another suffix, no text, no line, a header that cannot be, or two
            lines of one name.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f"{path} ends in {path.suffix or 'no suffix'!r}; prompts are read from "
            f"{', '.join(_READERS)}"
        )
    if not path.is_file():
        raise FileNotFoundError(f"there is no prompts file {path}")
    lines, broken = [], {}
    for number, fields_of in reader(path):
        try:
            fields = {"seconds": seconds, "seed": seed} | fields_of()
            lines.append(_line(number, fields, suffixes))
        except (ValueError, FileNotFoundError) as error:
            broken[number] = str(error)
    if not (lines or broken):
        raise ValueError(f"{path} is empty: it holds no prompt")
    _check_names(path, lines)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Prompts(path, digest, tuple(lines), broken)


def _line(number: int, fields: dict[str, Any], suffixes: tuple[str, ...]) -> Line:
    unknown = [field for field in fields if field not in FIELDS]
    if unknown:
        raise ValueError(f"it has a field {unknown[0]!r}; fields are {_KNOWN}")
    prompt = joined(
        fields.get("prompt"), **{name: fields.get(name) for name in request.IMAGES}
    )
    if not (prompt or any(fields.get(name) for name in request.RECORDINGS)):
        raise ValueError("it has no prompt, and no recording to go on from")
    asked = Request(
        prompt=prompt,
        **{name: fields[name] for name in request.RANGES},
        **{name: fields[name] for name in request.STEERING if name in fields},
        settings=settings.SamplingSettings(
            **{name: fields[name] for name in settings.RANGES if name in fields}
        ),
    )
    name = fields.get("name", f"{number:05}-{names.slug(asked.prompt or '')}")
    return Line(number, names.file_name(name, suffixes), asked)


def _check_names(path: Path, lines: list[Line]) -> None:
    seen: dict[str, Line] = {}
    for line in lines:
        first = seen.setdefault(names.same_file(line.file), line)
        if first is not line:
            raise ValueError(
                f"{path}: lines {first.number} and {line.number} both ask for the file "
                f"{line.file}; give each a name of its own"
            )


def _plain_rows(path: Path) -> _Rows:
    for number, text in _lines(path):
        yield number, lambda text=text: {"prompt": text}


def _json_rows(path: Path) -> _Rows:
    for number, text in _lines(path):
        yield number, lambda text=text: _json_fields(text)


def _json_fields(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is not valid JSON") from None
    if not isinstance(fields, dict):
        raise ValueError('it is no JSON object such as {"prompt": "calm piano"}')
    return {name: value for name, value in fields.items() if value is not None}


def _csv_rows(path: Path) -> _Rows:
    lines = tables.read_lines(path)
    _, header = next(lines, (1, []))
    columns = [name.strip() for name in header]
    unknown = [column for column in columns if column not in FIELDS]
    if header and ("prompt" not in columns or unknown):
        wrong = f"has a column {unknown[0]!r}" if unknown else "has no column prompt"
        raise ValueError(f"{path} {wrong}; columns are {_KNOWN}")
    for number, cells in lines:
        (row,) = tables.rows_below(path, columns, (), [(number, cells)])
        yield number, lambda row=row: _csv_fields(row)


def _csv_fields(row: tables.Row) -> dict[str, Any]:
    if row.problem:
        raise ValueError(row.problem)
    numbers = request.RANGES | request.STEERING_RANGES | settings.RANGES
    fields: dict[str, Any] = {}
    for name, cell in row.cells.items():
        if not cell:
            continue
        fields[name] = cell
        if name in numbers:
            # What is no number is judged, and quoted, with all other values.
            with contextlib.suppress(ValueError):
                fields[name] = numbers[name].kind(cell)
    return fields


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yields number and text of each line that holds something."""
    # Not `splitlines`, for which letters that JSON may hold end a line too.
    for number, text in enumerate(text_files.read_text(path).split("\n"), start=1):
        if text.strip():
            yield number, text.strip()


_READERS: dict[str, Callable[[Path], _Rows]] = {
    ".jsonl": _json_rows,
    ".csv": _csv_rows,
    ".txt": _plain_rows,
}
