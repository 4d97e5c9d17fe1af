import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax.core import meta
from jax.sharding import PartitionSpec

from musiclm_jax.parallel import sharding
from musiclm_jax.training.optimizers import adamw
from musiclm_jax.training.schedules import warmup_constant
from musiclm_jax.training.train_state import TrainState

SCHEDULE = warmup_constant(peak_lr=0.1, warmup_steps=1)
ADAMW = adamw(schedule=SCHEDULE, weight_decay=0.1, clip_norm=1.0)


class Network(nn.Module):
    mlp_dim: int

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(
            self.mlp_dim,
            kernel_init=nn.with_logical_partitioning(
                nn.initializers.lecun_normal(), ("embed", "mlp")
            ),
            bias_init=nn.with_logical_partitioning(nn.initializers.zeros, ("mlp",)),
        )(x)
        return x * self.param("gain", nn.initializers.ones, ())


@dataclasses.dataclass(frozen=True)
class NetworkTask:
    mlp_dim: int = 16
    optimizer: optax.GradientTransformation = ADAMW

    def init(self, rng, batch):
        params = Network(self.mlp_dim).init(rng, batch["x"])["params"]
        return TrainState.create(params, self.optimizer)


BATCH = {"x": jax.ShapeDtypeStruct((8, 8), jnp.float32)}


@pytest.mark.parametrize(
    ("data", "model", "shape"), [(-1, 1, (8, 1)), (-1, 4, (2, 4)), (4, 2, (4, 2))]
)
def test_mesh_arranges_all_devices(data, model, shape):
    mesh = sharding.make_mesh(data, model)
    assert mesh.devices.shape == shape
    assert mesh.axis_names == ("data", "model")
    assert {d.id for d in mesh.devices.flat} == {d.id for d in jax.devices()}


@pytest.mark.parametrize(
    ("data", "model", "message"),
    [
        (-1, 3, "model=3 does not divide the 8 devices"),
        (3, 2, "data=3 x model=2 needs 6 devices, there are 8"),
        (0, 1, "must be positive .*data=0"),
        (-1, 0, "must be positive .*model=0"),
        (-2, 1, "must be positive .*data=-2"),
    ],
)
def test_mesh_says_what_does_not_divide(data, model, message):
    with pytest.raises(ValueError, match=message):
        sharding.make_mesh(data, model)


def spec(tree):
    return jax.tree.map(lambda x: x.spec, tree)


def test_parameters_average_and_moments_lie_alike():
    mesh = sharding.make_mesh(4, 2)
    shardings = sharding.state_shardings(
        NetworkTask(), BATCH, mesh, sharding.DEFAULT_RULES
    )
    expected = {
        "Dense_0": {
            "kernel": PartitionSpec(None, "model"),
            "bias": PartitionSpec("model"),
        },
        "gain": PartitionSpec(),
    }
    adam = next(s for s in shardings.opt_state if hasattr(s, "mu"))
    for tree in (shardings.params, shardings.ema_params, adam.mu, adam.nu):
        assert spec(tree) == expected
    assert shardings.step.spec == PartitionSpec()


def test_fully_sharded_rules_split_over_both_axes():
    mesh = sharding.make_mesh(4, 2)
    shardings = sharding.state_shardings(
        NetworkTask(), BATCH, mesh, sharding.FULLY_SHARDED_RULES
    )
    assert shardings.params["Dense_0"]["kernel"].spec == PartitionSpec("data", "model")


def test_rules_by_t5x_name():
    for dims, rules in (
        (1, sharding.DEFAULT_RULES),
        (2, sharding.FULLY_SHARDED_RULES),
    ):
        assert sharding.logical_axis_rules(parameter_partitioning_dims=dims) == rules
    with pytest.raises(ValueError, match="must be 1 or 2, got 3"):
        sharding.logical_axis_rules(parameter_partitioning_dims=3)


