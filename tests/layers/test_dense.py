import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.layers import dense
from musiclm_jax.parallel import sharding

INIT = nn.initializers.xavier_uniform()


def _layers(features, axes):
    ours = dense.GeneralDense(features, axes, kernel_init=INIT)
    theirs = nn.DenseGeneral(
        features,
        axis=tuple(range(len(features) - len(axes), 0)),
        kernel_init=nn.with_logical_partitioning(INIT, axes),
    )
    return ours, theirs


@pytest.mark.parametrize(
    ("features", "axes"),
    [((2, 3), ("embed", "heads", "kv")), ((5,), ("heads", "kv", "embed"))],
)
def test_it_is_dense_general(rng, key, features, axes):
    x = jnp.asarray(rng.normal(size=(2, 7, 4, 6)), jnp.float32)
    ours, theirs = _layers(features, axes)
    variables, expected = ours.init(key, x), theirs.init(key, x)
    assert variables["params"]["kernel"].names == axes
    assert variables["params"]["bias"].names == axes[-len(features) :]
    jax.tree.map(
        np.testing.assert_array_equal, *map(nn.meta.unbox, (variables, expected))
    )
    variables["params"]["bias"] = jnp.arange(np.prod(features)).reshape(features) * 1.0
    np.testing.assert_allclose(
        ours.apply(variables, x), theirs.apply(variables, x), atol=1e-5
    )


def test_it_runs_on_a_mesh(rng, key):
    x = jnp.asarray(rng.normal(size=(8, 4)), jnp.float32)
    ours, theirs = _layers((2, 3), ("embed", "heads", "kv"))
    params = nn.meta.unbox(ours.init(key, x))
    with sharding.use_mesh(sharding.make_mesh(model=2), sharding.DEFAULT_RULES):
        on_mesh = jax.jit(ours.apply)(params, x)
        # Why this layer is here; when it no longer fails, flax's own will do.
        with pytest.raises(ValueError, match="rank at least 3"):
            jax.jit(theirs.apply)(params, x)
    np.testing.assert_allclose(on_mesh, ours.apply(params, x), atol=1e-5)
