"""The Free Music Archive's data set as it is published.

    fma/    fma_metadata/tracks.csv, genres.csv
            fma_small/000/000002.mp3             track 2

Nobody has described the tracks in sentences: captions are made of genres, tags and
titles.
"""

import collections
import os
import pathlib

from musiclm_jax.data.intake.fma_table import (
    SUBSETS,
    Track,
    TrackTable,
    read_genres,
    read_tracks,
)
from musiclm_jax.data.intake.listing import Listing, list_sound, name_of
from musiclm_jax.data.intake.recordings import Recording, Rejection, Source, rejected
from musiclm_jax.data.sound.audio_files import FileSound
from musiclm_jax.data.text.captions import with_captions
from musiclm_jax.data.text.tables import repeats_of


def fma_source(
    folder: str | os.PathLike, subset: str = "", table: str | os.PathLike = ""
) -> Source:
    """Joins the table of tracks with the files of one subset.

    Splits are those of the table. A file whose track belongs to a larger subset is
    taken; a track of the subset without a file is missing.

    Args:
        folder: holds the folders `fma_metadata` and `fma_small` or the like; or is the
            latter.
        subset: one of `SUBSETS`; not given, that of the folder that is there.
        table: `tracks.csv`, with `genres.csv` beside it; not given, they are sought in
            `fma_metadata`.

    Raises:
        FileNotFoundError: a folder or the table is not there.
        ValueError: the subset is unknown or not clear, a table cannot be understood at
            all, or no track has a file.
        OSError: something cannot be read.
    """
    root, subset = _audio_folder(pathlib.Path(folder).expanduser(), subset)
    path = pathlib.Path(table).expanduser() if table else _table_near(root)
    remarks = []
    genres = {}
    if path.with_name("genres.csv").is_file():
        genres = read_genres(path.with_name("genres.csv"))
    else:
        remarks.append(f"there is no genres.csv beside {path}: genre_top alone is used")
    read = read_tracks(path, genres)
    if read.repeats:
        remarks.append(repeats_of(path, read.repeats))
    listing = list_sound(root)
    recordings, left_out = _join(read, listing, subset)
    gone = sum(rejection.kind == "missing" for rejection in left_out.values())
    if not recordings and gone == len(left_out):
        raise ValueError(
            f"no track has a file in {root}; they are named like 000/000002.mp3"
        )
    remarks.append(f"{len(recordings)} tracks of FMA {subset} are there, {gone} gone")
    return Source(
        recordings=tuple(recordings),
        left_out=left_out,
        remarks=(*listing.remarks, *remarks),
    )


def _audio_folder(folder: pathlib.Path, subset: str) -> tuple[pathlib.Path, str]:
    """Returns the folder of the files, and which subset it is."""
    if subset and subset not in SUBSETS:
        raise ValueError(
            f"there is no subset {subset!r} of FMA, but: {', '.join(SUBSETS)}"
        )
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    wanted = (subset,) if subset else SUBSETS
    itself = folder.resolve().name.removeprefix("fma_")
    if folder.resolve().name == f"fma_{itself}" and itself in wanted:
        return folder, itself
    there = [known for known in wanted if (folder / f"fma_{known}").is_dir()]
    if not there:
        names = " or ".join(f"fma_{known}" for known in wanted)
        raise FileNotFoundError(f"{folder} has no folder {names}")
    if len(there) > 1:
        raise ValueError(
            f"{folder} has several subsets, {', '.join(there)}; choose one"
        )
    return folder / f"fma_{there[0]}", there[0]


def _table_near(root: pathlib.Path) -> pathlib.Path:
    """Returns the table of tracks, given the folder of the files."""
    parent = root.resolve().parent
    places = (parent / "fma_metadata", parent, root / "fma_metadata", root)
    for place in places:
        if (place / "tracks.csv").is_file():
            return place / "tracks.csv"
    raise FileNotFoundError(
        f"there is no tracks.csv in {places[0]}; it is in the archive fma_metadata.zip"
    )


def _join(
    table: TrackTable, listing: Listing, subset: str
) -> tuple[list[Recording], dict[str, Rejection]]:
    left_out = listing.left_out | rejected("notes", table.astray)
    files: dict[int, list[str]] = collections.defaultdict(list)
    for file in listing.files:
        files[_track_id(file)].append(file)
    named = {_track_id(name) for name in listing.left_out}
    recordings = []
    for track_id, track in table.tracks.items():
        found = files.pop(track_id, [])
        rejection = _rejection_of(track, found)
        for file in found:
            if rejection:
                left_out[name_of(file)] = rejection
            else:
                recordings.append(
                    Recording(
                        name=name_of(file),
                        sound=FileSound(listing.files[file]),
                        notes=with_captions(track.notes),
                        split=track.split,
                    )
                )
        if not found and track_id not in named:
            rejection = rejection or _missing(track, subset)
            if rejection:
                left_out[f"{track_id // 1000:03d}/{track_id:06d}.mp3"] = rejection
    for track_id, found in files.items():
        for file in found:
            reason = "its name is no number of a track"
            if track_id >= 0:
                reason = f"tracks.csv has no track {track_id}"
            left_out[name_of(file)] = Rejection(kind="unlisted", reason=reason)
    return recordings, left_out


def _track_id(file: str) -> int:
    """Returns the number that a file's name is, or -1."""
    stem = pathlib.PurePath(file).stem
    return int(stem) if stem.isascii() and stem.isdigit() else -1


def _missing(track: Track, subset: str) -> Rejection | None:
    """Returns why a track without a file is missing, if the subset has it."""
    if SUBSETS.index(track.subset) > SUBSETS.index(subset):
        return None
    reason = f"tracks.csv has it in FMA {subset}, but there is no such file"
    return Rejection(kind="missing", reason=reason)


def _rejection_of(track: Track, files: list[str]) -> Rejection | None:
    if track.problem:
        return Rejection(kind="notes", reason=track.problem)
    if len(files) > 1:
        names = ", ".join(map(name_of, files))
        reason = f"several files have the number of one track; keep one of {names}"
        return Rejection(kind="ambiguous", reason=reason)
    return None
