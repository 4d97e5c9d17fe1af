"""`musiclm tokenize`: a data set to token records, by the tokenizers of a bundle.

The token stages train on these records, so that no frozen network runs beside them.
The work is done shard by shard (`bundle.tokenizing`): started again, it goes on where
it stopped, and several processes share it.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musiclm_jax.cli import data_set, processes, workers
from musiclm_jax.cli.progress import Progress
from musiclm_jax.data.records.pieces import PIECE_SECONDS
from musiclm_jax.files import whole_files
from musiclm_jax.files.ranges import Range

_RANGES = {
    "batch_size": Range(kind=int, low=1, high=4096),
    "piece_seconds": Range(kind=int, low=1, high=3600),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    data_set.add_arguments(parser)
    parser.add_argument(
        "--bundle",
        required=True,
        type=Path,
        metavar="FOLDER",
        help="has codec, semantic and mulan",
    )
    parser.add_argument(
        "--output",
        required=True,
        type=Path,
        metavar="FOLDER",
        help="of the records; one for all processes",
    )
    parser.add_argument(
        "--splits", default="train,validation,test", help="joined by commas"
    )
    parser.add_argument(
        "--batch_size", type=int, default=8, help="pieces that are computed at once"
    )
    parser.add_argument(
        "--piece_seconds",
        type=int,
        default=PIECE_SECONDS,
        help=f"of longer clips, each a record ({PIECE_SECONDS})",
    )
    processes.add_arguments(parser)
    workers.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Finds the data set and writes its records.

    Raises:
        ValueError: an argument, configuration, data set or bundle that cannot be.
        OSError: a missing file.
    """
    for name, numbers in _RANGES.items():
        numbers.check(f"--{name}", getattr(options, name))
    whole_files.check_folder(options.output)
    given = {
        # Other machines may read and write them.
        "bundle": options.bundle.absolute(),
        "output": options.output.absolute(),
        "splits": tuple(filter(None, options.splits.split(","))),
        "batch_size": options.batch_size,
        "piece_seconds": options.piece_seconds,
        "runner": workers.chosen(options, None),
    }

    from musiclm_jax.cli import compilation_cache

    processes.join(options)
    compilation_cache.use()
    with processes.together(), processes.writing(given["output"]):
        data_set.call(options, tokenize, **given)


def tokenize(
    *,
    dataset: Any,
    bundle: Path,
    output: Path,
    splits: tuple[str, ...],
    batch_size: int,
    piece_seconds: int,
    runner: Any = None,
) -> None:
    """Writes the shards of records that are not there yet, and says what became of all.

    Args:
        dataset: a `data.sets.audio_dataset.AudioDataset`.
        bundle: folder of a bundle that has codec, semantic and mulan.
        output: folder of the records.
        splits: of the data set.
        batch_size: pieces that are computed at once.
        piece_seconds: longer clips are cut into pieces of this length.
        runner: a `parallel.jobs.Runner` that does the shards of this process; in the
            process itself if None.
    """
    import jax

    from musiclm_jax.bundle import tokenizing
    from musiclm_jax.data.records import token_records
    from musiclm_jax.parallel import jobs

    metadata = tokenizing.describe(dataset, bundle, piece_seconds)
    token_records.claim(output, metadata)
    shown = _Shown()
    every = [
        job
        for split in splits
        for job in tokenizing.shard_jobs(
            dataset,
            split,
            bundle=bundle,
            folder=output,
            metadata=metadata,
            batch_size=batch_size,
            # Its words do not reach another process.
            heard=shown.hear if runner is None else None,
        )
    ]
    waiting = [job for job in every if not job.output.exists()]
    mine = _share(every, splits)
    started = time.monotonic()
    with Progress() as progress:
        shown.begin([job for job in mine if job in waiting], progress)
        (jobs.Here() if runner is None else runner).run(mine, shown.step)
    processes.wait_for(job.output for job in every)
    taken = time.monotonic() - started
    whole_files.sweep(output)
    if jax.process_index() == 0:
        _report(output, splits, made={job.shard.split for job in every})
        if waiting:
            print(_speed(waiting, taken))
        print(output)


def _report(output: Path, splits: tuple[str, ...], *, made: set[str]) -> None:
    """Prints what became of each split, and whether it was there before."""
    for split in splits:
        state = "" if split in made else "is there: "
        print(f"{split}: {state}{_summary(output, split)}")


class _Shown:
    """Shows how much is done of what this process has to do."""

    def __init__(self):
        self._seconds = self._heard_seconds = 0.0
        self._clips = self._heard_clips = 0

    def begin(self, waiting: Sequence[Any], progress: Progress) -> None:
        """Counts from here: all these jobs are to be done."""
        self._waiting = list(waiting)
        self._all_clips = sum(job.num_clips for job in waiting)
        self._progress = progress
        self._started = time.monotonic()

    def hear(self, clips: int, seconds: float) -> None:
        """Is told of each batch of a job how far that is, and what the batch holds."""
        # Nothing is done before its shard is there.
        self._heard_clips = clips - 1
        self._heard_seconds += seconds
        self._show()

    def step(self, done: int, total: int) -> None:
        """Is told that a job may have ended; `parallel.jobs.Progress`."""
        from musiclm_jax.bundle import tokenizing

        del done, total  # shards are of several sizes
        ended = [job for job in self._waiting if job.output.exists()]
        self._waiting = [job for job in self._waiting if job not in ended]
        for job in ended:
            self._clips += job.num_clips
            self._seconds += tokenizing.read_account(job.folder, job.shard).seconds
        self._heard_clips, self._heard_seconds = 0, 0.0
        self._show()

    def _show(self) -> None:
        if not self._all_clips:
            return
        seconds = self._seconds + self._heard_seconds
        share = (self._clips + self._heard_clips) / self._all_clips
        taken = max(time.monotonic() - self._started, 1e-3)
        detail = f"{seconds / 3600:.2f} h, {seconds / taken:.1f} x real time"
        self._progress("tokens", share, detail=detail if seconds else "")


def _share(jobs: Sequence[Any], splits: tuple[str, ...]) -> list[Any]:
    """Returns the jobs of this process, of those that are to be done."""
    import jax

    def owner(job: Any) -> int:
        # By name: another process may have ended a split before this one looks.
        place = splits.index(job.shard.split) + job.shard.index
        return place % jax.process_count()

    return [job for job in jobs if owner(job) == jax.process_index()]


def _summary(folder: Path, split: str) -> str:
    """Says what became of the sound of a split."""
    from musiclm_jax.bundle import tokenizing
    from musiclm_jax.data.records import pieces, token_shards

    shards = token_shards.shards_of(folder, split)
    account = sum(
        (tokenizing.read_account(folder, shard) for shard in shards), pieces.Account()
    )
    left = "nothing"
    if account.short_clips:
        seconds = f"{account.short_seconds:.1f} s"
        left = f"clips under a second: {account.short_clips} ({seconds})"
    return (
        f"{account.records} records of {account.clips} clips, "
        f"{account.seconds / 3600:.2f} h of sound; left out: {left}"
    )


def _speed(jobs: Sequence[Any], taken: float) -> str:
    """Says how fast all processes together did these jobs."""
    from musiclm_jax.bundle import tokenizing

    seconds = sum(tokenizing.read_account(j.folder, j.shard).seconds for j in jobs)
    return (
        f"{seconds / 3600:.2f} h of sound in {taken / 60:.1f} min, "
        f"{seconds / taken:.1f} x real time"
    )
