"""A training that is killed again and again equals one left alone: prints one table.

    python benchmarks/kills.py --kills 20 --seed 0 [--processes 2] [--work FOLDER]

`musiclm train` trains a small coarse stage on random tokens, with dropout: once left
alone, then with SIGKILL at random moments, drawn evenly from the life of the first, and
each time started again by the same command, until it is through. Then the next training
begins, until there were so many kills. The first begins with no compiled program at
hand. Kills strike while it starts, compiles, steps, evaluates and saves. With several
processes launch/processes.sh starts them, and one of them, drawn at random, is killed.

Compared are every record of the metrics, the position in the data, and every array of
the last checkpoint, bit for bit. No two steps have the same loss and gradient, so these
tell which examples a step saw. Ends with 1 where something differs.
"""

import argparse
import collections
import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from small_training import EVAL_EVERY, LIMIT_SECONDS, Training, write_inputs

from musiclm_jax.cli import errors, train
from musiclm_jax.evaluation import report
from musiclm_jax.parallel import sharding
from musiclm_jax.training import checkpoints, writers


@dataclasses.dataclass(kw_only=True)
class Result:
    """What came of it.

    Attributes:
        trainings: that were killed, and then went through.
        kills: where a kill struck -> how many did.
        steps_redone: computed once more, since no checkpoint had them.
        seconds_to_end: from a kill to the end of all processes, the longest.
        differences: all that is not as in the training left alone.
    """

    trainings: int = 0
    kills: collections.Counter[str] = dataclasses.field(
        default_factory=collections.Counter
    )
    steps_redone: int = 0
    seconds_to_end: float = 0.0
    differences: list[str] = dataclasses.field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; returns the exit status."""
    options = _parser().parse_args(arguments)
    with contextlib.ExitStack() as stack:
        work = options.work
        if work is None:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        result = measure(
            work.absolute(),
            kills=options.kills,
            steps=options.steps,
            processes=options.processes,
            seed=options.seed,
        )
    print(_text(result, options))
    return 1 if result.differences else 0


def measure(
    work: Path, *, kills: int, steps: int, processes: int = 1, seed: int = 0
) -> Result:
    """Trains, kills, and compares.

    Args:
        work: a folder without such trainings; they stay in it.
        kills: how many there are.
        steps: of each training.
        processes: as which it runs; with several, one of them is killed.
        seed: of tokens, moments and victims.

    Returns:
        What came of it; `differences` is empty where all trainings are equal.
    """
    if (work / "tokens").exists():
        raise SystemExit(f"kills.py: {work} has trainings already: give another folder")
    errors.hide_stack_traces()
    rng = np.random.default_rng(seed)
    write_inputs(work, rng)
    whole = Training(work, "whole", steps=steps, processes=processes)
    life = whole.run()
    result = Result()
    while (done := result.kills.total()) < kills:
        name = f"killed{result.trainings}"
        killed = Training(work, name, steps=steps, processes=processes)
        while result.kills.total() < kills:
            if not _kill(killed, rng.uniform(0.0, life), rng, result):
                break
        else:
            killed.run()
        if result.kills.total() > done:
            result.trainings += 1
            result.differences += _differences(whole, killed)
    return result


def _kill(
    training: Training, seconds: float, rng: np.random.Generator, result: Result
) -> bool:
    """Starts the training and kills it; False if it was through before."""
    before = training.records()
    process = training.start()
    victims = training.victims(process)
    with contextlib.suppress(subprocess.TimeoutExpired):
        if process.wait(seconds):
            raise SystemExit(f"kills.py: a start failed: {training.said()}")
        return False
    os.kill(victims[rng.integers(len(victims))], signal.SIGKILL)
    struck = time.monotonic()
    process.wait(LIMIT_SECONDS)
    result.seconds_to_end = max(result.seconds_to_end, time.monotonic() - struck)
    records = training.records()
    where = _where(training, before, records)
    result.kills[where] += 1
    if where != "in the start":
        saved = _newest_checkpoint(training.folder)
        result.steps_redone += max(0, records[-1]["step"] - saved)
    return True


def _where(training: Training, before: list[dict], after: list[dict]) -> str:
    """What was going on when the kill struck, by what it left."""
    # Steps done again have other times.
    if before[: len(after)] == after:
        return "in the start"
    if list((training.folder / "checkpoints").glob("*tmp*")):
        return "while a checkpoint was written"
    last = after[-1]
    if last["split"] == "train" and last["step"] % EVAL_EVERY == 0:
        return "in an evaluation"
    return "between"


def _newest_checkpoint(folder: Path) -> int:
    found = (folder / "checkpoints").glob("*")
    return max((int(path.name) for path in found if path.name.isdigit()), default=0)


def _differences(whole: Training, killed: Training) -> Iterator[str]:
    """Says all that differs between two trainings that are through."""
    first, second = (list(map(_untimed, t.records())) for t in (whole, killed))
    lines = (killed.folder / writers.FILE_NAME).read_text().splitlines()
    if len(lines) != len(second):
        yield f"{len(lines) - len(second)} lines of the metrics are cut short"
    names = [(record["step"], record["split"]) for record in second]
    for name, count in collections.Counter(names).items():
        if count > 1:
            yield f"step {name[0]}, {name[1]}: {count} records"
    if names != [(record["step"], record["split"]) for record in first]:
        yield "the metrics have other steps, or in another order"
    for a, b in zip(first, second, strict=False):
        if a != b:
            yield f"step {a['step']}, {a['split']}: {b} instead of {a}"
    marks = [tuple(r.values())[2:] for r in first if r["split"] == "train"]
    if len(set(marks)) != len(marks):
        yield "two steps have the same figures, which do not tell their examples apart"
    yield from _state_differences(whole.folder, killed.folder)


def _untimed(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if "time/" not in name}


def _state_differences(whole: Path, killed: Path) -> Iterator[str]:
    """Compares the last checkpoints: position and every array."""
    task, batches, _ = train.load_run(whole)
    shapes = sharding.abstract_state(
        task,
        batches.shapes(),
        sharding.make_mesh(devices=jax.devices()[:1]),
        sharding.DEFAULT_RULES,
    )
    first, second = (checkpoints.restore_latest(f, shapes) for f in (whole, killed))
    if first.position != second.position or first.facts.step != second.facts.step:
        yield f"the data stand at {second.position} instead of {first.position}"
    if first.position != {"next_batch": first.facts.step}:
        yield f"step {first.facts.step} has not seen as many batches: {first.position}"
    leaves = jax.tree_util.tree_leaves_with_path(jax.device_get(first.state))
    others = jax.tree.leaves(jax.device_get(second.state))
    for (path, a), b in zip(leaves, others, strict=True):
        if a.tobytes() != b.tobytes():
            yield f"{jax.tree_util.keystr(path)} has other bits"


def _text(result: Result, options: argparse.Namespace) -> str:
    rows = [
        ("trainings", str(result.trainings)),
        ("kills", str(result.kills.total())),
        *((f"... {where}", str(n)) for where, n in sorted(result.kills.items())),
        ("processes", str(options.processes)),
        ("steps of each", str(options.steps)),
        ("steps computed once more", str(result.steps_redone)),
        ("seconds from a kill to the end of all", f"{result.seconds_to_end:.1f}"),
        ("differences", str(len(result.differences) or "none")),
    ]
    lines = [report.table(("what", "figure"), rows), *result.differences[:10]]
    return "\n".join([*lines, report.hardware()])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=1000, help="of each training")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="a new folder, which stays")
    return parser


if __name__ == "__main__":
    sys.exit(main())
