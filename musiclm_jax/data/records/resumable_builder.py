"""TFDS data sets whose shards are made one by one, and kept until all are there."""

import contextlib
import dataclasses
import glob
import json
import os
import shutil
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from musiclm_jax.files import one_writer, whole_files
from musiclm_jax.parallel import jobs

Progress = Callable[[str, float], None]
"""Is told what is being done, and which share of it is."""


ACCOUNT = "account.json"
"""What the set was made of, and what became of it; beside the shards."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shard:
    """A file of clips that is there.

    Attributes:
        path: of the file.
        num_clips: in it.
        num_bytes: of it.
    """

    path: Path
    num_clips: int
    num_bytes: int


class WholeInfo(tfds.core.DatasetInfo):
    """What TFDS writes last into the folder of a set, before it gives it its name."""

    def initialize_from_bucket(self) -> None:
        """Asks nobody: our sets are published nowhere.

        TFDS would make a temporary folder for the answer, and leave it there.
        """

    def write_to_directory(self, *args: Any, **kwargs: Any) -> None:
        """Writes it, and returns when all of the folder would survive a power cut."""
        super().write_to_directory(*args, **kwargs)
        whole_files.onto_disk(Path(args[0]))


class ResumableBuilder(
    tfds.core.dataset_builder.FileReaderBuilder, skip_registration=True
):
    """A data set that goes on where it stopped; subclasses say what it is made of."""

    _ANYTHING_ELSE = "something else"

    def __init__(
        self,
        *,
        runner: jobs.Runner | None = None,
        progress: Progress | None = None,
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
        self._runner = runner or self._default_runner()
        self._progress = progress or (lambda what, share: None)
        # TFDS gives the folder another name while it is being made.
        self._final = Path(self.data_dir)
        self._partial = self._final.with_name(f"{self._final.name}.partial")

    @abstractmethod
    def _made_of(self) -> str:
        """Returns what changes when the content does."""

    @abstractmethod
    def _begin_anew(self, partial: Path) -> None:
        """Empties a folder that holds parts of something else.

        Raises:
            ValueError: they are too dear for that.
        """

    @abstractmethod
    def _make(
        self, partial: Path, target: Path
    ) -> tuple[dict[str, list[Shard]], dict[str, Any]]:
        """Makes what is not there yet.

        Args:
            partial: folder of the shards, and all that a later call goes on from.
            target: folder for what lies beside the shards in the end.

        Returns:
            Split -> its shards, and what there is to tell of them, for JSON:
            `sample_rate`, in Hz, and more.
        """

    def check_unchanged(self) -> None:
        """Checks that a set that is there was made of what it is asked to be made of.

        Raises:
            ValueError: it was made of something else.
        """
        if self.made_of() != self._made_of():
            raise ValueError(
                f"{self._final} is there, but was made of {self._ANYTHING_ELSE}; give "
                "another name, or delete it first"
            )

    def sweep(self) -> None:
        """Removes what a process left that was killed when the set was there."""
        if self._partial.is_dir() and self._final.is_dir():
            with contextlib.suppress(ValueError), one_writer.alone(self._partial):
                shutil.rmtree(self._partial)

    def made_of(self) -> str:
        """Returns what changes when the content does: of that which is there, if it is.

        Raises:
            ValueError: the account beside it is damaged.
        """
        account = read_account(self._final)
        return account["made_of"] if account else self._made_of()

    def _default_runner(self) -> jobs.Runner:
        return jobs.Processes(os.cpu_count() or 1)

    def download_and_prepare(self, **kwargs: Any) -> None:
        """Makes the set unless it is there; see TFDS.

        Raises:
            ValueError: another process makes it.
        """
        if self._final.exists():
            super().download_and_prepare(**kwargs)
            return
        with one_writer.alone(self._partial):
            place, names = self._final.parent, _while_made(self._final)
            with whole_files.written_by_a_library(place, names):
                super().download_and_prepare(**kwargs)
            whole_files.sync(self._final.parent)
            # Not before: until then it is all that there is.
            shutil.rmtree(self._partial)

    def _download_and_prepare(self, dl_manager: Any, download_config: Any = None):
        """Prepares shards in a folder that stays, and gives them their names."""
        del dl_manager, download_config
        made_of = self._made_of()
        self._begin_or_go_on(self._partial, made_of)
        target = Path(self.data_path)
        _remove_leftovers(target, self._final)
        shards, account = self._make(self._partial, target)
        account = json.dumps(account | {"made_of": made_of}, indent=1)
        (target / ACCOUNT).write_text(account + "\n", encoding="utf-8")
        infos = [self._name(split, found) for split, found in shards.items()]
        self.info.set_splits(tfds.core.splits.SplitDict(infos))

    def _begin_or_go_on(self, partial: Path, made_of: str) -> None:
        before = partial / "made_of"
        if not before.exists() or before.read_text(encoding="utf-8") != made_of:
            if before.exists():
                self._begin_anew(partial)
            whole_files.write(before, made_of.encode("utf-8"))

    def _name(self, split: str, shards: Sequence[Shard]) -> Any:
        template = self._get_filename_template(split)
        for index, shard in enumerate(shards):
            path = template.sharded_filepath(shard_index=index, num_shards=len(shards))
            try:
                os.link(shard.path, path)
            except OSError:  # of a file system without such links
                os.replace(shard.path, path)
        return tfds.core.SplitInfo(
            name=split,
            shard_lengths=[shard.num_clips for shard in shards],
            num_bytes=sum(shard.num_bytes for shard in shards),
            filename_template=template,
        )


def read_account(folder: Path) -> dict[str, Any] | None:
    """Returns what lies beside the shards of a set, or None where nothing does.

    Raises:
        ValueError: it is damaged.
    """
    path = folder / ACCOUNT
    if not path.is_file():
        return None
    try:
        account = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(account["made_of"], str):
            return account
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise ValueError(f"{path} is damaged: prepare the set again, into another folder")


def empty(partial: Path) -> None:
    """Removes all parts from a folder that this process holds."""
    for path in partial.iterdir():
        path.unlink()


def _while_made(final: Path) -> str:
    """Returns the pattern of the names that TFDS draws for a folder at first."""
    return f"incomplete.*_{glob.escape(final.name)}"


def _remove_leftovers(moving_in: Path, final: Path) -> None:
    """Removes what TFDS left where a process was killed."""
    for leftover in final.parent.glob(_while_made(final)):
        if leftover != moving_in:
            shutil.rmtree(leftover, ignore_errors=True)
