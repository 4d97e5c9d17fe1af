"""What the training loop adds to the compiled step: one table.

    python benchmarks/loop_overhead.py --gin_file=runs/codec.gin \
      --gin_file=sizes/small.gin --gin.DATA_DIR="'data'" --steps 20

Takes the configuration of any training. The bare step is called again and again on one
batch that lies on the devices; in turn with it the same step runs inside
`training.loop.fit`, with its reading, placing, recording of every step and checks. Both
are timed over the same number of steps, after some that are not counted.
"""

import argparse
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np

from musiclm_jax.cli import config, train
from musiclm_jax.evaluation import report
from musiclm_jax.parallel import sharding
from musiclm_jax.training import loop

# Steps before the clock starts: compilation, and the steps in flight.
_WARM_UP = 2 + loop.STEPS_IN_FLIGHT


@dataclasses.dataclass
class Clocked:
    """Batches that note when each was asked for; see `training.batches.Batches`."""

    batches: Any
    times: list[float] = dataclasses.field(default_factory=list)

    def shapes(self) -> dict[str, jax.ShapeDtypeStruct]:
        """See the protocol."""
        return self.batches.shapes()

    def train_iterator(self) -> "ClockedIterator":
        """See the protocol."""
        return ClockedIterator(self.batches.train_iterator(), self.times)

    def made_of(self) -> dict[str, str]:
        """See the protocol."""
        return self.batches.made_of()

    def eval_batches(self) -> list:
        """Nothing is evaluated here."""
        return []


@dataclasses.dataclass
class ClockedIterator:
    """Their iterator."""

    iterator: Any
    times: list[float]

    def __next__(self) -> dict[str, np.ndarray]:
        """See the protocol."""
        self.times.append(time.perf_counter())
        return next(self.iterator)

    def get_state(self) -> Any:
        """See the protocol."""
        return self.iterator.get_state()

    def set_state(self, state: Any) -> None:
        """See the protocol."""
        self.iterator.set_state(state)


@dataclasses.dataclass(frozen=True)
class Training:
    """What is trained, and where."""

    task: Any
    batches: Any
    rules: sharding.Rules
    mesh: Any

    def bare_seconds(self, steps: int) -> float:
        """Of a step that is called on its own."""
        batch = next(self.batches.train_iterator())
        batch = sharding.put_batch(batch, self.mesh)
        state = sharding.init_state(
            self.task, batch, jax.random.key(0), mesh=self.mesh, rules=self.rules
        )
        train_step = loop.compile_train_step(self.task, state, seed=0)
        with sharding.use_mesh(self.mesh, self.rules):
            for step in range(_WARM_UP + steps):
                if step == _WARM_UP:
                    jax.block_until_ready(state)
                    started = time.perf_counter()
                state, _ = train_step(state, batch, np.int32(step))
            jax.block_until_ready(state)
        return (time.perf_counter() - started) / steps

    def loop_seconds(self, steps: int) -> float:
        """Of a step inside the loop."""
        clocked, count = Clocked(self.batches), _WARM_UP + steps + 1
        with tempfile.TemporaryDirectory() as folder:
            loop.fit(
                self.task,
                clocked,
                model_dir=folder,
                cadence=loop.Cadence(
                    num_steps=count,
                    eval_every=count,
                    checkpoint_every=count,
                    log_every=1,
                ),
                mesh=self.mesh,
                seed=0,
                rules=self.rules,
            )
        return (clocked.times[_WARM_UP + steps] - clocked.times[_WARM_UP]) / steps


def _rounds(training: Training, *, steps: int, rounds: int) -> Iterator[list[float]]:
    """Yields seconds of a step, (bare, in the loop), turn by turn."""
    for _ in range(rounds):
        yield [training.bare_seconds(steps), training.loop_seconds(steps)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    config.add_arguments(parser)
    parser.add_argument("--steps", type=int, default=20, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of both")
    options, bindings = parser.parse_known_args(arguments)
    bindings = [text.removeprefix("--gin.") for text in bindings]
    config.load(config.gin_arguments(options, bindings), blank=("MODEL_DIR",))
    task, batches, rules, model = (
        config.build(train.train, name)
        for name in ("task", "batches", "rules", "model_parallel")
    )
    training = Training(task, batches, rules, sharding.make_mesh(model=model))
    measured = list(_rounds(training, steps=options.steps, rounds=options.rounds))
    bare, looped = (statistics.median(column) for column in zip(*measured, strict=True))
    print("| step | median ms | over the bare step |")
    print("|---|---|---|")
    print(f"| bare | {bare * 1e3:.2f} | |")
    print(f"| in the loop | {looped * 1e3:.2f} | {looped / bare - 1:+.2%} |")
    print(f"\n{report.hardware()}")


if __name__ == "__main__":
    main()
