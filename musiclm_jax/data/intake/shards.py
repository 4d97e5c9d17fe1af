"""Shards of clips, each a piece of work that depends on no other."""

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from musiclm_jax.data.intake.clips import Cut, clips
from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.recordings import Recording
from musiclm_jax.data.records.clip_features import clip_features, serializer
from musiclm_jax.data.records.record_files import write_records
from musiclm_jax.data.sound.open_audio import without_notes
from musiclm_jax.files import whole_files

# Hours of sound in a shard: enough of them to share among many, not too many files.
_MIN_SECONDS, _MAX_SECONDS, _SHARDS = 120.0, 3600.0, 64

Work = Sequence[tuple[Recording, Facts]]


@functools.cache
def features() -> tfds.features.FeaturesDict:
    """Returns what is known of each clip, whatever set it comes from."""
    text = tfds.features.Text
    return clip_features(file=text(), start_seconds=np.float32, fields=text())


def split_into_shards(work: Work) -> list[Work]:
    """Cuts work into shards of about equal length; the order stays."""
    total = sum(facts.seconds for _, facts in work)
    most = min(max(total / _SHARDS, _MIN_SECONDS), _MAX_SECONDS)
    shards: list[list] = []
    seconds = most
    for item in work:
        if seconds >= most:
            shards.append([])
            seconds = 0.0
        shards[-1].append(item)
        seconds += item[1].seconds
    return shards


@dataclasses.dataclass(frozen=True, kw_only=True)
class ShardJob:
    """Writes the clips of some recordings into one array_record file.

    Attributes:
        records: the file.
        work: recordings, each with what is known of it.
        cut: how they become clips.
    """

    records: Path
    work: Work
    cut: Cut

    @property
    def output(self) -> Path:
        """What was written, in a file that appears behind the records."""
        return self.records.with_name(f"{self.records.name}.json")

    def run(self) -> None:
        """Writes both.

        Raises:
            OSError: a disk that is full, a recording that cannot be read any more.
            ValueError: a recording that cannot be decoded any more.
        """
        summary = Summary()
        with without_notes():
            write_records(self.records, self._records(summary), is_compressed=False)
        whole_files.write(self.output, json.dumps(summary.to_dict()).encode("utf-8"))

    def _records(self, summary: "Summary") -> Iterator[bytes]:
        for recording, facts in self.work:
            for clip in clips(recording, facts, self.cut):
                summary.count(recording.name, clip)
                if not clip.is_silent:
                    yield _serializer()(_example(recording, clip))


@dataclasses.dataclass
class Summary:
    """What became of the recordings of a shard.

    Attributes:
        num_clips: that were written.
        num_samples: in them.
        written: recording -> how many clips of it were.
        silent: recording -> starts of its silent clips, in seconds.
    """

    num_clips: int = 0
    num_samples: int = 0
    written: dict[str, int] = dataclasses.field(default_factory=dict)
    silent: dict[str, list[float]] = dataclasses.field(default_factory=dict)

    def count(self, name: str, clip: Any) -> None:
        """Adds a clip of a recording."""
        self.written.setdefault(name, 0)
        if clip.is_silent:
            self.silent.setdefault(name, []).append(clip.start_seconds)
            return
        self.written[name] += 1
        self.num_clips += 1
        self.num_samples += len(clip.audio)

    def to_dict(self) -> dict[str, Any]:
        """Returns it for JSON."""
        return dataclasses.asdict(self)


@functools.cache
def _serializer() -> Callable[[dict[str, Any]], bytes]:
    return serializer(features())


def _example(recording: Recording, clip: Any) -> dict[str, Any]:
    notes = recording.notes
    return {
        "name": f"{recording.name}@{clip.start_seconds:.2f}",
        "audio": clip.audio,
        "captions": list(notes.captions),
        "aspects": list(notes.aspects),
        "file": recording.name,
        "start_seconds": clip.start_seconds,
        "fields": json.dumps(notes.fields, ensure_ascii=False),
    }
