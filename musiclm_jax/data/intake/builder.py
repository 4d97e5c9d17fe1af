"""TFDS data sets of clips, made of piles of recordings."""

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import re
import shutil
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from musiclm_jax import whole_files
from musiclm_jax.data import jobs
from musiclm_jax.data.intake import prepare
from musiclm_jax.data.intake.clips import Cut
from musiclm_jax.data.intake.faults import Limits
from musiclm_jax.data.intake.recordings import Pile
from musiclm_jax.data.intake.shards import features

QUARANTINE = "quarantine.jsonl"
"""What was left out, and why; beside the shards."""
ACCOUNT = "account.json"
"""How many recordings there were, and what became of them."""

_NAME_HASH_LENGTH = 8


@dataclasses.dataclass(kw_only=True)
class ClipsConfig(tfds.core.BuilderConfig):
    """Which recordings, what is left out of them, and how they are cut.

    Attributes:
        name: under which TFDS files the result. Not given, it is made of `title()` and
            the start of `fingerprint()`, so that a pile that changed is read again.
        clip_seconds: length of a clip. The last clip of a recording ends where it ends;
            a shorter recording is one clip.
        min_seconds: shorter recordings are left out.
        min_sample_rate: recordings of lower rates are left out, in Hz.
        silence_db: recordings and clips that nowhere get louder are left out; relative
            to full scale.
        max_clipped_share: recordings with more flat tops are left out.
        loudness: of each recording, in LUFS (ITU-R BS.1770-4), as far as its peaks
            leave room; None leaves them as they are.
        trim_silence: whether silence at both ends of a recording is cut off.
        sample_rate: of the clips, in Hz.
        validation_share: share of the recordings, by a hash of their content.
        test_share: likewise.
    """

    name: str = ""
    clip_seconds: float
    min_seconds: float = 1.0
    min_sample_rate: int = Limits.min_sample_rate
    silence_db: float = Limits.silence_db
    max_clipped_share: float = Limits.max_clipped_share
    loudness: float | None = None
    trim_silence: bool = False
    sample_rate: int = 24000
    validation_share: float = 0.05
    test_share: float = 0.05

    def __post_init__(self):
        # What cannot be is said here, before anything is read.
        self.cut(), self.limits(), self.splits()
        self.name = self.name or self._name_from_content()

    @abstractmethod
    def pile(self) -> Pile:
        """Lists the recordings.

        Raises:
            OSError: there is no such folder or table.
            ValueError: a table that cannot be understood.
        """

    @abstractmethod
    def title(self) -> str:
        """Returns a few words for the name."""

    @abstractmethod
    def content(self) -> Iterator[str]:
        """Yields what changes when the recordings do, for the name."""

    def limits(self) -> Limits:
        """Returns what is left out."""
        return Limits(
            min_seconds=self.min_seconds,
            min_sample_rate=self.min_sample_rate,
            silence_db=self.silence_db,
            max_clipped_share=self.max_clipped_share,
        )

    def cut(self) -> Cut:
        """Returns how recordings become clips."""
        return Cut(
            clip_seconds=self.clip_seconds,
            min_seconds=self.min_seconds,
            sample_rate=self.sample_rate,
            silence_db=self.silence_db,
            loudness=self.loudness,
            trim_silence=self.trim_silence,
        )

    def splits(self) -> prepare.Splits:
        """Returns what is held out."""
        return prepare.Splits(
            validation_share=self.validation_share, test_share=self.test_share
        )

    def fingerprint(self) -> str:
        """Returns a hash of these settings and of what lies there, in hexadecimal."""
        digest = hashlib.sha256()
        for field in dataclasses.fields(self):
            if field.name != "name":
                digest.update(f"{field.name}={getattr(self, field.name)}\n".encode())
        for line in self.content():
            digest.update(line.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def _name_from_content(self) -> str:
        slug = re.sub(r"[^A-Za-z0-9]+", "_", self.title()).strip("_") or "audio"
        return f"{slug}-{self.fingerprint()[:_NAME_HASH_LENGTH]}"


@dataclasses.dataclass(kw_only=True)
class FolderConfig(ClipsConfig):
    """Recordings that are the files of a folder.

    Attributes:
        folder: holds audio files, at any depth.
    """

    folder: str

    def root(self) -> Path:
        """Returns the folder.

        Raises:
            FileNotFoundError: it does not exist.
        """
        root = Path(self.folder).expanduser().resolve()
        if not root.is_dir():
            raise FileNotFoundError(f"there is no folder {self.folder} of audio files")
        return root

    def title(self) -> str:
        """Returns the folder's name."""
        return self.root().name

    def content(self) -> Iterator[str]:
        """Yields names, sizes and times of the files."""
        root = self.root()
        for folder, subfolders, files in os.walk(root):
            subfolders.sort()
            for name in sorted(files):
                path = Path(folder, name)
                with contextlib.suppress(OSError):
                    stat = path.stat()
                    place = path.relative_to(root)
                    yield f"{place} {stat.st_size} {stat.st_mtime_ns}\n"


class ClipsBuilder(tfds.core.dataset_builder.FileReaderBuilder, skip_registration=True):
    """Clips of the recordings of a pile; subclasses only say what it is."""

    VERSION = tfds.core.Version("2.0.0")

    def __init__(
        self,
        *,
        runner: jobs.Runner | None = None,
        progress: prepare.Progress | None = None,
        **kwargs: Any,
    ):
        """Looks whether the set is there.

        Args:
            runner: where a set that is not there is prepared; not given, in processes
                of this machine, one a core.
            progress: is told of it.
            **kwargs: TFDS's.
        """
        # Only array_record can be written, and read at random, without TensorFlow.
        super().__init__(**{"file_format": "array_record", **kwargs})
        if not isinstance(self.builder_config, ClipsConfig):
            raise ValueError(
                f"{self.name} needs a configuration that says where the recordings "
                "are, or the name of one that is already prepared"
            )
        self._runner = runner or jobs.Processes(os.cpu_count() or 1)
        self._progress = progress or (lambda what, share: None)
        # TFDS gives the folder another name while it is being made.
        self._final = Path(self.data_dir)

    def _info(self) -> tfds.core.DatasetInfo:
        """Describes the features."""
        return tfds.core.DatasetInfo(
            builder=self,
            description=f"{self.__doc__} Mono, 16 bits.",
            features=features(),
        )

    def check_unchanged(self) -> None:
        """Checks that a set that is there was made of what lies there today.

        Raises:
            ValueError: it was made of other recordings, or with other settings.
        """
        account = json.loads((self._final / ACCOUNT).read_text(encoding="utf-8"))
        if account["made_of"] != self.builder_config.fingerprint():
            raise ValueError(
                f"{self._final} is there, but was made of other recordings or with "
                "other settings; give another name, or delete it first"
            )

    def _download_and_prepare(self, dl_manager: Any, download_config: Any = None):
        """Prepares shards in a folder that stays, and moves them in at the end."""
        del dl_manager, download_config
        config = self.builder_config
        partial = self._final.with_name(f"{self._final.name}.partial")
        partial.mkdir(parents=True, exist_ok=True)
        with _alone(partial):
            _begin_or_go_on(partial, config.fingerprint())
            prepared = prepare.prepare(
                config.pile(),
                partial,
                limits=config.limits(),
                cut=config.cut(),
                splits=config.splits(),
                runner=self._runner,
                progress=self._progress,
            )
            target = Path(self.data_path)
            _remove_leftovers(target, self._final)
            _write_accounts(prepared, target, config.fingerprint())
            infos = [
                self._move_in(split, shards)
                for split, shards in prepared.shards.items()
            ]
            self.info.set_splits(tfds.core.splits.SplitDict(infos))
            shutil.rmtree(partial)

    def _move_in(self, split: str, shards: list[prepare.Shard]) -> Any:
        template = self._get_filename_template(split)
        for index, shard in enumerate(shards):
            os.replace(
                shard.path,
                template.sharded_filepath(shard_index=index, num_shards=len(shards)),
            )
        return tfds.core.SplitInfo(
            name=split,
            shard_lengths=[shard.num_clips for shard in shards],
            num_bytes=sum(shard.num_bytes for shard in shards),
            filename_template=template,
        )


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds the folder for this process; the system lets go of it when it ends."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"another process is preparing {folder}; wait until it is done"
            ) from None
        yield


def _begin_or_go_on(partial: Path, fingerprint: str) -> None:
    """Empties the folder where it holds parts of what has changed since."""
    made_of = partial / "made_of"
    if not made_of.exists() or made_of.read_text(encoding="utf-8") != fingerprint:
        for path in partial.iterdir():
            if path.name != "lock":
                path.unlink()
        whole_files.write(made_of, fingerprint.encode("utf-8"))


def _remove_leftovers(moving_in: Path, final: Path) -> None:
    """Removes what TFDS left where a process was killed while it moved shards in."""
    for leftover in final.parent.glob(f"incomplete.*_{final.name}"):
        if leftover != moving_in:
            shutil.rmtree(leftover, ignore_errors=True)


def _write_accounts(prepared: prepare.Prepared, folder: Path, made_of: str) -> None:
    lines = (
        json.dumps(line, ensure_ascii=False) + "\n" for line in prepared.quarantine()
    )
    (folder / QUARANTINE).write_text(
        "".join(lines), encoding="utf-8", errors="surrogateescape"
    )
    account = prepared.account() | {"made_of": made_of}
    (folder / ACCOUNT).write_text(json.dumps(account, indent=1) + "\n")
