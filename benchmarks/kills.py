"""A training that is killed again and again equals one left alone: prints one table.

    python benchmarks/kills.py --kills 20 --seed 0 [--processes 2] [--work FOLDER]

`musiclm train` trains a small coarse stage on random tokens, with dropout, once left
alone and once ended by SIGKILL at random moments, each time started again by the same
command, until it is through. Moments are drawn evenly from the life of a process: from
its start to some way into its steps, with a cache of compiled programs that is empty at
first. With several processes launch/processes.sh starts them, and one of them, drawn at
random, is killed.

Compared are every record of the metrics, the positions in the data, and every array of
the last checkpoint, bit for bit. All steps have different losses, and a step's loss
tells which examples it saw. Ends with 1 where something differs.
"""

import argparse
import collections
import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from musiclm_jax import bundle, sharding
from musiclm_jax.cli import train
from musiclm_jax.data import token_records
from musiclm_jax.evaluation import report
from musiclm_jax.training import checkpoints, writers

_HOUSE = Path(__file__).parents[1]
_BOX = _HOUSE / "musiclm_jax" / "assets" / "tiny"
_EVAL_EVERY, _CHECKPOINT_EVERY = 20, 15
_SIZES = f"""
include 'sizes/tiny.gin'

LM_LAYERS = 1
LM_HEADS = 2
LM_HEAD_DIM = 8
LM_EMBED_DIM = 16
LM_MLP_DIM = 32
LM_DROPOUT = 0.1
COARSE_STAGE_SECONDS = 0.4
EVAL_EVERY = {_EVAL_EVERY}
CHECKPOINT_EVERY = {_CHECKPOINT_EVERY}
LOG_EVERY = 1
"""
# Until a process has died, and the others have been ended.
_LIMIT_SECONDS = 600.0


@dataclasses.dataclass(kw_only=True)
class Result:
    """What came of it.

    Attributes:
        kills: where a kill struck -> how many did.
        steps: that the training has.
        steps_redone: computed once more, since no checkpoint had them.
        seconds_to_end: from a kill to the end of all processes, the longest.
        differences: all that is not as in the training left alone.
    """

    kills: collections.Counter[str] = dataclasses.field(
        default_factory=collections.Counter
    )
    steps: int
    steps_redone: int = 0
    seconds_to_end: float = 0.0
    differences: list[str] = dataclasses.field(default_factory=list)


