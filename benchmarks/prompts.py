"""How fast many prompts become music: prints one table.

    python benchmarks/prompts.py [--pieces 1000] [--seconds 2]

`musiclm generate --prompts` makes a piece for each prompt, and begins with no compiled
program at hand. That it goes on where it was killed, `kills.py` looks after.
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

from musiclm_jax.evaluation import report

_WORDS = (
    ("calm", "fast", "sad", "loud", "soft", "happy", "slow", "dark", "bright", "wild"),
    ("piano", "guitar", "synth", "strings", "flute"),
    ("jazz", "techno", "ambient", "rock", "funk", "waltz", "house", "blues"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """What came of it.

    Attributes:
        seconds: it took, compiling included.
        music_rate: seconds of music a second, once the first batch was there.
    """

    seconds: float
    music_rate: float


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

    def run(self, folder: Path) -> Iterator[str]:
        """Yields the file of each piece as it is told."""
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
        for line in process.stdout:
            yield Path(json.loads(line)["file"]).name
        if process.wait():
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
            batch_size=options.batch_size,
        )
    print(_text(result, options))
    return 0


def measure(
    work: Path, *, num_pieces: int, seconds: float, batch_size: int = 32
) -> Result:
    """Makes all pieces.

    Args:
        work: a folder without such a run; it stays in it.
        num_pieces: of the run.
        seconds: of each piece.
        batch_size: pieces at once.
    """
    if (work / "pieces").exists():
        raise SystemExit(f"prompts.py: {work} has a run already: give another folder")
    settings = [f"--seconds={seconds}", f"--batch_size={batch_size}"]
    prompts = Prompts(work, num_pieces, settings)
    began = time.monotonic()
    told = [time.monotonic() for _ in prompts.run(work / "pieces")]
    rest = max(0, num_pieces - batch_size)
    taken = told[-1] - told[min(batch_size, num_pieces) - 1]
    return Result(
        seconds=time.monotonic() - began,
        music_rate=rest * seconds / taken if rest else 0.0,
    )


def _text(result: Result, options: argparse.Namespace) -> str:
    rows = [
        (f"pieces of {options.seconds:g} s", str(options.pieces)),
        ("pieces at once", str(options.batch_size)),
        ("seconds, compiling included", f"{result.seconds:.1f}"),
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
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--work", type=Path, help="a new folder, which stays")
    return parser


if __name__ == "__main__":
    sys.exit(main())
