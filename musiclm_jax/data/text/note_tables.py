"""Captions of a folder in one table: CSV, or a JSON object a line."""

import collections
import dataclasses
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

from musiclm_jax.data.text.sidecars import Notes, notes_from, parse_object
from musiclm_jax.data.text.tables import read_rows, repeats_of, texts_in
from musiclm_jax.data.text.text_files import encoding_of

SUFFIXES = (".csv", ".jsonl")
_NEEDED = ("file", "caption")
_LISTS = ("aspects", "aspect_list")


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoteTable:
    """What a table says.

    Attributes:
        notes: audio file, as the table writes it -> what its rows say together.
        problems: audio file -> why what some row says of it cannot be understood.
        astray: place of a row that names no file -> why not.
        remarks: on rows that count once though they stand there more often.
    """

    notes: dict[str, Notes]
    problems: dict[str, str]
    astray: dict[str, str]
    remarks: tuple[str, ...] = ()


def read_note_table(path: pathlib.Path) -> NoteTable:
    """Reads a table of captions; a file may have several rows.

    Each row needs a "file"; "caption" holds what it sounds like, and "aspects" or
    "aspect_list" short phrases. All else becomes fields; where rows of one file differ
    in a field, it becomes the list of what they say.

    Args:
        path: CSV with a header, or JSON objects, one a line (.jsonl).

    Raises:
        FileNotFoundError: there is no such table.
        ValueError: it cannot be understood at all: a column is missing, it is no text.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no table of captions {path}")
    rows = _json_rows(path) if path.suffix.lower() == ".jsonl" else _csv_rows(path)
    seen: set[str] = set()
    twice: list[str] = []
    problems: dict[str, str] = {}
    astray: dict[str, str] = {}
    of_file: dict[str, list[Notes]] = collections.defaultdict(list)
    for place, fields, problem in rows:
        file = fields.pop("file", "")
        if not _may_be_a_path(file):
            astray[place] = problem or "the row names no file"
            continue
        file = pathlib.PurePath(file.strip()).as_posix()
        content = json.dumps([file, fields])
        if content in seen:
            twice.append(place)
            continue
        seen.add(content)
        try:
            if problem:
                raise ValueError(f"{place} cannot be understood: {problem}")
            notes = notes_from(fields, place)
        except ValueError as error:
            problems[file] = str(error)
        else:
            of_file[file].append(notes)
    remarks = (repeats_of(path, twice),) if twice else ()
    notes_of = {file: together(parts) for file, parts in of_file.items()}
    return NoteTable(notes=notes_of, problems=problems, astray=astray, remarks=remarks)


def _may_be_a_path(file: Any) -> bool:
    if not isinstance(file, str) or not file.strip() or "\0" in file:
        return False
    try:
        os.fsencode(file)
    except UnicodeEncodeError:
        return False
    return True


def _csv_rows(path: pathlib.Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yields place, fields and problem of each row."""
    for row in read_rows(path, _NEEDED):
        fields: dict[str, Any] = {n: cell for n, cell in row.cells.items() if cell}
        problem = row.problem
        for name in _LISTS:
            if fields.get(name, "").startswith("["):
                try:
                    fields[name] = texts_in(fields[name])
                except ValueError as error:
                    problem = problem or f"{name} {error}"
        yield row.place, fields, problem


def _json_rows(path: pathlib.Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yields the same of each line that is not empty."""
    with path.open(encoding=encoding_of(path)) as lines:
        for number, line in enumerate(lines, 1):
            place = f"{path.name} line {number}"
            if line.strip():
                try:
                    yield place, parse_object(line, place), ""
                except ValueError as error:
                    yield place, {}, str(error)


def together(parts: list[Notes]) -> Notes:
    """Joins what several rows say of one file; fields that differ become lists."""
    notes = sum(parts, Notes())
    for name in notes.fields:
        values = [part.fields[name] for part in parts if name in part.fields]
        distinct = [v for i, v in enumerate(values) if v not in values[:i]]
        if len(distinct) > 1:
            notes.fields[name] = distinct
    return notes
