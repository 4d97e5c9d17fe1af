import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from musiclm_jax.parallel import sharding
from musiclm_jax.training import frozen, loop
from musiclm_jax.training.frozen import FrozenNetwork


def make(params):
    return FrozenNetwork(params, lambda params, batch: batch["x"] @ params["w"])


@dataclasses.dataclass(frozen=True)
class Task:
    """Counts what a network says of a batch."""

    frozen: FrozenNetwork

    def init(self, rng, batch):
        return {"sum": jnp.zeros(jax.eval_shape(self.frozen, batch).shape[1])}

    def train_step(self, state, batch, rng):
        return {"sum": state["sum"] + self.frozen(batch).sum(axis=0)}, {}

    def eval_step(self, state, batch):
        return {"loss/mean": self.frozen(batch).mean()}


@pytest.fixture
def boxed(rng):
    """As it comes from a file, in the boxes of its network."""
    shapes = {
        "w": nn.Partitioned(jax.ShapeDtypeStruct((6, 8), np.float32), ("in", "mlp"))
    }
    return frozen.name_axes({"w": rng.normal(size=(6, 8)).astype(np.float32)}, shapes)


@pytest.mark.parametrize(("data", "model"), [(8, 1), (4, 2), (2, 4)])
def test_parameters_lie_as_the_rules_say(boxed, data, model):
    mesh = sharding.make_mesh(data, model)
    put = frozen.put_frozen(Task(make(boxed)), mesh, sharding.FULLY_SHARDED_RULES)
    w = put.params["w"]
    np.testing.assert_array_equal(w, boxed["w"].value)
    rows = 6 // data if 6 % data == 0 else 6
    assert {s.data.shape for s in w.addressable_shards} == {(rows, 8 // model)}
    shapes = frozen.abstract_frozen(
        Task(make(boxed)), mesh, sharding.FULLY_SHARDED_RULES
    )
    assert shapes.params["w"].sharding == w.sharding


def test_a_step_computes_with_what_it_is_given(boxed, rng):
    """And not with what the task was built on."""
    task, mesh, rules = Task(make(boxed)), sharding.make_mesh(), sharding.DEFAULT_RULES
    batch = {"x": rng.normal(size=(8, 6)).astype(np.float32)}
    state = sharding.init_state(task, batch, jax.random.key(0), mesh=mesh, rules=rules)
    put = frozen.put_frozen(task, mesh, rules)
    twice = jax.tree.map(lambda x: 2.0 * x, put)
    step = loop.compile_train_step(task, state, seed=0)
    with sharding.use_mesh(mesh, rules):
        state, _ = step(state, sharding.put_batch(batch, mesh), np.int32(0), twice)
    expected = 2.0 * (batch["x"] @ boxed["w"].value).sum(axis=0)
    np.testing.assert_allclose(state["sum"], expected, rtol=1e-5)


def test_a_run_goes_on_with_what_its_checkpoints_do_not_hold(
    tmp_path, make_batches, rng
):
    w = rng.normal(size=(4, 8)).astype(np.float32)
    batches, mesh = make_batches(), sharding.make_mesh()
    for num_steps in (2, 3):
        state = loop.fit(
            Task(make({"w": w})),
            batches,
            model_dir=tmp_path,
            cadence=loop.Cadence(
                num_steps=num_steps, eval_every=1, checkpoint_every=1, log_every=1
            ),
            mesh=mesh,
            seed=0,
        )
    assert batches.seen.count(0) == 1  # resumed
    batches = make_batches().train_iterator()
    expected = sum((next(batches)["x"] @ w).sum(axis=0) for _ in range(3))
    np.testing.assert_allclose(state["sum"], expected, rtol=1e-5)


def test_most_tasks_stand_on_nothing(regression):
    mesh, rules = sharding.make_mesh(), sharding.DEFAULT_RULES
    assert frozen.put_frozen(regression, mesh, rules) is None
    assert frozen.abstract_frozen(regression, mesh, rules) is None
    assert frozen.with_frozen(regression, None) is regression


class Batches:
    """The same one for ever."""

    batch = {"x": np.ones((8, 6), np.float32)}  # noqa: RUF012

    def shapes(self):
        return {"x": jax.ShapeDtypeStruct((8, 6), np.float32)}

    def made_of(self):
        return {}

    def train_iterator(self):
        return self

    def __next__(self):
        return self.batch

    def get_state(self):
        return {}

    def set_state(self, state):
        assert state == {}

    def eval_batches(self):
        return [self.batch]


def test_a_run_goes_on_upon_the_network_that_it_began_with(boxed, tmp_path):
    def fit(network, steps):
        cadence = loop.Cadence(
            num_steps=steps, eval_every=9, checkpoint_every=9, log_every=1
        )
        mesh = sharding.make_mesh()
        task = Task(make(network))
        loop.fit(
            task, Batches(), model_dir=tmp_path, cadence=cadence, mesh=mesh, seed=0
        )

    fit(boxed, 1)
    another = jax.tree.map(lambda w: w + np.float32(1e-3), boxed)
    with pytest.raises(ValueError, match="began with another frozen network than"):
        fit(another, 2)
    fit(boxed, 2)
