"""What a run is tried by beside its loss: any measure of what it has learnt so far."""

from collections.abc import Sequence
from typing import Any, Protocol

import jax
from jax.sharding import Mesh

from musiclm_jax.parallel import sharding
from musiclm_jax.training.report import Report
from musiclm_jax.training.task import State, Task


class Trial(Protocol):
    """One way of trying a run.

    Attributes:
        name: of its records among the metrics.
        every: steps from one trial to the next.
    """

    name: str
    every: int

    def check(self, task: Task, params: Any) -> None:
        """Raises ValueError or OSError where it cannot be tried; see `measure`."""
        ...

    def measure(self, task: Task, params: Any) -> dict[str, float]:
        """Returns figures of what was learnt, `params` of `task.inference_params`.

        Every process calls it at the same step with the same arrays, and must come to
        the same end by itself.
        """
        ...


class Trials:
    """All that a run is tried by."""

    def __init__(
        self, trials: Sequence[Trial], task: Task, state: State, *, mesh: Mesh
    ) -> None:
        """Has each say what it lacks, before any training.

        Args:
            trials: what is tried, and when.
            task: what is trained.
            state: as it stands.
            mesh: the mesh that its state lies on.

        Raises:
            ValueError: two have one name, one no cadence, or one cannot be made.
        """
        names = [trial.name for trial in trials]
        if len(set(names)) < len(names) or {"train", "eval"}.intersection(names):
            raise ValueError(
                f"trials have names of their own, not train and not eval, got {names}"
            )
        for trial in trials:
            if trial.every < 1:
                raise ValueError(
                    f"trial {trial.name}: every must be at least 1, got {trial.every}"
                )
        self._trials = trials
        self._task = task
        self._params = jax.jit(
            lambda state: task.inference_params(state),
            out_shardings=sharding.replicated(mesh),
        )
        params = jax.device_get(self._params(state)) if trials else None
        for trial in trials:
            trial.check(task, params)

    def due(self, step: int) -> bool:
        """Whether any is to be made after this step."""
        return any(step % trial.every == 0 for trial in self._trials)

    def make(self, step: int, state: State, report: Report) -> None:
        """Makes those that are due, and has their figures written."""
        params = jax.device_get(self._params(state))
        for trial in self._trials:
            if step % trial.every == 0:
                report.tried(step, trial.name, trial.measure(self._task, params))
