"""The synthetic corpus as a TFDS data set, written and read without TensorFlow."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from musiclm_jax.data.records.clip_features import clip_features
from musiclm_jax.data.synth.corpus import Corpus
from musiclm_jax.data.synth.render import SAMPLE_RATE

_SHARD_CLIPS = 512


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


class SynthMusic(tfds.core.dataset_builder.ShardBasedBuilder):
    """Composed and synthesised clips of music with captions and their truth."""

    # Shard by shard, because what TFDS shuffles must fit into memory unless TensorFlow
    # is there to spill it; the order is random already, for clips are independent.

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First corpus."}  # noqa: RUF012
    BUILDER_CONFIGS = [  # noqa: RUF012
        SynthMusicConfig(
            name="tiny", corpus=Corpus(num_clips=2600, clip_seconds=10.0, seed=0)
        ),
    ]

    def __init__(self, **kwargs):
        # Only array_record can be written, and read at random, without TensorFlow.
        super().__init__(**{"file_format": "array_record", **kwargs})

    def _info(self) -> tfds.core.DatasetInfo:
        """Describes the features."""
        text = tfds.features.Text
        return tfds.core.DatasetInfo(
            builder=self,
            description=f"{self.__doc__} Mono, {SAMPLE_RATE} Hz, 16 bits.",
            features=clip_features(
                style=text(),
                tempo_bpm=np.float32,
                tempo_class=text(),
                beats_per_bar=np.int64,
                key=text(),
                mode=text(),
                energy=text(),
                has_drums=np.bool_,
                lead=text(),
                lead_family=text(),
                melody_id=np.int64,
            ),
        )

    def _shard_iterators_per_split(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, list[Callable[[], Iterator[tuple[str, dict[str, Any]]]]]]:
        """Nothing is downloaded."""
        del dl_manager
        splits = self.builder_config.corpus.splits()
        return {
            name: [
                functools.partial(self._examples, rows[start : start + _SHARD_CLIPS])
                for start in range(0, len(rows), _SHARD_CLIPS)
            ]
            for name, rows in splits.items()
        }

    def _examples(
        self, indices: tuple[int, ...]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yields (key, example)."""
        config = self.builder_config
        for example in config.corpus.examples(indices, num_workers=config.num_workers):
            yield example["name"], example
