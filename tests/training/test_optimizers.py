import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from musiclm_jax.layers import conformer
from musiclm_jax.parallel import sharding
from musiclm_jax.training import optimizers


def constant(count):
    del count
    return jnp.float32(0.1)


def make_adamw(**settings):
    settings = {"weight_decay": 0.0, "clip_norm": 1e9} | settings
    return optimizers.adamw(schedule=constant, **settings)


def test_adamw_is_the_published_update(rng):
    b1, b2, decay = 0.9, 0.98, 0.01
    optimizer = make_adamw(weight_decay=decay, b1=b1, b2=b2)
    params = {"w": rng.normal(size=(3, 2)).astype(np.float32)}
    expected = params["w"].astype(np.float64)
    state = optimizer.init(params)
    mean, square = 0.0, 0.0
    update = jax.jit(optimizer.update)
    for step in range(1, 5):
        gradient = rng.normal(size=(3, 2)).astype(np.float32)
        updates, state = update({"w": gradient}, state, params)
        params = optax.apply_updates(params, updates)
        mean = b1 * mean + (1 - b1) * gradient
        square = b2 * square + (1 - b2) * gradient**2
        step_taken = (mean / (1 - b1**step)) / (np.sqrt(square / (1 - b2**step)) + 1e-8)
        expected = expected - 0.1 * (step_taken + decay * expected)
    np.testing.assert_allclose(params["w"], expected, rtol=1e-5)


def test_weight_decay_touches_matrices_alone():
    optimizer = make_adamw(weight_decay=0.5)
    params = {"kernel": jnp.ones((2, 2)), "bias": jnp.ones(2), "scale": jnp.ones(())}
    zero = jax.tree.map(jnp.zeros_like, params)
    updates, _ = jax.jit(optimizer.update)(zero, optimizer.init(params), params)
    np.testing.assert_allclose(updates["kernel"], -0.05)
    assert not updates["bias"].any()
    assert not updates["scale"].any()


def test_the_gradient_is_clipped_by_its_global_norm():
    # Adam divides by the size of what it sees, so the clipping shows in its memory.
    optimizer = make_adamw(clip_norm=1.0)
    params = {"a": jnp.zeros(()), "b": jnp.zeros(())}
    gradient = {"a": jnp.float32(30.0), "b": jnp.float32(40.0)}
    _, state = jax.jit(optimizer.update)(gradient, optimizer.init(params), params)
    mean = next(s for s in state if hasattr(s, "mu")).mu
    np.testing.assert_allclose(mean["a"], 0.1 * 0.6, rtol=1e-5)
    np.testing.assert_allclose(mean["b"], 0.1 * 0.8, rtol=1e-5)


def test_norms_are_of_whole_parameters_however_they_are_split(rng):
    optimizer = make_adamw(weight_decay=0.1, clip_norm=0.1)
    mesh = sharding.make_mesh(4, 2)
    place = NamedSharding(mesh, PartitionSpec("data", "model"))
    # Parts of one parameter differ much, so that the norm of a part would show.
    size = np.logspace(-2, 2, 8)[:, None]
    params, gradient = (
        {"w": (size * rng.normal(size=(8, 8))).astype(np.float32)} for _ in range(2)
    )

    @jax.jit
    def update(params, gradient):
        return optimizer.update(gradient, optimizer.init(params), params)

    one = update(params, gradient)
    many = update(*jax.device_put((params, gradient), place))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), one, many)


@pytest.mark.parametrize("scan", [False, True])
def test_norms_and_biases_are_not_decayed_in_scanned_layers_either(key, scan):
    stack = conformer.ConformerStack(2, 2, 16, 3, 0.0, scan_layers=scan)
    boxed = stack.init(key, jnp.ones((1, 4, 8)), train=False)["params"]
    params = jax.tree.map(jnp.ones_like, nn.meta.unbox(boxed))
    optimizer = make_adamw(weight_decay=0.5)
    zero = jax.tree.map(jnp.zeros_like, params)
    updates, _ = optimizer.update(zero, optimizer.init(params), params)
    # The logical axes are the reference: what multiplies has two and more.
    axes = nn.get_partition_spec(boxed)
    decayed = jax.tree.map(
        lambda names: sum(name != "layers" for name in names) >= 2,
        axes,
        is_leaf=lambda x: isinstance(x, PartitionSpec),
    )
    assert not all(jax.tree.leaves(decayed)) and any(jax.tree.leaves(decayed))
    jax.tree.map(
        lambda update, is_decayed: np.testing.assert_allclose(
            update, -0.05 if is_decayed else 0.0, atol=1e-9
        ),
        updates,
        decayed,
    )


def test_adam_is_adamw_without_decay(rng):
    params = {"w": rng.normal(size=(3, 2)).astype(np.float32)}
    gradient = {"w": rng.normal(size=(3, 2)).astype(np.float32)}
    plain = optimizers.adam(schedule=constant, clip_norm=0.5, b1=0.9, b2=0.98)
    ours, _ = plain.update(gradient, plain.init(params), params)
    decoupled = make_adamw(clip_norm=0.5, b2=0.98)
    theirs, _ = decoupled.update(gradient, decoupled.init(params), params)
    np.testing.assert_allclose(ours["w"], theirs["w"], rtol=1e-6)
