"""The one training loop: any task, any batches, any mesh; stops and goes on exactly.

What step n computes depends on the state, batch n and the key of step n alone, and all
three are in a checkpoint or follow from the seed. So a run that was stopped anywhere
and started again equals one that was not.
"""

import collections
import dataclasses
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import jax
import numpy as np
from jax.sharding import Mesh

from musiclm_jax.files import whole_files
from musiclm_jax.files.ranges import Range
from musiclm_jax.parallel import sharding
from musiclm_jax.training import pace, shapes
from musiclm_jax.training.batches import Batches, BatchIterator
from musiclm_jax.training.checkpoints import Checkpoints, Facts, Restored
from musiclm_jax.training.evaluation import Evaluation
from musiclm_jax.training.frozen import FrozenNetwork, put_frozen, with_frozen
from musiclm_jax.training.origin import unchanged
from musiclm_jax.training.progress import Progress
from musiclm_jax.training.report import Report
from musiclm_jax.training.stopping import (
    GO_ON,
    TIME_IS_OVER,
    Clock,
    Interrupted,
    Signals,
    agreed_stop,
)
from musiclm_jax.training.task import Metrics, StartedTask, State, Task
from musiclm_jax.training.trials import Trial, Trials
from musiclm_jax.training.writers import Writer

CONFIG_NAME = "config.gin"

TrainStep = Callable[..., tuple[State, Metrics]]

# Steps that the host may be ahead of the device: enough to keep it busy, few enough
# that a time limit and a signal are seen at once.
STEPS_IN_FLIGHT = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cadence:
    """After how many steps something happens.

    Attributes:
        num_steps: the run is finished.
        eval_every: an evaluation.
        checkpoint_every: a checkpoint; the last step is always saved.
        log_every: a record of the training metrics.
        max_skipped_in_row: the run gives up: so many, one after the other, were not
            finite. Seen when the metrics are recorded.
    """

    num_steps: int
    eval_every: int
    checkpoint_every: int
    log_every: int
    max_skipped_in_row: int = 100

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            Range(kind=int, low=1).check(name, value)


def compile_train_step(task: Task, state: State, *, seed: int) -> TrainStep:
    """Returns `train_step(state, batch, step, frozen) -> (state, metrics)`, jitted.

    `frozen` is what `frozen.put_frozen` gives, or left out where the task has none.

    Args:
        task: the training.
        state: the state or its abstract shapes; it keeps its shardings. The state that
            is given to the step is donated.
        seed: of all randomness in training.
    """

    def train_step(state, batch, step, frozen=None):
        # A key that follows from seed and step: nothing to save, nothing to lose.
        _, train_rng = jax.random.split(jax.random.key(seed))
        step_rng = jax.random.fold_in(train_rng, step)
        return with_frozen(task, frozen).train_step(state, batch, step_rng)

    shardings = jax.tree.map(lambda x: x.sharding, state)
    everywhere = sharding.replicated(jax.tree.leaves(shardings)[0].mesh)
    return jax.jit(train_step, donate_argnums=0, out_shardings=(shardings, everywhere))


class _Run:
    """A training on its way: its state, and where it stands."""

    def __init__(
        self,
        found: Restored,
        iterator: BatchIterator,
        *,
        train_step: TrainStep,
        frozen: FrozenNetwork | None,
        mesh: Mesh,
    ) -> None:
        self.state = found.state
        self.step = found.facts.step
        self.iterator = iterator
        self._train_step = train_step
        self._frozen = frozen
        self._mesh = mesh
        # What a step takes, once the first one is there.
        self.pace: pace.Pace | None = None
        self._started: collections.deque[tuple[int, Metrics]] = collections.deque()

    def advance(self) -> Iterator[tuple[int, Metrics]]:
        """Starts a step; yields those that must have ended by now, see `finish`."""
        batch = sharding.put_batch(next(self.iterator), self._mesh)
        given = (self.state, batch, np.int32(self.step), self._frozen)
        if self.pace is None:
            shapes.check_step(self._train_step, *given, mesh=self._mesh)
            self.pace = pace.of_step(self._train_step, *given, mesh=self._mesh)
        self.state, metrics = self._train_step(*given)
        self.step += 1
        self._started.append((self.step, metrics))
        yield from self.finish(STEPS_IN_FLIGHT)

    def finish(self, still_running: int = 0) -> Iterator[tuple[int, Metrics]]:
        """Waits until only so many steps run; yields `(step, metrics)` of the rest."""
        while len(self._started) > still_running:
            step, metrics = self._started.popleft()
            yield step, jax.block_until_ready(metrics)


