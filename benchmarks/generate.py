"""How long ten seconds of music take: cold, from the cache, and warm; one table.

    python benchmarks/generate.py [--model FOLDER] [--json]

The first two rows are new processes, start-up and everything included, with a cache of
compiled programs that is empty for the first. The others are calls in one process after
a first that is not counted: medians over seeds.
"""

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from musiclm_jax.cli import compilation_cache
from musiclm_jax.evaluation import report
from musiclm_jax.generation.pipeline import MusicLM

_CACHE_VARIABLE = "MUSICLM_CACHE_DIR"
_PROMPT = "a calm piano melody with soft strings"


@dataclasses.dataclass(frozen=True)
class Timing:
    """One row.

    Attributes:
        what: was timed.
        wall_seconds: it took.
        times_real_time: seconds of music a second; more is faster.
    """

    what: str
    wall_seconds: float
    times_real_time: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[_CACHE_VARIABLE] = str(Path(folder) / "cache")
        # JAX's own setting would go before ours.
        os.environ.pop("JAX_COMPILATION_CACHE_DIR", None)
        timings = [
            _timing(what, time_process(options, Path(folder) / f"{i}.wav"), options)
            for i, what in enumerate(("new process, first run", "second run"))
        ]
        compilation_cache.use()
        timings += time_warm(MusicLM.load(options.model), options)
    if options.json:
        rows = [dataclasses.asdict(timing) for timing in timings]
        found = {"timings": rows, "hardware": report.hardware()}
        print(json.dumps({"settings": vars(options), **found}, indent=2, default=str))
    else:
        print(_text(timings, options))


def time_process(options: argparse.Namespace, output: Path) -> float:
    """Returns wall seconds of the command line in a new process.

    Raises:
        CalledProcessError: it failed; what it said was printed.
    """
    command = [
        *(sys.executable, "-m", "musiclm_jax", "generate", options.prompt),
        *("--seconds", str(options.seconds), "--output", str(output)),
    ]
    if options.model is not None:
        command += ["--model", str(options.model)]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def time_warm(model: MusicLM, options: argparse.Namespace) -> list[Timing]:
    """Returns the median over seeds of a call, and of each of its stages."""
    _time_stages(model, options, seed=0)
    runs = [
        _time_stages(model, options, seed=seed)
        for seed in range(1, options.num_seeds + 1)
    ]
    whole = statistics.median(sum(run.values()) for run in runs)
    timings = [_timing(f"warm, median of {len(runs)}", whole, options)]
    for stage in runs[0]:
        median = statistics.median(run[stage] for run in runs)
        timings.append(_timing(f"- {stage}", median, options))
    return timings


def _time_stages(
    model: MusicLM, options: argparse.Namespace, *, seed: int
) -> dict[str, float]:
    """Returns stage -> wall seconds, from what the pipeline tells of its progress."""
    spent: dict[str, float] = {}
    last = time.perf_counter()

    def progress(stage: str, share: float) -> None:
        del share
        nonlocal last
        now = time.perf_counter()
        spent[stage] = spent.get(stage, 0.0) + now - last
        last = now

    model.generate(
        options.prompt, seconds=options.seconds, seed=seed, progress=progress
    )
    # What comes after the last report belongs to the last stage.
    progress(list(spent)[-1], 1.0)
    return spent


def _timing(what: str, seconds: float, options: argparse.Namespace) -> Timing:
    return Timing(what, round(seconds, 3), round(options.seconds / seconds, 2))


def _text(timings: list[Timing], options: argparse.Namespace) -> str:
    rows = [
        (timing.what, f"{timing.wall_seconds:.2f}", f"{timing.times_real_time:.2f}")
        for timing in timings
    ]
    header = (f"{options.seconds:g} s of music", "wall seconds", "times real time")
    return f"{report.table(header, rows)}\n\n{report.hardware()}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="a bundle; else the one in the box")
    parser.add_argument("--prompt", default=_PROMPT)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--num_seeds", type=int, default=5, help="of the warm calls")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main()
