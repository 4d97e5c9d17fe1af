"""Each row where it lies: as computed at once, and nothing is gathered."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.parallel import sharding
from musiclm_jax.parallel.rows import shard_map_rows
from musiclm_jax.programs import collectives

transform = functools.partial(jnp.fft.rfft, n=16)


def convolve(x, kernel):
    return jax.lax.conv_general_dilated(
        x, kernel, (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC"),
        feature_group_count=2,
    )  # fmt: skip


def loss(function, x, *others):
    return jnp.sum(jnp.square(jnp.abs(shard_map_rows(function, x, *others))))


@pytest.mark.parametrize("name", ["transform", "grouped convolution"])
@pytest.mark.parametrize("model", [1, 2])
def test_each_device_computes_its_own_rows(name, model, rng):
    x = rng.standard_normal((8, 12, 4)).astype(np.float32)
    kernel = rng.standard_normal((3, 2, 6)).astype(np.float32)
    function, others = (transform, ()) if name == "transform" else (convolve, (kernel,))
    gradient = jax.value_and_grad(functools.partial(loss, function))
    value, slope = gradient(x, *others)
    mesh = sharding.make_mesh(model=model, devices=jax.devices()[:8])
    with sharding.use_mesh(mesh, sharding.DEFAULT_RULES):
        rows = sharding.put_batch({"x": x}, mesh)["x"]
        compiled = jax.jit(gradient).lower(rows, *others).compile()
        mesh_value, mesh_slope = compiled(rows, *others)
    np.testing.assert_allclose(mesh_value, value, rtol=1e-5)
    np.testing.assert_allclose(mesh_slope, slope, rtol=1e-4, atol=1e-4)
    assert set(collectives.traffic(compiled.as_text())) <= {"all-reduce"}


def test_rows_that_no_mesh_shares_are_computed_at_once(rng):
    x = rng.standard_normal((3, 12, 4)).astype(np.float32)
    mesh = sharding.make_mesh(devices=jax.devices()[:8])
    with sharding.use_mesh(mesh, sharding.DEFAULT_RULES):
        found = jax.jit(functools.partial(shard_map_rows, transform))(x)
    np.testing.assert_allclose(found, transform(x), rtol=1e-5, atol=1e-5)
