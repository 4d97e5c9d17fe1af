"""The tables of the Free Music Archive's data set (Defferrard et al., 2017)."""

import dataclasses
import pathlib
from typing import Any

from musiclm_jax.data.text.sidecars import Notes
from musiclm_jax.data.text.tables import (
    Row,
    numbers_in,
    read_lines,
    read_rows,
    rows_below,
    texts_in,
)

SUBSETS = ("small", "medium", "large", "full")
"""Each holds all tracks of those before it; `full` has the tracks of `large`, whole."""

_SPLITS = {"training": "train", "validation": "validation", "test": "test", "": None}
# Field -> column of tracks.csv, by its group and name.
_FIELDS = {
    "title": "track.title",
    "artist": "artist.name",
    "album": "album.title",
    "genre_top": "track.genre_top",
    "language_code": "track.language_code",
    "date_created": "track.date_created",
    "license": "track.license",
    "subset": "set.subset",
}
_NEEDED = (
    *("track_id", "set.split", "set.subset", "track.title", "track.genre_top"),
    *("track.genres_all", "track.tags", "artist.name"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Track:
    """What the table says of one track.

    Attributes:
        subset: the smallest that has it.
        split: where its publisher puts it.
        notes: its genres and tags as aspects, and what is known of it; no captions.
        problem: why its row cannot be understood, if so.
    """

    subset: str = ""
    split: str | None = None
    notes: Notes = dataclasses.field(default_factory=Notes)
    problem: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrackTable:
    """All tracks, and what could not be read.

    Attributes:
        tracks: number of a track -> what the table says of it.
        astray: place of a row without such a number -> why it is of no use.
        repeats: places of rows that stand there twice.
    """

    tracks: dict[int, Track]
    astray: dict[str, str]
    repeats: list[str]


def read_tracks(path: pathlib.Path, genres: dict[int, str]) -> TrackTable:
    """Reads `tracks.csv`, whose columns are named by three lines: group, name, index.

    Args:
        path: the table.
        genres: number of a genre -> its title.

    Raises:
        FileNotFoundError: there is no such table.
        ValueError: it lacks a column, or is no CSV.
    """
    lines = read_lines(path)
    groups, names, index = (next(lines, (0, []))[1] for _ in range(3))
    columns = [f"{group}.{name}" for group, name in zip(groups, names, strict=False)]
    columns[:1] = index[:1]
    read = TrackTable(tracks={}, astray={}, repeats=[])
    hashes: dict[int, int] = {}
    for row in rows_below(path, columns, _NEEDED, lines):
        number = row.cells["track_id"]
        if not (number.isascii() and number.isdigit()):
            read.astray[row.place] = f"its track_id {number!r} is no number"
            continue
        track_id, content = int(number), hash(tuple(row.cells.values()))
        if hashes.setdefault(track_id, content) != content:
            problem = f"{row.place}: another row says something else of the same track"
            read.tracks[track_id] = Track(problem=problem)
        elif track_id in read.tracks:
            read.repeats.append(row.place)
        else:
            read.tracks[track_id] = _track(row, genres)
    return read


def read_genres(path: pathlib.Path) -> dict[int, str]:
    """Reads `genres.csv`: number of a genre -> its title.

    Raises:
        FileNotFoundError: there is no such table.
        ValueError: it cannot be understood.
    """
    titles = {}
    for row in read_rows(path, ("genre_id", "title")):
        number = row.cells["genre_id"]
        if row.problem or not (number.isascii() and number.isdigit()):
            reason = row.problem or f"its genre_id {number!r} is no number"
            raise ValueError(f"{row.place}: {reason}")
        titles[int(number)] = row.cells["title"]
    return titles


def _track(row: Row, genres: dict[int, str]) -> Track:
    try:
        if row.problem:
            raise ValueError(row.problem)
        split = row.cells["set.split"]
        if split not in _SPLITS:
            raise ValueError(
                f"its set.split {split!r} is none of training, validation and test"
            )
        subset = row.cells["set.subset"]
        if subset not in SUBSETS:
            raise ValueError(
                f"its set.subset {subset!r} is none of {', '.join(SUBSETS)}"
            )
        notes = _notes(row, genres)
    except ValueError as error:
        return Track(problem=f"{row.place}: {error}")
    return Track(subset=subset, split=_SPLITS[split], notes=notes)


def _notes(row: Row, genres: dict[int, str]) -> Notes:
    cells = row.cells
    fields: dict[str, Any] = {"track_id": int(cells["track_id"])}
    for field, column in _FIELDS.items():
        if cells.get(column):
            fields[field] = cells[column]
    numbers = numbers_in(cells["track.genres_all"] or "[]")
    titles = [cells["track.genre_top"], *(genres.get(n, "") for n in numbers)]
    fields["genres"] = list(dict.fromkeys(filter(None, titles)))
    tags = (tag.strip() for tag in texts_in(cells["track.tags"] or "[]"))
    fields["tags"] = list(dict.fromkeys(filter(None, tags)))
    aspects = dict.fromkeys(fields["genres"] + fields["tags"])
    return Notes(aspects=tuple(aspects), fields=fields)
