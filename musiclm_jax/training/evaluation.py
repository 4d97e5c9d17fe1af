"""Measures a state on the validation batches."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from musiclm_jax.parallel import sharding
from musiclm_jax.training.batches import Batches
from musiclm_jax.training.frozen import FrozenNetwork, with_frozen
from musiclm_jax.training.task import AudibleTask, Metrics, State, Task


def compile_eval_step(task: Task, *, mesh: Mesh) -> Callable[..., Metrics]:
    """Returns `eval_step(state, batch, frozen) -> metrics`, jitted.

    `frozen` is what `frozen.put_frozen` gives, or left out where the task has none.
    """

    def eval_step(state, batch, frozen=None):
        return with_frozen(task, frozen).eval_step(state, batch)

    return jax.jit(eval_step, out_shardings=sharding.replicated(mesh))


class Evaluation:
    """The compiled evaluation of a task; runs inside `sharding.use_mesh`."""

    def __init__(
        self,
        task: Task,
        batches: Batches,
        *,
        frozen: FrozenNetwork | None,
        mesh: Mesh,
    ) -> None:
        """Compiles nothing yet.

        Args:
            task: what is trained.
            batches: whose validation batches are measured.
            frozen: what `frozen.put_frozen` gives for the task.
            mesh: the mesh that the state lies on.
        """
        everywhere = sharding.replicated(mesh)
        self._batches = batches
        self._mesh = mesh
        self._frozen = frozen
        self._step = compile_eval_step(task, mesh=mesh)
        self._audio = None
        self.sample_rate = 0  # of the audio, in Hz
        if isinstance(task, AudibleTask):
            self._audio = jax.jit(task.eval_audio, out_shardings=everywhere)
            self.sample_rate = task.config.sample_rate

    def check(self) -> None:
        """Reads a first batch, so that what is wrong is told before any training.

        Raises:
            ValueError: there is nothing to evaluate on.
        """
        for _ in self._batches.eval_batches():
            return

    def metrics(self, state: State) -> dict[str, float]:
        """Returns each metric's mean over the batches; none if there are no batches."""
        measured: list[Any] = []
        for batch in self._batches.eval_batches():
            batch = sharding.put_batch(batch, self._mesh)
            measured.append(self._step(state, batch, self._frozen))
        measured = jax.device_get(measured)
        names = measured[0] if measured else ()
        return {
            name: float(np.mean([each[name] for each in measured], dtype=np.float64))
            for name in names
        }

    def audio(self, state: State) -> dict[str, np.ndarray]:
        """Returns `{name: audio [sample]}` from the first batch, where it can."""
        if self._audio is None:
            return {}
        for batch in self._batches.eval_batches():
            return jax.device_get(
                self._audio(state, sharding.put_batch(batch, self._mesh))
            )
        return {}
