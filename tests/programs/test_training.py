import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.parallel import sharding
from musiclm_jax.programs import account, chips, training
from musiclm_jax.training.train_state import TrainState, gradient_step


@dataclasses.dataclass(frozen=True)
class Task:
    """A matrix that learns to be zero, beside something that is not learnt."""

    optimizer: optax.GradientTransformation = dataclasses.field(
        default_factory=lambda: optax.sgd(0.1)
    )

    def init(self, rng, batch):
        width = batch["x"].shape[1]
        params = {"w": jax.random.normal(rng, (width, 3)), "b": jnp.zeros(3)}
        return {
            "train_state": TrainState.create(params, self.optimizer),
            "count": jnp.zeros(100),
        }

    def train_step(self, state, batch, rng):
        def loss(params):
            return jnp.square(batch["x"] @ params["w"] + params["b"][None]).mean(), None

        trained, _, metrics = gradient_step(
            state["train_state"], self.optimizer, loss, ema_decay=0.9
        )
        return {**state, "train_state": trained}, metrics


SHAPES = {"x": jax.ShapeDtypeStruct((16, 5), np.float32)}


def test_the_step_is_that_of_the_loop():
    mesh = sharding.make_mesh()
    rules = sharding.DEFAULT_RULES
    traced = training.trace_train_step(Task(), SHAPES, mesh=mesh, rules=rules)
    found = account.account(traced, chip=chips.CHIPS["v4"], num_chips=8)
    # Forward, and back to the weights: nothing asks for the gradient of the batch.
    assert found.flops == 2 * (2 * 16 * 5 * 3)
    assert found.collectives["all-reduce"].count >= 1


def test_parameters_are_what_is_optimised():
    assert training.count_parameters(Task(), SHAPES) == 5 * 3 + 3


def test_a_batch_that_does_not_divide_is_named():
    shapes = {"x": jax.ShapeDtypeStruct((12, 5), np.float32)}
    mesh = sharding.make_mesh(model=1)
    with pytest.raises(
        ValueError, match=r"'x' has 12 rows, .* divide over the 8 shares"
    ):
        training.trace_train_step(
            Task(), shapes, mesh=mesh, rules=sharding.DEFAULT_RULES
        )
