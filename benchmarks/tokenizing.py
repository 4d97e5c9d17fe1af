"""How fast sound becomes token records: one command, one table.

    python benchmarks/tokenizing.py --data_dir data [--bundle FOLDER] [--clips 64]

Two shards of clips of the train split are made as `musiclm tokenize` makes them: the
first compiles, the second is measured. Processor time stands beside the clock's: other
programs of the machine change it little. The shares are those of the clock.
"""

import argparse
import collections
import dataclasses
import functools
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musiclm_jax import bundle
from musiclm_jax.bundle import tokenizing
from musiclm_jax.bundle.semantic_tokenizer import SemanticTokenizer
from musiclm_jax.bundle.tokenizers import (
    CodecTokenizer,
    MuLanTokenizer,
)
from musiclm_jax.cli import compilation_cache
from musiclm_jax.data.records.pieces import PIECE_SECONDS
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.evaluation import report
from musiclm_jax.parallel import jobs

# What is timed within a shard.
_PARTS = {
    "codec": (CodecTokenizer, "tokenize"),
    "semantic": (SemanticTokenizer, "tokenize"),
    "MuLan, sound": (MuLanTokenizer, "embed_windows"),
    "MuLan, captions": (MuLanTokenizer, "embed_text"),
}


@dataclasses.dataclass(frozen=True)
class TwoShards:
    """The first clips of a data set, as a split of two shards."""

    dataset: AudioDataset
    num_clips: int

    def full_name(self) -> str:
        """See `AudioDataset`."""
        return self.dataset.full_name()

    def shard_lengths(self, split: str) -> list[int]:
        """See `AudioDataset`."""
        del split
        return [self.num_clips, self.num_clips]

    def open(self, split: str) -> Sequence[dict[str, Any]]:
        """See `AudioDataset`."""
        return self.dataset.open(split)


@dataclasses.dataclass(frozen=True)
class Times:
    """Seconds by the clock, and of the processor."""

    wall: float = 0.0
    processor: float = 0.0

    def __add__(self, other: "Times") -> "Times":
        return Times(self.wall + other.wall, self.processor + other.processor)


def timed(function: Callable[[], Any]) -> tuple[Times, Any]:
    """Returns how long a call took, and what it gave."""
    wall, processor = time.perf_counter(), time.process_time()
    result = function()
    return (
        Times(time.perf_counter() - wall, time.process_time() - processor),
        result,
    )


def time_parts() -> dict[str, Times]:
    """Replaces the parts by such as add to the times that are returned."""
    times: dict[str, Times] = collections.defaultdict(Times)

    def replace(part: str, owner: type, name: str) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def call(self: Any, *arguments: Any) -> np.ndarray:
            taken, result = timed(lambda: original(self, *arguments))
            times[part] += taken
            return result

        setattr(owner, name, call)

    for part, (owner, name) in _PARTS.items():
        replace(part, owner, name)
    return times


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    options = _parser().parse_args(arguments)
    compilation_cache.use()
    dataset = AudioDataset(name=options.dataset, data_dir=options.data_dir)
    clips = TwoShards(dataset, options.clips)
    with tempfile.TemporaryDirectory() as folder:
        first, second = tokenizing.shard_jobs(
            clips,
            "train",
            bundle=options.bundle,
            folder=Path(folder),
            metadata=tokenizing.describe(clips, options.bundle, PIECE_SECONDS),
            batch_size=options.batch_size,
        )
        here = jobs.Here()
        compiling, _ = timed(lambda: here.run([first], lambda done, total: None))
        parts = time_parts()
        whole, _ = timed(lambda: here.run([second], lambda done, total: None))
        seconds = tokenizing.read_account(second.folder, second.shard).seconds
    rest = whole
    for times in parts.values():
        rest += Times(-times.wall, -times.processor)
    rows = [("all of it", whole), *parts.items(), ("reading, writing", rest)]
    print(
        report.table(
            ("what", "s", "processor s", "share", "x real time", "by processor time"),
            [_row(what, times, whole, seconds) for what, times in rows],
        )
    )
    print(
        f"{seconds:.0f} s of sound, {options.batch_size} pieces at once; a first shard "
        f"took {compiling.wall:.1f} s, with what it compiled or found compiled"
    )
    print(report.hardware())


def _row(what: str, times: Times, whole: Times, seconds: float) -> tuple[str, ...]:
    return (
        what,
        f"{times.wall:.2f}",
        f"{times.processor:.2f}",
        f"{times.wall / whole.wall:.0%}",
        f"{seconds / times.wall:.1f}",
        f"{seconds / times.processor:.1f}",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", default="synth_music", metavar="NAME")
    parser.add_argument("--data_dir", required=True, metavar="FOLDER")
    parser.add_argument("--bundle", type=Path, default=bundle.default_folder())
    parser.add_argument("--clips", type=int, default=64, help="of each shard")
    parser.add_argument("--batch_size", type=int, default=8)
    return parser


if __name__ == "__main__":
    main()
