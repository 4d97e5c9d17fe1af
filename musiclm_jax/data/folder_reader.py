"""From the files of a folder to clips, keeping account of what cannot be used."""

import dataclasses
import functools
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from musiclm_jax.data.audio_files import is_silent, read_audio, to_int16
from musiclm_jax.data.note_tables import read_note_table
from musiclm_jax.data.sidecars import Notes, read_sidecars


@dataclasses.dataclass(frozen=True, kw_only=True)
class FolderReader:
    """Reads clips out of audio files, and remembers what it rejected.

    Attributes:
        root: the folder; names of clips are relative to it.
        captions_csv: table of captions for the whole folder, if any.
        clip_seconds: length of a clip.
        min_seconds: files shorter than this are rejected.
        silence_db: files and clips nowhere louder than this are rejected.
        sample_rate: of the clips, in Hz.
        rejected: file, or file and time of a clip -> the reason.
    """

    root: pathlib.Path
    captions_csv: pathlib.Path | None
    clip_seconds: float
    min_seconds: float
    silence_db: float
    sample_rate: int
    rejected: dict[str, str] = dataclasses.field(default_factory=dict)

    def clips(self, path: pathlib.Path) -> Iterator[dict[str, Any]]:
        """Yields the clips of one file as TFDS examples; none if it is rejected."""
        file = path.relative_to(self.root).as_posix()
        try:
            audio = read_audio(
                path,
                self.sample_rate,
                min_seconds=self.min_seconds,
                silence_db=self.silence_db,
            )
            notes = self._notes(path)
        except (ValueError, OSError) as error:
            self.rejected[file] = str(error)
            return
        for start in self._starts(len(audio)):
            clip = audio[start : start + self._clip_length]
            name = f"{file}@{start / self.sample_rate:.2f}"
            if is_silent(clip, self.silence_db):
                self.rejected[name] = f"clip is silent: below {self.silence_db:g} dB"
                continue
            yield {
                "name": name,
                "audio": to_int16(clip),
                "captions": list(notes.captions),
                "aspects": list(notes.aspects),
                "file": file,
                "start_seconds": start / self.sample_rate,
                "fields": json.dumps(notes.fields, ensure_ascii=False),
            }

    def reject_captions_without_audio(self, paths: list[pathlib.Path]) -> None:
        """Lists the rows of the table that no audio file answers to."""
        answering = {path.relative_to(self.root).as_posix() for path in paths}
        for file in self._table:
            if file not in answering:
                self.rejected[file] = f"in {self.captions_csv}, but no such audio file"

    def write_rejected(self, path: pathlib.Path) -> None:
        """Writes a JSON line for each rejected file or clip."""
        lines = (
            json.dumps({"file": file, "reason": reason}, ensure_ascii=False) + "\n"
            for file, reason in sorted(self.rejected.items())
        )
        path.write_text("".join(lines), encoding="utf-8")

    @property
    def _clip_length(self) -> int:
        return round(self.clip_seconds * self.sample_rate)

    @functools.cached_property
    def _table(self) -> dict[str, Notes]:
        if self.captions_csv is None:
            return {}
        return read_note_table(self.captions_csv).notes

    def _notes(self, path: pathlib.Path) -> Notes:
        file = path.relative_to(self.root).as_posix()
        return self._table.get(file, Notes()) + read_sidecars(path)

    def _starts(self, length: int) -> list[int]:
        """Returns where clips start, in samples."""
        starts = list(
            range(0, max(length - self._clip_length, 0) + 1, self._clip_length)
        )
        left_over = length - (starts[-1] + self._clip_length)
        # Rather some sound twice than a clip of another length or music lost.
        if left_over >= self.min_seconds * self.sample_rate:
            starts.append(length - self._clip_length)
        return starts
