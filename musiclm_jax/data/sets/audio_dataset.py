"""A TFDS data set of clips as a value: which one, where it lies, how it gets there."""

import contextlib
import dataclasses
import io
import logging
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grain
import tensorflow_datasets as tfds

from musiclm_jax.data.records import record_files
from musiclm_jax.data.records.resumable_builder import (
    Progress,
    ResumableBuilder,
    read_account,
)

# TFDS finds builders by name once they are imported.
from musiclm_jax.data.sets import builders
from musiclm_jax.files import fingerprints
from musiclm_jax.parallel.jobs import Runner

_LOGGER = logging.getLogger(__name__)


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

    def builder(self, **how: Any) -> tfds.core.DatasetBuilder:
        """Returns the TFDS builder.

        Args:
            **how: further arguments of the builder.

        Raises:
            ValueError: no builder and no prepared data set has this name.
        """
        # A name may bring a configuration along, beside which TFDS takes no other.
        config = {} if self.config is None else {"config": self.config}
        try:
            with _quiet():
                return tfds.builder(
                    self.name,
                    data_dir=pathlib.Path(self.data_dir).expanduser(),
                    **config,
                    # The one format that TFDS writes and reads without TensorFlow.
                    file_format="array_record",
                    **how,
                )
        except tfds.core.registered.DatasetNotFoundError:
            raise ValueError(
                f"there is no data set {self.name!r}: neither a builder of "
                f"{builders.__name__} nor a prepared one in {self.data_dir}"
            ) from None
        except ValueError as error:
            raise ValueError(self._explain(str(error))) from None

    def _explain(self, message: str) -> str:
        """Says TFDS's words in fewer, and which sets there are."""
        message = message.partition('}": ')[2] or message
        if not message.startswith("BuilderConfig"):
            return message
        name = f"{self.name}/{self.config}" if self.config else self.name
        root = pathlib.Path(self.data_dir).expanduser() / name.partition("/")[0]
        there = sorted(
            path.parent.parent.name for path in root.glob("*/*/features.json")
        )
        return (
            f"data set {name!r} is not prepared in {self.data_dir}; of its kind "
            f"there: {', '.join(there) or 'none'}"
        )

    def prepare(
        self, *, runner: Runner | None = None, progress: Progress | None = None
    ) -> tfds.core.DatasetBuilder:
        """Builds the data set unless it is there, and returns its builder.

        Args:
            runner: where a set with a configuration of its own is prepared; not
                given, in processes of this machine.
            progress: is told of it.

        Raises:
            ValueError: it is there, but made of something else; or nothing can be made
                of it.
        """
        is_described = isinstance(self.config, tfds.core.BuilderConfig)
        how = {"runner": runner, "progress": progress} if is_described else {}
        builder = self.builder(**how)
        with _quiet():
            if not builder.is_prepared():
                _LOGGER.info("building data set %s in %s", self.name, builder.data_dir)
                builder.download_and_prepare(file_format="array_record")
            elif is_described:
                builder.check_unchanged()
                builder.sweep()
        return builder

    def is_prepared(self) -> bool:
        """Whether it is there, so that nothing has to be built.

        Raises:
            ValueError: see `builder`.
        """
        with _quiet():
            return self.builder().is_prepared()

    def made_of(self) -> str:
        """Returns a hash of what the set is made of, wherever it lies.

        Raises:
            ValueError: see `builder`; the account beside the set is damaged.
        """
        builder = self.builder()
        account = read_account(pathlib.Path(builder.data_dir))
        if account is not None:
            return fingerprints.of(account["made_of"])
        if isinstance(builder, ResumableBuilder):
            return fingerprints.of(builder.made_of())
        splits = {
            name: [split.num_bytes, list(split.shard_lengths)]
            for name, split in builder.info.splits.items()
        }
        return fingerprints.of(splits)

    def check_rate(self, sample_rate: int, of_whom: str) -> None:
        """Checks that the clips have the rate that somebody takes them for.

        Args:
            sample_rate: in Hz.
            of_whom: has it, such as "this run".

        Raises:
            ValueError: they have another. Of sets that do not say it, nothing is known.
        """
        account = read_account(pathlib.Path(self.builder().data_dir)) or {}
        rate = account.get("sample_rate", sample_rate)
        if rate != sample_rate:
            raise ValueError(
                f"the clips of data set {self.name!r} have {rate} samples a second, "
                f"and {of_whom} has {sample_rate}: prepare the set with "
                f"--sample_rate={sample_rate}, under another name"
            )

    def full_name(self) -> str:
        """Returns the name with configuration and version, for which nothing is built.

        Raises:
            ValueError: see `builder`.
        """
        return self.builder().info.full_name

    def shard_lengths(self, split: str) -> list[int]:
        """Returns how many clips each shard of a split has; it is built if need be.

        Raises:
            ValueError: there is no such split, or it is empty.
        """
        splits = self.prepare().info.splits
        if split not in splits or not splits[split].num_examples:
            there = ", ".join(f"{s} ({splits[s].num_examples})" for s in splits)
            raise ValueError(
                f"data set {self.name!r} has no clips in split {split!r}, but: {there}"
            )
        return list(splits[split].shard_lengths)

    def open(self, split: str) -> Sequence[dict[str, Any]]:
        """Returns random access to the clips of a split, which is built if need be.

        Raises:
            ValueError: there is no such split, it is empty, or a file of it is damaged.
        """
        self.shard_lengths(split)
        info = self.builder().info
        records = record_files.Records(info.splits[split].filepaths)
        return Clips(records, info.features.deserialize_example_np)


@dataclasses.dataclass(frozen=True)
class Clips(Sequence[dict[str, Any]]):
    """Random access to clips.

    Attributes:
        records: of the clips.
        clip_of: makes a clip of one.
    """

    records: record_files.Records
    clip_of: Callable[[bytes], dict[str, Any]]

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> dict[str, Any]:
        record = self.records[int(index)]
        with record_files.naming_damage(self.records.path_of(int(index))):
            return self.clip_of(record)


def captions_of(clip: dict[str, Any]) -> list[str]:
    """Returns the captions of a clip as strings, none where it has none."""
    return [str(caption) for caption in plain(clip.get("captions", ()))]


def plain(value: Any) -> Any:
    """Turns what TFDS gives into what JSON holds: text, numbers and lists of them."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


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
    """Keeps TFDS from printing, and from warning of a set that is not built yet."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
