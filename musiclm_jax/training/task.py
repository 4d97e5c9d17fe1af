"""What the training loop asks of a training: the one protocol between them."""

from typing import Any, Protocol, runtime_checkable

import jax

State = Any
Batch = dict[str, jax.Array]
Metrics = dict[str, jax.Array]


class Task(Protocol):
    """One training, seen from the loop.

    The interface stands at the step and not at the loss, so that a training with two
    optimizers (the adversarial codec) and one without any (k-means) fit alike. A task
    that stands on a trained network keeps it in a field `frozen`, see
    `training.frozen`.
    """

    def init(self, rng: jax.Array, batch: Batch) -> State:
        """Returns the state before the first step; `batch` gives the shapes."""
        ...

    def train_step(
        self, state: State, batch: Batch, rng: jax.Array
    ) -> tuple[State, Metrics]:
        """Returns the state after one step and float32 scalars that describe it."""
        ...

    def eval_step(self, state: State, batch: Batch) -> Metrics:
        """Returns float32 scalars measured on a batch that was not trained on."""
        ...


@runtime_checkable
class StartedTask(Protocol):
    """A task that does not start at random alone."""

    def with_start(self, state: State) -> State:
        """Returns the first state with what is known of it in its place.

        Called once for each new run, with what `init` gave, where it lies.
        """
        ...


@runtime_checkable
class AudibleTask(Protocol):
    """A task whose progress can be heard; its `config` has the `sample_rate`, in Hz."""

    config: Any

    def eval_audio(self, state: State, batch: Batch) -> dict[str, jax.Array]:
        """Returns `{name: audio [sample]}` made from a validation batch."""
        ...
