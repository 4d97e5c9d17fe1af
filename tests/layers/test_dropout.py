import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.layers.dropout import Dropout


@pytest.mark.parametrize("broadcast_dims", [(), (1,)])
def test_equals_flax_number_for_number(rng, key, broadcast_dims):
    x = rng.normal(size=(4, 5, 300)).astype(np.float32)
    ours = Dropout(0.3, broadcast_dims)
    theirs = nn.Dropout(0.3, broadcast_dims, deterministic=False)

    def run(module, *arguments, **options):
        return module.apply({}, x, *arguments, rngs={"dropout": key}, **options)

    y = jax.jit(lambda: run(ours, train=True))()
    np.testing.assert_array_equal(y, jax.jit(lambda: run(theirs))())
    dropped = np.asarray(y == 0)
    assert dropped.mean() == pytest.approx(0.3, abs=0.05)
    np.testing.assert_allclose(y[~dropped], x[~dropped] / 0.7, rtol=1e-6)
    assert np.all(dropped == dropped[:, :1]) == bool(broadcast_dims)


def test_gradient_passes_where_values_do(key):
    def total(x):
        y = Dropout(0.5).apply({}, x, train=True, rngs={"dropout": key})
        return jnp.sum(y), y

    gradient, y = jax.jit(jax.grad(total, has_aux=True))(jnp.ones((4, 64)))
    np.testing.assert_array_equal(gradient, y)
    assert set(np.unique(y)) == {0.0, 2.0}


def test_nothing_is_dropped_outside_training(rng):
    x = rng.normal(size=(3, 5)).astype(np.float32)
    np.testing.assert_array_equal(Dropout(0.9).apply({}, x, train=False), x)
    np.testing.assert_array_equal(Dropout(0.0).apply({}, x, train=True), x)


def test_the_mask_is_computed_by_itself(key):
    def run(x, key):
        return Dropout(0.5).apply({}, x, train=True, rngs={"dropout": key})

    assert "optimization_barrier" in str(jax.make_jaxpr(run)(jnp.ones((2, 3)), key))


@pytest.mark.parametrize("rate", [1.0, -0.1])
def test_a_rate_is_a_share(rate):
    with pytest.raises(ValueError, match=r"the dropout rate is"):
        Dropout(rate).apply({}, jnp.ones(3), train=True)