class Training:
    """One training in a folder of its own, as a command that can be killed."""

    def __init__(self, work: Path, name: str, *, steps: int, processes: int) -> None:
        """Starts nothing yet.

        Args:
            work: has the tokens; the run goes into `work / name`.
            name: of the run.
            steps: to train.
            processes: as which it runs.
        """
        self.folder = work / name
        self._processes = processes
        self._arguments = [
            *("--gin_file=runs/coarse_stage.gin", f"--gin_file={work / 'sizes.gin'}"),
            f"--gin.TOKENS={str(work / 'tokens')!r}",
            f"--gin.BUNDLE={str(_BOX)!r}",
            f"--gin.NUM_STEPS={steps}",
            f"--model_dir={self.folder}",
        ]
        self._environment = {
            **os.environ,
            "PYTHON": sys.executable,
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": "--xla_force_host_platform_device_count=1",
            "MUSICLM_CACHE_DIR": str(work / f"{name}.cache"),
        }
        self._log = work / f"{name}.log"

    def start(self) -> subprocess.Popen:
        """Starts it; what it says is added to `<name>.log`."""
        command = [sys.executable, "-m", "musiclm_jax", "train"]
        if self._processes > 1:
            launcher = ["bash", str(_HOUSE / "launch" / "processes.sh")]
            flags = ["-n", str(self._processes), "--port", str(_free_port())]
            command = [*launcher, *flags, "--grace", "20", "--"]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*command, *self._arguments],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def run(self) -> float:
        """Runs it to its end; returns the seconds that took."""
        began = time.monotonic()
        if self.start().wait(_LIMIT_SECONDS):
            raise SystemExit(f"kills.py: the training failed: {self.said()}")
        return time.monotonic() - began

    def victims(self, process: subprocess.Popen) -> list[int]:
        """The ids of the training processes, once all are there."""
        if self._processes == 1:
            return [process.pid]
        while process.poll() is None:
            listed = subprocess.run(
                ["ps", "--ppid", str(process.pid), "-o", "pid=,args="],
                capture_output=True,
                text=True,
            ).stdout.splitlines()
            ids = [int(line.split()[0]) for line in listed if "--process_id" in line]
            if len(ids) == self._processes:
                return ids
        raise SystemExit(f"kills.py: not all processes started: {self.said()}")

    def records(self) -> list[dict[str, Any]]:
        """All whole records of the metrics so far."""
        path = self.folder / writers.FILE_NAME
        lines = path.read_text().splitlines() if path.is_file() else []
        records = []
        for line in lines:
            with contextlib.suppress(json.JSONDecodeError):
                records.append(json.loads(line))
        return records

    def said(self) -> str:
        """The last lines that it printed."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])


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
            steps=options.steps or 100 * options.kills,
            processes=options.processes,
            seed=options.seed,
        )
    print(_text(result, options))
    return 1 if result.differences else 0


def measure(
    work: Path, *, kills: int, steps: int, processes: int = 1, seed: int = 0
) -> Result:
    """Trains twice, and compares.

    Args:
        work: a folder without such trainings; they stay in it.
        kills: how often the second training is killed.
        steps: of both.
        processes: as which both run; with several, one of them is killed.
        seed: of tokens, moments and victims.

    Returns:
        What came of it; `differences` is empty where the two are equal.
    """
    if (work / "tokens").exists():
        raise SystemExit(f"kills.py: {work} has trainings already: give another folder")
    rng = np.random.default_rng(seed)
    write_inputs(work, rng)
    whole = Training(work, "whole", steps=steps, processes=processes)
    killed = Training(work, "killed", steps=steps, processes=processes)
    whole.run()
    life = _life(whole, kills)
    result = Result(steps=steps)
    while result.kills.total() < kills:
        if not _kill(killed, rng.uniform(0.0, life), rng, result):
            result.differences.append("the training was through before the last kill")
            break
    killed.run()
    result.differences += _differences(whole, killed)
    return result


def write_inputs(work: Path, rng: np.random.Generator) -> None:
    """Writes sizes and tokens: random ones, in the form of the model in the box."""
    work.mkdir(parents=True, exist_ok=True)
    (work / "sizes.gin").write_text(_SIZES)
    config, _ = bundle.load_part(_BOX, "mulan")
    metadata = token_records.TokenMetadata(
        semantic_frame_rate=25,
        acoustic_frame_rate=50,
        window_seconds=10.0,
        stride_seconds=1.0,
        tokenizers=bundle.Bundle.load(_BOX).tokenizers_hash(),
    )
    for split, count in (("train", 200), ("validation", 16)):
        records = [
            token_records.TokenRecord(
                mulan=rng.normal(size=(1, config.embed_dim)),
                caption_mulan=rng.normal(size=(2, config.embed_dim)),
                semantic=rng.integers(0, 512, 50),
                acoustic=rng.integers(0, 256, (100, 12)),
                fields={},
            )
            for _ in range(count)
        ]
        token_records.write_token_records(
            work / "tokens", split, records=records, metadata=metadata
        )


def _life(whole: Training, kills: int) -> float:
    """How long a process lives at most, so that all kills come before the end.

    A start, and as much of the steps that so many lives, cut off evenly, do not reach
    the end of them.
    """
    records = whole.records()
    speeds = [
        r["time/steps_per_second"] for r in records if "time/steps_per_second" in r
    ]
    # Finished, it starts, finds nothing left to do, and ends.
    return whole.run() + 2.0 * sum(1.0 / speed for speed in speeds) / kills


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
    process.wait(_LIMIT_SECONDS)
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
    if last["split"] == "train" and last["step"] % _EVAL_EVERY == 0:
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
    losses = [record["loss/total"] for record in first if record["split"] == "train"]
    if len(set(losses)) != len(losses):
        yield "two steps have the same loss: it does not tell their examples apart"
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


def _free_port() -> int:
    with socket.create_server(("", 0)) as server:
        return server.getsockname()[1]


def _text(result: Result, options: argparse.Namespace) -> str:
    rows = [
        ("kills", str(result.kills.total())),
        *((f"... {where}", str(n)) for where, n in sorted(result.kills.items())),
        ("processes", str(options.processes)),
        ("steps", str(result.steps)),
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
    parser.add_argument("--steps", type=int, help="a hundred a kill if not given")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="a new folder, which stays")
    return parser


if __name__ == "__main__":
    sys.exit(main())