def test_a_dimension_that_does_not_divide_is_replicated():
    mesh = sharding.make_mesh(2, 4)
    shardings = sharding.state_shardings(
        NetworkTask(mlp_dim=6), BATCH, mesh, sharding.FULLY_SHARDED_RULES
    )
    assert shardings.params["Dense_0"]["kernel"].spec == PartitionSpec("data", None)
    state = sharding.init_state(
        NetworkTask(mlp_dim=6), BATCH, jax.random.key(0),
        mesh=mesh, rules=sharding.FULLY_SHARDED_RULES,
    )  # fmt: skip
    assert state.params["Dense_0"]["kernel"].addressable_shards[0].data.shape == (4, 6)


def test_factored_moments_get_a_place_too():
    task = NetworkTask(optimizer=optax.scale_by_factored_rms(min_dim_size_to_factor=4))
    state = sharding.init_state(
        task, BATCH, jax.random.key(0),
        mesh=sharding.make_mesh(4, 2), rules=sharding.FULLY_SHARDED_RULES,
    )  # fmt: skip
    assert all(x.is_fully_addressable for x in jax.tree.leaves(state))


def test_the_start_is_the_same_on_every_mesh_and_has_no_boxes():
    states = [
        sharding.init_state(
            NetworkTask(), BATCH, jax.random.key(1), mesh=mesh, rules=rules
        )
        for mesh, rules in (
            (sharding.make_mesh(devices=jax.devices()[:1]), sharding.DEFAULT_RULES),
            (sharding.make_mesh(2, 4), sharding.FULLY_SHARDED_RULES),
        )
    ]
    boxes = jax.tree.leaves(states, is_leaf=lambda x: isinstance(x, meta.AxisMetadata))
    assert not any(isinstance(x, meta.AxisMetadata) for x in boxes)
    one, many = jax.device_get(states)
    jax.tree.map(np.testing.assert_array_equal, one, many)
    wanted = sharding.state_shardings(
        NetworkTask(), BATCH, sharding.make_mesh(2, 4), sharding.FULLY_SHARDED_RULES
    )
    assert jax.tree.map(lambda x: x.sharding, states[1]) == wanted


def test_abstract_state_computes_nothing_but_agrees():
    mesh = sharding.make_mesh(4, 2)
    rules = sharding.DEFAULT_RULES
    shapes = sharding.abstract_state(NetworkTask(), BATCH, mesh, rules)
    state = sharding.init_state(
        NetworkTask(), BATCH, jax.random.key(0), mesh=mesh, rules=rules
    )
    assert jax.tree.structure(shapes) == jax.tree.structure(state)
    for a, b in zip(jax.tree.leaves(shapes), jax.tree.leaves(state), strict=True):
        assert (a.shape, a.dtype, a.sharding) == (b.shape, b.dtype, b.sharding)


def test_put_batch_gives_each_device_its_rows(rng):
    mesh = sharding.make_mesh(4, 2)
    batch = {"x": rng.normal(size=(8, 3)), "y": np.arange(8, dtype=np.int32)}
    placed = sharding.put_batch(batch, mesh)
    np.testing.assert_allclose(placed["x"], batch["x"], rtol=1e-6)
    assert placed["x"].sharding == sharding.batch_sharding(mesh)
    for shard in placed["y"].addressable_shards:
        np.testing.assert_array_equal(shard.data, batch["y"][shard.index])
        assert shard.data.shape == (2,)


def test_put_batch_names_what_does_not_divide():
    mesh = sharding.make_mesh(8, 1)
    with pytest.raises(ValueError, match=r"'audio' has 6 rows.*multiple of 8"):
        sharding.put_batch({"audio": np.zeros((6, 2), np.float32)}, mesh)


def test_constraints_on_activations_follow_the_rules():
    mesh = sharding.make_mesh(4, 2)

    def constrained(x):
        return sharding.constrain(x, ("batch", "length", "mlp"))

    with sharding.use_mesh(mesh, sharding.DEFAULT_RULES):
        out = jax.jit(constrained)(jnp.zeros((8, 3, 4)))
        # Three do not divide by two: replicated, and no error.
        uneven = jax.jit(constrained)(jnp.zeros((8, 4, 3)))
    assert out.sharding.spec == PartitionSpec("data", None, "model")
    assert uneven.sharding.spec == PartitionSpec("data")
    x = jnp.ones((2, 2, 2))
    assert constrained(x) is x
