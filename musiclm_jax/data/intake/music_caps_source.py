"""MusicCaps: the published table, joined with clips that somebody has downloaded.

    musiccaps-public.csv    ytid,start_s,end_s,...,aspect_list,caption,...
    clips/                  -0Gj8-vB1q4.wav, [-0Gj8-vB1q4]-[30-40].mp3,
                            -0Gj8-vB1q4_30_40.flac, Some title [-0Gj8-vB1q4].ogg

The set names moments of YouTube videos, many of which are gone by now. The clips are
the ten seconds that the table names, not whole videos.
"""

import collections
import os
import pathlib
import re

from musiclm_jax.data.intake.listing import Listing, list_sound, name_of
from musiclm_jax.data.intake.music_caps_table import (
    ID,
    Moment,
    MomentTable,
    read_moments,
)
from musiclm_jax.data.intake.recordings import Recording, Rejection, Source, rejected
from musiclm_jax.data.sound.audio_files import FileSound
from musiclm_jax.data.text.captions import with_captions
from musiclm_jax.data.text.note_tables import together
from musiclm_jax.data.text.tables import repeats_of

_GONE = Rejection(
    kind="missing",
    reason="the table has it, but no clip's name begins with its ytid, or none agrees "
    "in seconds",
)
_NUMBER = r"(\d+(?:\.\d+)?)"


def music_caps_source(table: str | os.PathLike, folder: str | os.PathLike) -> Source:
    """Joins the table of MusicCaps with a folder of clips.

    A clip belongs to the row whose id its name begins with, or holds in brackets. Where
    several have one id, the seconds in the name decide. What the set calls AudioSet's
    evaluation part is the test split; all columns but those of captions and aspects
    become fields.

    Args:
        table: the published CSV.
        folder: holds clips, at any depth.

    Raises:
        FileNotFoundError: there is no such table, or no such folder.
        ValueError: the table cannot be understood at all, or no row has a clip.
        OSError: the table or the folder cannot be read.
    """
    path = pathlib.Path(table).expanduser()
    read = read_moments(path)
    listing = list_sound(folder)
    recordings, left_out = _join(read, listing)
    left_out |= rejected("notes", read.astray)
    total = sum(map(len, read.moments.values()))
    gone = sum(rejection == _GONE for rejection in left_out.values())
    if not recordings and gone == total:
        raise ValueError(
            f"none of the {total} rows of {path} has a clip in {listing.root}; the "
            "names of clips begin with their ytid"
        )
    remarks = [f"{total - gone} of {total} clips of {path.name} are there, {gone} gone"]
    if read.repeats:
        remarks.append(repeats_of(path, read.repeats))
    return Source(
        recordings=tuple(recordings),
        left_out=left_out,
        remarks=(*listing.remarks, *remarks),
    )


def _join(
    table: MomentTable, listing: Listing
) -> tuple[list[Recording], dict[str, Rejection]]:
    left_out = dict(listing.left_out)
    clips: dict[str, list[str]] = collections.defaultdict(list)
    for file in listing.files:
        clips[_id_of(file)].append(file)
    # Clips that are there, if of no use: their rows are not missing.
    useless = {_id_of(name) for name in listing.left_out}
    recordings = []
    for ytid, moments in table.moments.items():
        files = clips.pop(ytid, [])
        for moment in moments:
            chosen = _clips_of(moment, files, is_only=len(moments) == 1)
            if not chosen and ytid not in useless:
                name = ytid if len(moments) == 1 else f"{ytid}@{moment.start:g}"
                left_out[name] = _GONE
            rejection = _rejection_of(moment, chosen)
            for file in chosen:
                if rejection:
                    left_out[name_of(file)] = rejection
                else:
                    recordings.append(_recording(moment, file, listing))
            files = [file for file in files if file not in chosen]
        left_out |= {name_of(file): _unclaimed(moments) for file in files}
    for ytid, files in clips.items():
        left_out |= {name_of(file): _unknown(ytid) for file in files}
    return recordings, left_out


def _split_stem(file: str) -> tuple[str, str]:
    """Returns the id in the name of a clip and what comes behind it; none, nothing."""
    stem = pathlib.PurePath(file).stem
    found = re.search(rf"\[({ID})\]", stem) or re.match(
        rf"\[?({ID})(?![A-Za-z0-9])", stem
    )
    return (found[1], stem[found.end(1) :]) if found else ("", "")


def _id_of(file: str) -> str:
    return _split_stem(file)[0]


def _agrees(file: str, moment: Moment) -> bool | None:
    """Says whether a clip's name has the seconds of a moment; None if it has none."""
    _, rest = _split_stem(file)
    # Some write milliseconds, as AudioSet itself does.
    starts = (moment.start, 1000 * moment.start)
    span = re.search(rf"{_NUMBER}[-_, ]+{_NUMBER}", rest)
    if span and float(span[1]) < float(span[2]):
        return float(span[1]) in starts
    # A single number may as well be a sample rate or the like.
    alone = re.fullmatch(rf"\D*{_NUMBER}\D*", rest)
    return True if alone and float(alone[1]) in starts else None


def _clips_of(moment: Moment, files: list[str], *, is_only: bool) -> list[str]:
    """Returns the clips of a video that may be those of a moment: one, if all is well.

    Args:
        moment: sought.
        files: clips of its video.
        is_only: the table has no other moment of the video.
    """
    agreeing = [file for file in files if _agrees(file, moment)]
    if agreeing or not is_only:
        return agreeing
    return [file for file in files if _agrees(file, moment) is None]


def _rejection_of(moment: Moment, chosen: list[str]) -> Rejection | None:
    if moment.problems:
        return Rejection(kind="notes", reason=moment.problems[0])
    if len(chosen) > 1:
        names = ", ".join(map(name_of, chosen))
        reason = f"several clips may be those of one row; keep one of {names}"
        return Rejection(kind="ambiguous", reason=reason)
    return None


def _unclaimed(moments: list[Moment]) -> Rejection:
    starts = ", ".join(f"{moment.start:g}" for moment in moments)
    reason = (
        f"the table has its id at second {starts}; its name says other seconds, or "
        "another clip says so more clearly"
    )
    return Rejection(kind="unlisted", reason=reason)


def _unknown(ytid: str) -> Rejection:
    reason = (
        f"no row of the table that can be understood has the id {ytid}"
        if ytid
        else "its name neither begins with a YouTube id of eleven letters nor has one "
        "in brackets"
    )
    return Rejection(kind="unlisted", reason=reason)


def _recording(moment: Moment, file: str, listing: Listing) -> Recording:
    is_eval = any(part.fields.get("is_audioset_eval") for part in moment.parts)
    return Recording(
        name=name_of(file),
        sound=FileSound(listing.files[file]),
        notes=with_captions(together(moment.parts)),
        split="test" if is_eval else None,
    )