def fit(
    task: Task,
    batches: Batches,
    *,
    model_dir: str | Path,
    cadence: Cadence,
    mesh: Mesh,
    seed: int,
    minutes: float | None = None,
    rules: sharding.Rules = sharding.DEFAULT_RULES,
    config: str = "",
    trials: Sequence[Trial] = (),
) -> State:
    """Trains until the steps are done or the minutes are over; resumes by itself.

    Args:
        task: what to train.
        batches: what to train on.
        model_dir: folder of checkpoints and metrics; a run found there goes on.
        cadence: steps of the run and between what happens on the way.
        mesh: see `sharding.make_mesh`.
        seed: of the random start and of all randomness in training.
        minutes: wall time of the whole run, what earlier calls used included.
        rules: logical axis rules.
        config: text that describes the run; kept in its folder and the checkpoints.
        trials: what it is tried by on the way.

    Returns:
        The state at the end.

    Raises:
        Interrupted: on Ctrl-C or SIGTERM, after saving.
        ValueError: if `model_dir` holds another model or began with other data, the
            batch does not divide, or too many steps were not finite.
    """
    clock = Clock(minutes=minutes)
    iterator = batches.train_iterator()
    with Signals() as signals, Checkpoints(model_dir) as checkpoints:
        found = _find(task, batches, iterator, checkpoints, mesh, rules, seed, config)
        frozen = put_frozen(task, mesh, rules)
        found = unchanged(found, batches, frozen, model_dir, config=config)
        clock.add(found.facts.used_seconds)
        # Not before it is known that the folder holds this run and no other.
        _keep_config(config, model_dir)
        train_step = compile_train_step(task, found.state, seed=seed)
        run = _Run(found, iterator, train_step=train_step, frozen=frozen, mesh=mesh)
        evaluation = Evaluation(task, batches, frozen=frozen, mesh=mesh)
        evaluation.check()
        tried = Trials(trials, task, run.state, mesh=mesh)

        def save() -> None:
            facts = found.facts.after(run.step, used_seconds=clock.used_seconds)
            checkpoints.save(run.state, run.iterator.get_state(), facts)

        beside = (evaluation, tried)
        with sharding.use_mesh(mesh, rules):
            stop = _train(run, *beside, save, cadence, model_dir, clock, signals)
    if stop > TIME_IS_OVER:
        _interrupt(stop, run.step, model_dir)
    return run.state


def _keep_config(config: str, model_dir: str | Path) -> None:
    if config and jax.process_index() == 0:
        whole_files.write(Path(model_dir) / CONFIG_NAME, config.encode("utf-8"))


def _interrupt(number: int, step: int, model_dir: str | Path) -> NoReturn:
    # Said when it is true: the checkpoint is on disk by now.
    if jax.process_index() == 0:
        print(
            f"interrupted at step {step}, which is saved in {model_dir}: the same "
            "command goes on from there",
            file=sys.stderr,
        )
    raise Interrupted(number, step)


def _find(
    task: Task,
    batches: Batches,
    iterator: BatchIterator,
    checkpoints: Checkpoints,
    mesh: Mesh,
    rules: sharding.Rules,
    seed: int,
    config: str,
) -> Restored:
    """The newest checkpoint, or a beginning in its form."""
    batch = batches.shapes()
    first = shapes.of_state(task, batch, mesh, rules)
    found = checkpoints.restore(first, config=config)
    if found is None:
        init_rng, _ = jax.random.split(jax.random.key(seed))
        state = sharding.init_state(task, batch, init_rng, mesh=mesh, rules=rules)
        if isinstance(task, StartedTask):
            state = task.with_start(state)
        facts = Facts(step=0, used_seconds=0.0, config=config)
        return Restored(state=state, position=iterator.get_state(), facts=facts)
    try:
        iterator.set_state(found.position)
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"the checkpoint of step {found.facts.step} stands at {found.position}, "
            "which is no place in these data: train on those that the run began with"
        ) from error
    return found


def _train(
    run: _Run,
    evaluation: Evaluation,
    trials: Trials,
    save: Callable[[], None],
    cadence: Cadence,
    model_dir: str | Path,
    clock: Clock,
    signals: Signals,
) -> int:
    """Takes steps until something says stop; evaluates, saves and tells on the way.

    Returns:
        Why it stopped, as `agreed_stop` tells it.
    """
    with (
        Writer(model_dir, step=run.step) as writer,
        Progress(step=run.step, num_steps=cadence.num_steps) as progress,
    ):
        report = Report(
            writer,
            progress,
            lambda speed: run.pace.metrics(speed),
            log_every=cadence.log_every,
            max_skipped_in_row=cadence.max_skipped_in_row,
        )
        evaluated = run.step
        stop = agreed_stop(signals, clock)
        while run.step < cadence.num_steps and stop == GO_ON:
            report.train(run.advance())
            is_time_to_agree = run.step % cadence.log_every == 0
            if jax.process_count() == 1 or is_time_to_agree:
                stop = agreed_stop(signals, clock)
            is_last = run.step == cadence.num_steps or stop == TIME_IS_OVER
            if run.step % cadence.eval_every == 0 or (is_last and evaluated < run.step):
                report.train(run.finish())
                report.evaluate(run.step, evaluation, run.state)
                evaluated = run.step
            if trials.due(run.step):
                report.train(run.finish())
                trials.make(run.step, run.state, report)
            if run.step % cadence.checkpoint_every == 0:
                report.train(run.finish())
                writer.sync()
                save()
            progress.advance(run.step, budget_left_seconds=clock.left_seconds)
        report.train(run.finish())
        writer.sync()
        save()
    return stop
