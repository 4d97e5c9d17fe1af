"""A folder of real audio files as a TFDS data set, like the synthetic corpus.

    music/              a.wav  a.txt            one caption a line
    music/live/         b.mp3  b.json           {"captions": ["..."], "year": 1971}
    music/captions.csv                          file,caption

Files are decoded, mixed to mono, resampled and cut into clips. What cannot be used is
left out and listed with the reason in `quarantine.jsonl` beside the data set.
"""

import dataclasses
import functools
import hashlib
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from musiclm_jax.data.audio_files import READABLE_SUFFIXES
from musiclm_jax.data.folder_reader import FolderReader

QUARANTINE = "quarantine.jsonl"
_NAME_HASH_LENGTH = 8
_SHARD_FILES = 32


@dataclasses.dataclass(kw_only=True)
class AudioFolderConfig(tfds.core.BuilderConfig):
    """Which folder, and how it is cut.

    Attributes:
        name: under which TFDS files the result. Not given, it is made of the folder's
            name and a hash of these settings and of names, sizes and times of its
            files, so that a folder that changed is read again.
        folder: holds audio files, at any depth.
        captions_csv: table of captions; not given, the one CSV in the folder, if any.
        clip_seconds: length of a clip. The last clip of a file ends where the file
            ends; a shorter file is one clip.
        min_seconds: shorter files are quarantined.
        silence_db: files and clips that nowhere get louder are quarantined; relative to
            full scale.
        sample_rate: of the clips, in Hz.
        validation_share: share of the files, by a hash of their content.
        test_share: likewise.
    """

    name: str = ""
    folder: str
    captions_csv: str = ""
    clip_seconds: float
    min_seconds: float = 1.0
    silence_db: float = -60.0
    sample_rate: int = 24000
    validation_share: float = 0.05
    test_share: float = 0.05

    def __post_init__(self):
        if not 0 < self.min_seconds <= self.clip_seconds:
            raise ValueError(
                f"min_seconds {self.min_seconds} and clip_seconds {self.clip_seconds} "
                "must be above 0, and a clip at least as long as the shortest file"
            )
        held_out = self.validation_share + self.test_share
        if min(self.validation_share, self.test_share) < 0 or held_out >= 1:
            raise ValueError(
                f"validation_share {self.validation_share} and test_share "
                f"{self.test_share} must leave files to train on"
            )
        self.name = self.name or self._name_from_content()

    def root(self) -> pathlib.Path:
        """Returns the folder.

        Raises:
            FileNotFoundError: it does not exist.
        """
        root = pathlib.Path(self.folder).expanduser().resolve()
        if not root.is_dir():
            raise FileNotFoundError(f"there is no folder {self.folder} of audio files")
        return root

    def audio_paths(self) -> list[pathlib.Path]:
        """Returns the audio files, sorted; hidden ones are not looked at."""
        root = self.root()
        return [
            path
            for path in sorted(root.rglob("*"))
            if path.suffix.lower() in READABLE_SUFFIXES
            and path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(root).parts)
        ]

    def _name_from_content(self) -> str:
        root = self.root()
        digest = hashlib.sha256()
        for field in dataclasses.fields(AudioFolderConfig):
            if field.name != "name":
                digest.update(f"{field.name}={getattr(self, field.name)}\n".encode())
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            stat = path.stat()
            line = f"{path.relative_to(root)} {stat.st_size} {stat.st_mtime_ns}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
        slug = re.sub(r"[^A-Za-z0-9]+", "_", root.name).strip("_") or "audio"
        return f"{slug}-{digest.hexdigest()[:_NAME_HASH_LENGTH]}"


class AudioFolder(tfds.core.dataset_builder.ShardBasedBuilder):
    """Clips of the audio files of a folder, with captions where there are some."""

    # Shard by shard, because what TFDS shuffles must fit into memory unless TensorFlow
    # is there to spill it. Clips keep the order of their files.

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First."}  # noqa: RUF012

    def __init__(self, **kwargs):
        # Only array_record can be written, and read at random, without TensorFlow.
        super().__init__(**{"file_format": "array_record", **kwargs})
        if not isinstance(self.builder_config, AudioFolderConfig):
            raise ValueError(
                "audio_folder needs an AudioFolderConfig that names the folder, or the "
                "name of a configuration that is already built"
            )

    def _info(self) -> tfds.core.DatasetInfo:
        """Describes the features."""
        text = tfds.features.Text
        return tfds.core.DatasetInfo(
            builder=self,
            description=f"{self.__doc__} Mono, 16 bits.",
            features=tfds.features.FeaturesDict(
                {
                    "name": text(),
                    "audio": tfds.features.Tensor(
                        # As bytes: a list of protocol buffer integers is many times
                        # larger, and slow to read.
                        shape=(None,), dtype=np.int16, encoding="bytes",
                    ),
                    "captions": tfds.features.Sequence(text()),
                    "aspects": tfds.features.Sequence(text()),
                    "file": text(),
                    "start_seconds": np.float32,
                    "fields": text(),
                }
            ),
        )  # fmt: skip

    def _shard_iterators_per_split(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, list[Callable[[], Iterator[tuple[str, dict[str, Any]]]]]]:
        """Deals the files to splits; a split without a usable file is left out."""
        del dl_manager
        config = self.builder_config
        root, paths = config.root(), config.audio_paths()
        if not paths:
            raise ValueError(
                f"there are no audio files in {root}; looked for names that end in "
                f"{', '.join(READABLE_SUFFIXES)}"
            )
        reader = FolderReader(
            root=root,
            captions_csv=_captions_csv(config),
            clip_seconds=config.clip_seconds,
            min_seconds=config.min_seconds,
            silence_db=config.silence_db,
            sample_rate=config.sample_rate,
        )
        reader.reject_captions_without_audio(paths)
        splits: dict[str, list[pathlib.Path]] = {}
        for path in paths:
            splits.setdefault(_split_of(path, config), []).append(path)
        used = {
            split: [
                functools.partial(
                    self._examples, reader, in_split[start : start + _SHARD_FILES]
                )
                for start in range(0, len(in_split), _SHARD_FILES)
            ]
            for split, in_split in splits.items()
            if any(True for path in in_split for _ in reader.clips(path))
        }
        if not used:
            reasons = "; ".join(list(reader.rejected.values())[:3])
            raise ValueError(
                f"none of the {len(paths)} audio files in {root} can be used: {reasons}"
            )
        return used

    def _examples(
        self, reader: FolderReader, paths: list[pathlib.Path]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yields (key, example), then lists what has been left out so far."""
        for path in paths:
            for example in reader.clips(path):
                yield example["name"], example
        # TFDS gives the folder its final name when all splits are done.
        reader.write_rejected(pathlib.Path(self.data_path) / QUARANTINE)


def _captions_csv(config: AudioFolderConfig) -> pathlib.Path | None:
    """Returns the table that the configuration names, or the folder's only one."""
    if config.captions_csv:
        return pathlib.Path(config.captions_csv).expanduser()
    tables = sorted(config.root().glob("*.csv"))
    if len(tables) > 1:
        raise ValueError(
            f"{config.root()} has several tables "
            f"({', '.join(table.name for table in tables)}); name the one of the "
            "captions as captions_csv"
        )
    return tables[0] if tables else None


def _split_of(path: pathlib.Path, config: AudioFolderConfig) -> str:
    """Chooses by content: copies stay together, and new files move no old one."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    if position < config.test_share:
        return "test"
    if position < config.test_share + config.validation_share:
        return "validation"
    return "train"
