"""The synthetic corpus as a TFDS data set, written and read without TensorFlow."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from musiclm_jax.data.records.clip_features import clip_features, serializer
from musiclm_jax.data.records.record_files import write_records
from musiclm_jax.data.records.resumable_builder import (
    ResumableBuilder,
    Shard,
    WholeInfo,
)
from musiclm_jax.data.synth.corpus import Corpus
from musiclm_jax.data.synth.render import SAMPLE_RATE
from musiclm_jax.parallel import jobs

_SHARD_CLIPS = 256


@dataclasses.dataclass(kw_only=True)
class SynthMusicConfig(tfds.core.BuilderConfig):
    """Which corpus.

    Attributes:
        corpus: what decides its content.
        num_workers: processes that make it, 0 for one each core; not its content.
    """

    name: str = ""
    corpus: Corpus
    num_workers: int = 0

    def __post_init__(self):
        # TFDS files data sets by this name: it must change with the content.
        self.name = self.name or self.corpus.name


class SynthMusic(ResumableBuilder):
    """Composed and synthesised clips of music with captions and their truth."""

    VERSION = tfds.core.Version("2.0.0")
    RELEASE_NOTES = {"2.0.0": "Sampled instruments, solos, voices."}  # noqa: RUF012
    BUILDER_CONFIGS = [  # noqa: RUF012
        SynthMusicConfig(
            name="tiny", corpus=Corpus(num_clips=2600, clip_seconds=10.0, seed=0)
        ),
    ]
    _ANYTHING_ELSE = "another corpus, or played by another SoundFont"

    def _info(self) -> tfds.core.DatasetInfo:
        """Describes the features."""
        return WholeInfo(
            builder=self,
            description=f"{self.__doc__} Mono, {SAMPLE_RATE} Hz, 16 bits.",
            features=features(),
        )

    def _made_of(self) -> str:
        return self.builder_config.corpus.name

    def _begin_anew(self, partial: Path) -> None:
        raise ValueError(
            f"{partial} holds parts of {self._ANYTHING_ELSE}; give the corpus another "
            "name, or delete this folder first"
        )

    def _default_runner(self) -> jobs.Runner:
        if self.builder_config.num_workers == 1:
            return jobs.Here()
        if self.builder_config.num_workers == 0:
            return super()._default_runner()
        return jobs.Processes(self.builder_config.num_workers)

    def _make(
        self, partial: Path, target: Path
    ) -> tuple[dict[str, list[Shard]], dict[str, Any]]:
        """Composes and renders what is not there yet."""
        del target
        corpus = self.builder_config.corpus
        # Here, where one sentence tells of it, rather than in every process.
        corpus.check()
        work = {
            split: [
                ShardJob(
                    output=partial
                    / f"{split}-{start // _SHARD_CLIPS:05d}.array_record",
                    corpus=corpus,
                    indices=indices[start : start + _SHARD_CLIPS],
                )
                for start in range(0, len(indices), _SHARD_CLIPS)
            ]
            for split, indices in corpus.splits().items()
        }
        self._runner.run(
            [job for of_split in work.values() for job in of_split],
            lambda done, total: self._progress("composing", done / total),
        )
        shards = {
            split: [
                Shard(
                    path=job.output,
                    num_clips=len(job.indices),
                    num_bytes=job.output.stat().st_size,
                )
                for job in of_split
            ]
            for split, of_split in work.items()
        }
        soundfont = Path(corpus.soundfont).name
        return shards, {"sample_rate": SAMPLE_RATE, "soundfont": soundfont}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ShardJob:
    """Makes some clips of a corpus.

    Attributes:
        output: the file of them.
        corpus: the whole of it.
        indices: of the clips.
    """

    output: Path
    corpus: Corpus
    indices: Sequence[int]

    def run(self) -> None:
        """Writes the file.

        Raises:
            OSError: a disk that is full.
        """
        write_records(self.output, self._records(), is_compressed=False)

    def _records(self) -> Iterator[bytes]:
        serialize = serializer(features())
        for index in self.indices:
            yield serialize(self.corpus.example(index))


@functools.cache
def features() -> tfds.features.FeaturesDict:
    """Returns what is known of each clip."""
    text = tfds.features.Text
    return clip_features(
        style=text(),
        tempo_bpm=np.float32,
        tempo_class=text(),
        beats_per_bar=np.int64,
        key=text(),
        mode=text(),
        energy=text(),
        has_drums=np.bool_,
        drum_kit=text(),
        lead=text(),
        lead_family=text(),
        melody_id=np.int64,
    )
