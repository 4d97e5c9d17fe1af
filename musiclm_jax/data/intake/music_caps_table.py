"""The published table of MusicCaps (MusicLM, section 4.3): moments of videos."""

import collections
import dataclasses
import pathlib
import re
from typing import Any

from musiclm_jax.data.text.sidecars import Notes
from musiclm_jax.data.text.tables import Row, read_rows, texts_in

ID = "[A-Za-z0-9_-]{11}"
"""Regular expression of the id of a YouTube video."""

_NEEDED = ("ytid", "start_s", "end_s", "aspect_list", "caption", "is_audioset_eval")
_FLAGS = ("is_balanced_subset", "is_audioset_eval")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Moment:
    """What the table says of some seconds of a video.

    Attributes:
        ytid: of the video.
        start: in seconds.
        parts: what each of its rows says.
        problems: why some cannot be understood.
    """

    ytid: str
    start: float
    parts: list[Notes] = dataclasses.field(default_factory=list)
    problems: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MomentTable:
    """The moments of each video, and what could not be read.

    Attributes:
        moments: id of a video -> its moments.
        astray: place of a row that names no moment -> why not.
        repeats: places of rows that stand there twice.
    """

    moments: dict[str, list[Moment]]
    astray: dict[str, str]
    repeats: list[str]


def read_moments(path: pathlib.Path) -> MomentTable:
    """Reads the table.

    Raises:
        FileNotFoundError: there is no such table.
        ValueError: it lacks a column, or is no CSV.
    """
    moments: dict[tuple[str, float], Moment] = {}
    read = MomentTable(moments=collections.defaultdict(list), astray={}, repeats=[])
    seen: set[tuple[str, ...]] = set()
    for row in read_rows(path, _NEEDED):
        content = tuple(row.cells.values())
        if content in seen and not row.problem:
            read.repeats.append(row.place)
            continue
        seen.add(content)
        ytid = row.cells["ytid"]
        try:
            if not re.fullmatch(ID, ytid):
                raise ValueError(f"its ytid {ytid!r} has not eleven letters of an id")
            start = _number(row, "start_s")
        except ValueError as error:
            read.astray[row.place] = str(error)
            continue
        if (ytid, start) not in moments:
            moments[ytid, start] = Moment(ytid=ytid, start=start)
            read.moments[ytid].append(moments[ytid, start])
        try:
            moments[ytid, start].parts.append(_notes(row))
        except ValueError as error:
            moments[ytid, start].problems.append(f"{row.place}: {error}")
    return read


def _notes(row: Row) -> Notes:
    """Reads all columns of a row.

    Raises:
        ValueError: a cell is not what it should be.
    """
    if row.problem:
        raise ValueError(row.problem)
    fields: dict[str, Any] = {n: cell for n, cell in row.cells.items() if cell}
    caption = fields.pop("caption", "")
    aspects = texts_in(fields.pop("aspect_list", "[]"))
    fields |= {name: _number(row, name) for name in ("start_s", "end_s")}
    for name in _FLAGS:
        if name in fields:
            fields[name] = _flag(row, name)
    if "audioset_positive_labels" in fields:
        labels = fields["audioset_positive_labels"].split(",")
        fields["audioset_positive_labels"] = [label.strip() for label in labels]
    return Notes(
        captions=(caption,) if caption else (),
        aspects=tuple(dict.fromkeys(a.strip() for a in aspects if a.strip())),
        fields=fields,
    )


def _number(row: Row, name: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", row.cells[name]):
        raise ValueError(f"its {name} {row.cells[name]!r} is no number of seconds")
    value = float(row.cells[name])
    return int(value) if value.is_integer() else value


def _flag(row: Row, name: str) -> bool:
    values = {"true": True, "false": False}
    try:
        return values[row.cells[name].lower()]
    except KeyError:
        raise ValueError(
            f"its {name} {row.cells[name]!r} is neither True nor False"
        ) from None
