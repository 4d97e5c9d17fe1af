"""A TFDS data set of clips as a value: which one, where it lies, how it gets there."""

import contextlib
import dataclasses
import importlib.util
import logging
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import grain
import tensorflow_datasets as tfds

_LOGGER = logging.getLogger(__name__)
# TFDS finds a builder by name once its module is imported.
_BUILDER_MODULES = "musiclm_jax.data"


@dataclasses.dataclass(frozen=True, kw_only=True)
class AudioDataset:
    """One data set of clips: int16 audio, captions and what is known of each clip.

    Attributes:
        name: TFDS name of the builder, such as "synth_music" or "audio_folder", or of a
            prepared set, such as "synth_music/tiny".
        data_dir: folder under which TFDS keeps its data sets; "~" is expanded.
        config: the builder's configuration, or its name; None takes the builder's own.
    """

    name: str
    data_dir: str
    config: tfds.core.BuilderConfig | str | None = None

    def builder(self) -> tfds.core.DatasetBuilder:
        """Returns the TFDS builder.

        Raises:
            ValueError: no builder and no prepared data set has this name.
        """
        module = f"{_BUILDER_MODULES}.{self.name.partition('/')[0]}"
        # A name may bring a configuration along, beside which TFDS takes no other.
        config = {} if self.config is None else {"config": self.config}
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module)
        try:
            with _quiet():
                return tfds.builder(
                    self.name,
                    data_dir=pathlib.Path(self.data_dir).expanduser(),
                    **config,
                    # The one format that TFDS writes and reads without TensorFlow.
                    file_format="array_record",
                )
        except tfds.core.registered.DatasetNotFoundError:
            raise ValueError(
                f"there is no data set {self.name!r}: neither a builder in "
                f"{_BUILDER_MODULES} nor a prepared one in {self.data_dir}"
            ) from None

    def prepare(self) -> tfds.core.DatasetBuilder:
        """Builds the data set unless it is there, and returns its builder."""
        builder = self.builder()
        with _quiet():
            if not builder.is_prepared():
                _LOGGER.info("building data set %s in %s", self.name, builder.data_dir)
                builder.download_and_prepare(file_format="array_record")
        return builder

    def open(self, split: str) -> Sequence[dict[str, Any]]:
        """Returns random access to the clips of a split, which is built if need be.

        Raises:
            ValueError: there is no such split, or it is empty.
        """
        splits = self.prepare().info.splits
        if split not in splits or not splits[split].num_examples:
            there = ", ".join(f"{s} ({splits[s].num_examples})" for s in splits)
            raise ValueError(
                f"data set {self.name!r} has no clips in split {split!r}, but: {there}"
            )
        return self.builder().as_data_source(split)


def captions_of(clip: dict[str, Any]) -> list[str]:
    """Returns the captions of a clip as strings; TFDS gives bytes, one or many."""
    captions = clip.get("captions", ())
    return [c.decode() if isinstance(c, bytes) else str(c) for c in captions]


def read_captions(dataset: AudioDataset, split: str) -> Iterator[list[str]]:
    """Yields the captions of each clip of a split, in order, read by several threads.

    Raises:
        ValueError: there is no such split, or it is empty.
    """
    # A record is compressed as a whole, sound and all, and that is nearly all the work.
    clips = grain.MapDataset.source(dataset.open(split)).map(captions_of)
    yield from clips.to_iter_dataset()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps TFDS from warning that a data set not yet built is not there."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
