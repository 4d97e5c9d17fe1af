"""TFDS data sets of clips, made of sources of recordings."""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from musiclm_jax.data.intake import prepare
from musiclm_jax.data.intake.config import ClipsConfig
from musiclm_jax.data.intake.shards import features
from musiclm_jax.files import whole_files
from musiclm_jax.parallel import jobs

QUARANTINE = "quarantine.jsonl"
"""What was left out, and why; beside the shards."""
ACCOUNT = "account.json"
"""How many recordings there were, and what became of them."""


class ClipsBuilder(tfds.core.dataset_builder.FileReaderBuilder, skip_registration=True):
    """Clips of the recordings of a source; subclasses only say what it is."""

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
                f"are, or the name of a prepared set, such as {self.name}/my_music"
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
                config.source(),
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
