"""After power cuts at random moments the last good state loads: prints one table.

    python benchmarks/power_cuts.py [--cuts 50] [--scenes bundle,...] [--seed 0]

Each scene writes: parts of a bundle, checkpoints, a training with its metrics, shards
of token records, a data set, or music. It is recorded once, call by call (`disk.py`
says what is taken for lost), and cut after calls that are drawn evenly, in all three
ways in turn. What is left must load: everything that has its name is whole, and what
the scene had told of is there, or something newer. Of a data set the same command then
ends with the same files. Needs `strace`. Ends with 1 where something is wrong, and
prints it.
"""

import argparse
import collections
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import disk
import numpy as np
import power_scenes

from musiclm_jax.cli import errors
from musiclm_jax.evaluation import report


def main(arguments: Sequence[str] | None = None) -> int:
    """Cuts and prints; returns the exit status."""
    options = _parser().parse_args(arguments)
    errors.hide_stack_traces()
    if shutil.which("strace") is None:
        raise SystemExit("power_cuts.py: there is no strace here: install it")
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(options.scenes):
            left = options.cuts - counts.total()
            share = round(left / (len(options.scenes) - number))
            rng = np.random.default_rng([options.seed, number])
            cuts = measure(Path(folder) / name, name, share, rng)
            for cut, faults in cuts:
                counts[name, cut] += 1
                wrong += [f"{name}, {cut}: {fault}" for fault in faults]
    rows = [
        (name, *(str(counts[name, cut]) for cut in disk.CUTS),
         str(sum(fault.startswith(f"{name}, ") for fault in wrong) or "none"))
        for name in options.scenes
    ]  # fmt: skip
    print(report.table(("scene", *(f"lost: {c}" for c in disk.CUTS), "wrong"), rows))
    print(f"{counts.total()} power cuts", *wrong[:20], report.hardware(), sep="\n")
    return 1 if wrong else 0


def measure(
    work: Path, name: str, cuts: int, rng: np.random.Generator
) -> list[tuple[str, list[str]]]:
    """Records a scene and cuts it.

    Args:
        work: a new folder.
        name: of the scene.
        cuts: how many.
        rng: of the moments, and of what is lost.

    Returns:
        The kind of each cut, and what was wrong after it.
    """
    inputs, there = work / "inputs", work / "there"
    inputs.mkdir(parents=True)
    there.mkdir()
    scene = power_scenes.SCENES[name]
    scene.prepare(inputs, there)
    before = disk.Disk(there)
    script = Path(power_scenes.__file__)
    disk.record(
        [sys.executable, str(script), name, str(inputs), str(there)], work / "calls"
    )
    calls = list(disk.calls(work / "calls"))
    rehearsal = before.copy()
    changes = [number for number, call in enumerate(calls) if rehearsal.do(call)]
    if differences := rehearsal.differences():
        raise SystemExit(f"power_cuts.py: the record lacks {differences[:5]}")
    moments = sorted(rng.choice(changes, cuts, replace=cuts > len(changes)))
    found, done, state = [], 0, before
    for number, moment in enumerate(moments):
        for call in calls[done : moment + 1]:
            state.do(call)
        done = moment + 1
        cut = disk.CUTS[number % len(disk.CUTS)]
        # Where it was: some files name others by their whole path.
        shutil.rmtree(there)
        state.cut(there, cut, rng)
        faults = list(scene.check(inputs, there, state.said.split()))
        found.append((cut, [f"after call {moment}: {fault}" for fault in faults]))
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cuts", type=int, default=50, help="of all scenes together")
    parser.add_argument(
        "--scenes",
        type=lambda text: text.split(","),
        default=list(power_scenes.SCENES),
        help="joined by commas: " + ", ".join(power_scenes.SCENES),
    )
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main())
