"""A folder of sound as a source, with what lies beside the files or in a table."""

import os
import pathlib
import unicodedata

from musiclm_jax.data.intake.listing import Listing, list_sound, name_of
from musiclm_jax.data.intake.recordings import Recording, Rejection, Source, rejected
from musiclm_jax.data.sound.audio_files import READABLE_SUFFIXES, FileSound
from musiclm_jax.data.text.captions import with_captions
from musiclm_jax.data.text.note_tables import SUFFIXES, NoteTable, read_note_table
from musiclm_jax.data.text.sidecars import Notes, read_sidecars

_MOST_NAMES = 20


def folder_source(
    folder: str | os.PathLike, captions: str | os.PathLike = ""
) -> Source:
    """Lists the recordings of a folder and gathers what is written about them.

    A recording has the notes of its rows in the table and of the files beside it; where
    both have a field, the file beside it holds. One without a caption gets captions
    made of its aspects, genres and tags.

    Args:
        folder: holds sound, at any depth.
        captions: table of captions; not given, the one .csv or .jsonl in the folder.

    Raises:
        FileNotFoundError: the folder or the table does not exist.
        ValueError: the folder has no sound or several tables, or the table cannot be
            understood at all.
        OSError: the folder or the table cannot be read.
    """
    listing = list_sound(folder)
    path = pathlib.Path(captions).expanduser() if captions else _table_in(listing.root)
    table = (
        read_note_table(path) if path else NoteTable(notes={}, problems={}, astray={})
    )
    left_out = listing.left_out | rejected("notes", table.astray)
    notes: dict[str, Notes] = {}
    composed = {unicodedata.normalize("NFC", file): file for file in listing.files}
    for file in dict.fromkeys((*table.problems, *table.notes)):
        place, rejection = _look_up(file, listing, composed)
        if not rejection and file in table.problems:
            rejection = Rejection(kind="notes", reason=table.problems[file])
        if rejection:
            left_out.setdefault(name_of(place), rejection)
        else:
            notes[place] = notes.get(place, Notes()) + table.notes[file]
    recordings = []
    for file, path in listing.files.items():
        name = name_of(file)
        if name in left_out:
            continue
        try:
            written = notes.get(file, Notes()) + read_sidecars(path)
        except (ValueError, OSError) as error:
            left_out[name] = Rejection(kind="notes", reason=_reason(error))
            continue
        recordings.append(
            Recording(name=name, sound=FileSound(path), notes=with_captions(written))
        )
    if not recordings and not left_out:
        raise ValueError(
            f"there are no audio files in {listing.root}; looked for names that end in "
            f"{', '.join(READABLE_SUFFIXES)}"
        )
    return Source(
        recordings=tuple(recordings),
        left_out=left_out,
        remarks=(*listing.remarks, *table.remarks, *_texts_alone(listing)),
    )


def _table_in(root: pathlib.Path) -> pathlib.Path | None:
    """Returns the only table in a folder, if there is one."""
    tables = sorted(
        path
        for path in root.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )
    if len(tables) > 1:
        names = ", ".join(name_of(table.name) for table in tables)
        raise ValueError(
            f"{root} has several tables ({names}); name the one of the captions"
        )
    return tables[0] if tables else None


def _reason(error: ValueError | OSError) -> str:
    """Returns a sentence; names of files in it may hold bytes that are no text."""
    sentence = str(error)
    if isinstance(error, OSError):
        sentence = f"{error.filename} cannot be read: {error.strerror}"
    return sentence.encode("utf-8", "backslashreplace").decode("utf-8")


def _texts_alone(listing: Listing) -> list[str]:
    """Says which files of text belong to no sound; their names may be wrong."""
    beside = {os.path.splitext(f)[0] for f in (*listing.files, *listing.left_out)}
    alone = [text for text in listing.texts if os.path.splitext(text)[0] not in beside]
    if not alone:
        return []
    shown = ", ".join(map(name_of, alone[:_MOST_NAMES]))
    more = f" and {len(alone) - _MOST_NAMES} more" if len(alone) > _MOST_NAMES else ""
    return [
        "no sound lies beside these, which are not read (a.txt and a.json belong to "
        f"a.wav): {shown}{more}"
    ]


def _look_up(
    file: str, listing: Listing, composed: dict[str, str]
) -> tuple[str, Rejection | None]:
    """Finds the file that a table names.

    Args:
        file: as the table writes it.
        listing: what is there.
        composed: the files by their names with accents composed, because some systems
            store them apart from their letters.

    Returns:
        Its path below the folder, and why it cannot be used, if so.
    """
    root = listing.root
    written = pathlib.Path(os.path.normpath(root / file))
    real = pathlib.Path(os.path.realpath(written))
    if not real.is_relative_to(root):
        reason = f"the table names it, but it lies outside the folder {root}"
        return file, Rejection(kind="outside", reason=reason)
    below = [p.relative_to(root) for p in (written, real) if p.is_relative_to(root)]
    for place in map(pathlib.Path.as_posix, below):
        if place not in listing.files:
            place = composed.get(unicodedata.normalize("NFC", place))
        if place:
            return place, None
    if real.is_file():
        reason = (
            "the table names it, but it is hidden or its name ends in none of "
            f"{', '.join(READABLE_SUFFIXES)}"
        )
        return below[0].as_posix(), Rejection(kind="unreadable", reason=reason)
    reason = "the table names it, but there is no such file"
    return below[0].as_posix(), Rejection(kind="missing", reason=reason)
