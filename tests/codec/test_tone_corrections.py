"""What corrects levels adds nothing at first, and undoes what a window blurs."""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.codec.tone_corrections import Blocks, Corrections, Sharpening

BLOCKS = Blocks(width=12, mlp_dim=16, num_blocks=1, kernel_size=4)


def variables(module, x):
    return nn.meta.unbox(module.init(jax.random.key(0), x))


def test_both_add_nothing_at_first(rng):
    x = jnp.asarray(rng.standard_normal((2, 9, 5)), jnp.float32)
    corrections = Corrections(BLOCKS, num_levels=3)
    sharpening = Sharpening(BLOCKS)
    made = corrections.apply(variables(corrections, x), x)
    np.testing.assert_array_equal(made, np.zeros((2, 9, 3)))
    made = sharpening.apply(variables(sharpening, x), x)
    np.testing.assert_array_equal(made, np.zeros((2, 9, 5)))


@pytest.mark.parametrize(("place", "lag"), [(0, 1), (1, 2), (2, 4)])
def test_it_adds_shares_of_how_a_level_rose(rng, place, lag):
    """Before the first moment there was silence."""
    logs = rng.standard_normal((2, 9, 5)).astype(np.float32)
    module = Sharpening(BLOCKS)
    params = variables(module, logs)["params"]
    bias = np.zeros((5, 3), np.float32)
    bias[:, place] = np.arange(5)
    params = params | {"gains": params["gains"] | {"bias": bias.reshape(-1)}}
    before = np.concatenate([np.zeros((2, lag, 5)), logs[:, :-lag]], axis=1)
    np.testing.assert_allclose(
        module.apply({"params": params}, logs),
        np.arange(5) * (logs - before),
        rtol=1e-5,
        atol=1e-6,
    )


def test_it_learns_to_sharpen(rng):
    """Steps that a window of seven moments has blurred rise at once."""
    steps = np.cumsum(rng.random((8, 64, 4)) < 0.05, axis=1) % 2
    window = np.hanning(9)[1:-1] / np.hanning(9).sum()
    blur = [
        np.convolve(row, window)[:64] for row in steps.swapaxes(1, 2).reshape(-1, 64)
    ]
    blurred = np.reshape(blur, (8, 4, 64)).swapaxes(1, 2).astype(np.float32)
    # The window is causal here: what it is centred on is three moments earlier.
    true = np.pad(steps, ((0, 0), (3, 0), (0, 0)))[:, :64]
    module = Sharpening(BLOCKS)
    params = variables(module, blurred)["params"]
    optimizer = optax.adam(1e-2)

    def error(params):
        made = blurred + module.apply({"params": params}, blurred)
        return jnp.mean(jnp.square(made - true))

    @jax.jit
    def step(params, state):
        updates, state = optimizer.update(jax.grad(error)(params), state)
        return optax.apply_updates(params, updates), state

    state, first = optimizer.init(params), error(params)
    for _ in range(200):
        params, state = step(params, state)
    assert float(error(params)) < 0.4 * float(first)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Blocks)])
def test_sizes_that_cannot_be(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        dataclasses.replace(BLOCKS, **{name: 0})
