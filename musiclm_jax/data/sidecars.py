"""Captions that lie beside audio files: text, JSON, or one CSV for a folder."""

import csv
import dataclasses
import json
import pathlib
from typing import Any

_CSV_COLUMNS = ("file", "caption")


@dataclasses.dataclass(frozen=True)
class Notes:
    """What is written about one audio file.

    Attributes:
        captions: what it sounds like.
        aspects: the same as short phrases.
        fields: whatever else a JSON file or a CSV row says.
    """

    captions: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    fields: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __add__(self, other: "Notes") -> "Notes":
        return Notes(
            captions=tuple(dict.fromkeys(self.captions + other.captions)),
            aspects=tuple(dict.fromkeys(self.aspects + other.aspects)),
            fields=self.fields | other.fields,
        )


def read_sidecars(audio_path: pathlib.Path) -> Notes:
    """Reads `song.txt` and `song.json`, if there, beside `song.wav`.

    Text has a caption a line. JSON is an object with "caption" or "captions", perhaps
    "aspects" or "aspect_list", and any other fields.

    Raises:
        ValueError: a file is there but cannot be understood.
    """
    notes = Notes()
    text_path = audio_path.with_suffix(".txt")
    if text_path.is_file():
        lines = (line.strip() for line in _read_text(text_path).splitlines())
        notes += Notes(captions=tuple(filter(None, lines)))
    json_path = audio_path.with_suffix(".json")
    if json_path.is_file():
        try:
            fields = json.loads(_read_text(json_path))
        except json.JSONDecodeError as error:
            raise ValueError(f"{json_path} is not JSON: {error}") from None
        if not isinstance(fields, dict):
            raise ValueError(f'{json_path} must be an object like {{"caption": "..."}}')
        notes += _from_fields(fields, json_path)
    return notes


def read_csv(path: pathlib.Path) -> dict[str, Notes]:
    """Reads a table of captions; a file may have several rows.

    Args:
        path: CSV whose header names at least the columns of file and caption.

    Returns:
        Path of each audio file, as the table writes it -> its notes.

    Raises:
        FileNotFoundError: there is no such table.
        ValueError: a column is missing, or the table is no text.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no table of captions {path}")
    rows = csv.DictReader(_read_text(path).splitlines(keepends=True))
    missing = [c for c in _CSV_COLUMNS if c not in (rows.fieldnames or ())]
    if missing:
        there = ", ".join(rows.fieldnames or ()) or "none"
        raise ValueError(
            f"{path} needs columns {' and '.join(_CSV_COLUMNS)}; it has: {there}"
        )
    notes: dict[str, Notes] = {}
    for row in rows:
        # Cells beyond the header come under None, cells that lack are None.
        fields = {name: cell for name, cell in row.items() if name and cell}
        file = pathlib.PurePath(fields.pop("file", "").strip()).as_posix()
        notes[file] = notes.get(file, Notes()) + _from_fields(fields, path)
    return notes


def _from_fields(fields: dict[str, Any], path: pathlib.Path) -> Notes:
    fields = dict(fields)

    def take(*names: str) -> tuple[str, ...]:
        phrases = []
        for name in names:
            value = fields.pop(name, None)
            value = [] if value is None else value
            value = [value] if isinstance(value, str) else value
            if not isinstance(value, list) or not all(
                isinstance(v, str) for v in value
            ):
                raise ValueError(
                    f"{path} has a {name!r} that is neither text nor texts"
                )
            phrases += [phrase.strip() for phrase in value if phrase.strip()]
        return tuple(phrases)

    captions, aspects = take("caption", "captions"), take("aspects", "aspect_list")
    return Notes(captions=captions, aspects=aspects, fields=fields)


def _read_text(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # spreadsheets write the mark
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text in UTF-8") from None
