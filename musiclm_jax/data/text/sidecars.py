"""What is written about a recording, and the text and JSON files that say it."""

import dataclasses
import json
import pathlib
from typing import Any

from musiclm_jax.data.text.text_files import read_text

SUFFIXES = (".txt", ".json")


@dataclasses.dataclass(frozen=True)
class Notes:
    """What is written about one audio file.

    Attributes:
        captions: what it sounds like.
        aspects: the same as short phrases.
        fields: whatever else is known of it; goes to JSON.
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
        OSError: a file is there but cannot be read.
    """
    notes = Notes()
    text_path = audio_path.with_suffix(".txt")
    if text_path.is_file():
        lines = (line.strip() for line in read_text(text_path).split("\n"))
        notes += Notes(captions=tuple(dict.fromkeys(filter(None, lines))))
    json_path = audio_path.with_suffix(".json")
    if json_path.is_file():
        fields = parse_object(read_text(json_path), str(json_path))
        notes += notes_from(fields, str(json_path))
    return notes


def parse_object(text: str, place: str) -> dict[str, Any]:
    """Reads a JSON object.

    Args:
        text: to read.
        place: where it stands, for errors.

    Raises:
        ValueError: it is something else.
    """
    try:
        # JSON has no NaN: pandas writes it where there is nothing.
        fields = json.loads(text, parse_constant=lambda name: None)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{place} is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise ValueError(f'{place} must be an object like {{"caption": "..."}}')
    return {name: value for name, value in fields.items() if value is not None}


def notes_from(fields: dict[str, Any], place: str) -> Notes:
    """Takes captions and aspects out of fields; what is left stays fields.

    Raises:
        ValueError: they are neither text nor texts, or some text cannot be written.
    """
    fields = dict(fields)

    def take(*names: str) -> tuple[str, ...]:
        phrases = []
        for name in names:
            value = fields.pop(name, [])
            value = [value] if isinstance(value, str) else value
            if not isinstance(value, list) or not all(
                isinstance(v, str) for v in value
            ):
                raise ValueError(
                    f"{place} has a {name!r} that is neither text nor texts"
                )
            phrases += [phrase.strip() for phrase in value if phrase.strip()]
        return tuple(dict.fromkeys(phrases))

    captions, aspects = take("caption", "captions"), take("aspects", "aspect_list")
    try:
        json.dumps([captions, aspects, fields], ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise ValueError(
            f"{place} has half of a letter, {letter!a}, which no text can hold"
        ) from None
    return Notes(captions=captions, aspects=aspects, fields=fields)
