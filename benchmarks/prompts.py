"""Many prompts, killed again and again, equal those left alone: prints one table.

    python benchmarks/prompts.py [--pieces 1000] [--seconds 2] [--kills 5]

`musiclm generate --prompts` makes a piece for each prompt: once left alone, then with
SIGKILL after numbers of pieces that are drawn, and each time started again by the same
command. The first begins with no compiled program at hand. Ends with 1 where a piece
was made twice, lacks, or has other bytes.
"""

import argparse
import contextlib
import dataclasses
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from musiclm_jax.evaluation import report
from musiclm_jax.generation import pieces

_WORDS = (
    ("calm", "fast", "sad", "loud", "soft", "happy", "slow", "dark", "bright", "wild"),
    ("piano", "guitar", "synth", "strings", "flute"),
    ("jazz", "techno", "ambient", "rock", "funk", "waltz", "house", "blues"),
)


@dataclasses.dataclass(kw_only=True)
class Result:
    """What came of it.

    Attributes:
        pieces: that there are.
        kills: that struck.
        missing: pieces that lack in the end.
        made_twice: pieces that were made, or told of, once more.
        different: pieces whose bytes are not those of the run left alone.
        whole_seconds: that run took, compiling included.
        music_rate: seconds of music a second in it, once the first batch was there.
    """

    pieces: int
    kills: int = 0
    missing: int = 0
    made_twice: int = 0
    different: int = 0
    whole_seconds: float = 0.0
    music_rate: float = 0.0

    @property
    def is_right(self) -> bool:
        """Whether each piece was made once, and is as in the run left alone."""
        return not (self.missing or self.made_twice or self.different)


class Prompts:
    """One file of prompts, and runs of it in folders of their own."""

    def __init__(self, work: Path, count: int, arguments: Sequence[str]):
        """Writes the file.

        Args:
            work: gets it, the folders, and the compiled programs.
            count: of the prompts.
            arguments: further ones of the command.
        """
        self._work, self._arguments = work, arguments
        work.mkdir(parents=True, exist_ok=True)
        prompts = itertools.islice(itertools.cycle(itertools.product(*_WORDS)), count)
        lines = [
            json.dumps({"prompt": " ".join(words), "seed": seed})
            for seed, words in enumerate(prompts)
        ]
        (work / "prompts.jsonl").write_text("\n".join(lines))

    def run(self, folder: Path, *, kill_after: int | None = None) -> Iterator[str]:
        """Yields the file of each piece as it is told; may kill after so many."""
        environment = dict(os.environ, MUSICLM_CACHE_DIR=str(self._work / "cache"))
        environment.pop("JAX_COMPILATION_CACHE_DIR", None)
        with (self._work / f"{folder.name}.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "musiclm_jax", "generate"),
                    *(f"--prompts={self._work / 'prompts.jsonl'}",),
                    *(f"--output={folder}", *self._arguments),
                ],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        for count, line in enumerate(process.stdout, start=1):
            if count == kill_after:
                process.kill()
            yield Path(json.loads(line)["file"]).name
        if process.wait() and kill_after is None:
            said = (self._work / f"{folder.name}.log").read_text()
            raise SystemExit(f"prompts.py: a run failed: {said[-2000:]}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; returns the exit status."""
    options = _parser().parse_args(arguments)
    with contextlib.ExitStack() as stack:
        work = options.work
        if work is None:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        result = measure(
            work.absolute(),
            num_pieces=options.pieces,
            seconds=options.seconds,
            kills=options.kills,
            seed=options.seed,
            batch_size=options.batch_size,
        )
    print(_text(result, options))
    return 0 if result.is_right else 1


def measure(
    work: Path,
    *,
    num_pieces: int,
    seconds: float,
    kills: int,
    seed: int = 0,
    batch_size: int = 32,
) -> Result:
    """Makes all pieces twice, the second time with kills, and compares.

    Args:
        work: a folder without such runs; they stay in it.
        num_pieces: of each run.
        seconds: of each piece.
        kills: in the second run.
        seed: of the moments.
        batch_size: pieces at once.
    """
    if (work / "whole").exists():
        raise SystemExit(f"prompts.py: {work} has runs already: give another folder")
    settings = [f"--seconds={seconds}", f"--batch_size={batch_size}"]
    prompts = Prompts(work, num_pieces, settings)
    result, rng = Result(pieces=num_pieces), np.random.default_rng(seed)
    began = time.monotonic()
    told = [time.monotonic() for _ in prompts.run(work / "whole")]
    result.whole_seconds = time.monotonic() - began
    if num_pieces > batch_size:
        rest = num_pieces - batch_size
        result.music_rate = rest * seconds / (told[-1] - told[batch_size - 1])
    _run_killed(prompts, work / "killed", kills, rng, result)
    names = {path.name for path in (work / "whole").iterdir()} - {pieces.RECORD}
    for name in names:
        whole, killed = work / "whole" / name, work / "killed" / name
        if not killed.exists():
            result.missing += 1
        elif whole.read_bytes() != killed.read_bytes():
            result.different += 1
    left = {path.name for path in (work / "killed").iterdir()} - {pieces.RECORD} - names
    if left:
        raise SystemExit(f"prompts.py: what kills left stays there: {sorted(left)[:3]}")
    return result


def _run_killed(
    prompts: Prompts, folder: Path, kills: int, rng: np.random.Generator, result: Result
) -> None:
    """Kills and starts again until all is there; counts what was made twice."""
    seen: dict[str, tuple[int, int]] = {}
    told: set[str] = set()
    again: set[str] = set()
    while True:
        left = result.pieces - len(seen)
        kill_after = None
        if result.kills < kills and left > 1:
            # About an equal share of the pieces for each run.
            share = 2 * left // (kills - result.kills + 1)
            kill_after = int(rng.integers(1, max(2, min(left, share))))
        for name in prompts.run(folder, kill_after=kill_after):
            again |= {name} & told
            told.add(name)
        result.kills += kill_after is not None
        for path in folder.glob("*.wav"):
            fact = path.stat()
            mark = (fact.st_ino, fact.st_mtime_ns)
            if seen.setdefault(path.name, mark) != mark:
                again.add(path.name)
        if kill_after is None:
            break
    result.made_twice = len(again)


def _text(result: Result, options: argparse.Namespace) -> str:
    rows = [
        (f"pieces of {options.seconds:g} s", str(result.pieces)),
        ("kills", str(result.kills)),
        ("missing", str(result.missing or "none")),
        ("made twice", str(result.made_twice or "none")),
        ("other bytes than left alone", str(result.different or "none")),
        ("pieces at once", str(options.batch_size)),
        ("seconds left alone, compiling included", f"{result.whole_seconds:.1f}"),
        ("seconds of music a second, behind the first batch",
         f"{result.music_rate:.2f}"),
    ]  # fmt: skip
    return "\n".join([report.table(("what", "figure"), rows), report.hardware()])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pieces", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each piece")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--work", type=Path, help="a new folder, which stays")
    return parser


if __name__ == "__main__":
    sys.exit(main())
