"""How much more the input reads than the training step consumes: one table.

    python benchmarks/feeding.py --data_dir=data --tokens=tokens --bundle=model \
      --vocabulary=vocabulary.json

Each training reads alone and computes alone, in turns and on the same cores: its
batches are drawn without a step, and its compiled step is called again and again on one
batch that lies on the devices. Beside the clock stands the processors' time of all
threads, which other work on the machine disturbs less.
"""

import argparse
import contextlib
import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np

from musiclm_jax.cli import config, train
from musiclm_jax.evaluation import report
from musiclm_jax.parallel import sharding
from musiclm_jax.training import loop

# Run files, and what the command line says of each.
_RUNS = {
    "coarse_stage": ("tokens", "bundle"),
    "codec": ("data_dir",),
    "mulan": ("data_dir", "vocabulary"),
}
_HEADER = (
    "run",
    "examples/s read",
    "examples/s consumed",
    "ratio",
    "CPU ms read",
    "CPU ms consumed",
    "ratio of CPU",
)
_WARM_UP = 3


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a batch takes.

    Attributes:
        wall: seconds on the clock.
        cpu: seconds of processors, of all threads of this process.
    """

    wall: float
    cpu: float


@dataclasses.dataclass(frozen=True)
class Row:
    """One training.

    Attributes:
        run: name of its run file.
        examples: in a batch.
        seconds: of sound in an example.
        read: a batch, read alone.
        step: the step alone.
    """

    run: str
    examples: int
    seconds: float
    read: Cost
    step: Cost

    def cells(self) -> list[str]:
        """Returns the cells of the table."""
        rates = [self.examples / cost.wall for cost in (self.read, self.step)]
        return [
            self.run,
            *(f"{r:.0f} ({r * self.seconds:.0f} s of sound)" for r in rates),
            f"{self.step.wall / self.read.wall:.1f}",
            f"{1e3 * self.read.cpu:.2f}",
            f"{1e3 * self.step.cpu:.1f}",
            f"{self.step.cpu / self.read.cpu:.1f}",
        ]


def cost_of(work: Callable[[], Any], seconds: float) -> Cost:
    """Returns what one call takes of what is called again and again for so long."""
    calls, wall, cpu = 0, time.perf_counter(), time.process_time()
    while not calls or time.perf_counter() - wall < seconds:
        work()
        calls += 1
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Cost(wall / calls, cpu / calls)


@contextlib.contextmanager
def ready_step(task: Any, batch: Any) -> Iterator[Callable[[], None]]:
    """Gives the compiled step on one batch, to be called and waited for."""
    mesh, rules = sharding.make_mesh(), sharding.logical_axis_rules()
    batch = sharding.put_batch(batch, mesh)
    state = sharding.init_state(task, batch, jax.random.key(0), mesh=mesh, rules=rules)
    train_step = loop.compile_train_step(task, state, seed=0)

    def step() -> None:
        nonlocal state
        state, _ = train_step(state, batch, np.int32(0))
        jax.block_until_ready(state)

    with sharding.use_mesh(mesh, rules):
        for _ in range(_WARM_UP):
            step()
        yield step


def measure(run: str, task: Any, batches: Any, *, seconds: float, rounds: int) -> Row:
    """Reads and computes in turns, and takes the median of each."""
    iterator = batches.train_iterator()
    with ready_step(task, next(iterator)) as step:
        turns = [
            (cost_of(lambda: next(iterator), seconds), cost_of(step, seconds))
            for _ in range(rounds)
        ]
    read, step = (
        Cost(
            statistics.median(cost.wall for cost in costs),
            statistics.median(cost.cpu for cost in costs),
        )
        for costs in zip(*turns, strict=True)
    )
    return Row(run, batches.batch_size, batches.crop_seconds, read, step)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in sorted({name for names in _RUNS.values() for name in names}):
        parser.add_argument(f"--{name}", required=True, help=f"--gin.{name.upper()}")
    parser.add_argument("--size", default="tiny", help="a file of configs/sizes")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=5, help="turns of both")
    options = parser.parse_args(arguments)
    rows = []
    for run, names in _RUNS.items():
        files = (f"runs/{run}.gin", f"sizes/{options.size}.gin")
        given = tuple(f"{n.upper()} = {getattr(options, n)!r}" for n in names)
        config.load(config.GinArguments(files, given, ()), blank=("MODEL_DIR",))
        task, batches = (config.build(train.train, n) for n in ("task", "batches"))
        row = measure(
            run, task, batches, seconds=options.seconds, rounds=options.rounds
        )
        rows.append(row.cells())
    print(report.table(_HEADER, rows))
    print(f"\n{report.hardware()}")


if __name__ == "__main__":
    main()
