import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.training.train_state import TrainState, accumulate, gradient_step

RATE = 0.1
DECAY = 0.999


def square(params):
    return 0.5 * jnp.sum(jnp.square(params["w"])), {"seen": params["w"]}


def start(w=(1.0, -2.0)):
    optimizer = optax.sgd(RATE)
    return TrainState.create({"w": jnp.array(w)}, optimizer), optimizer


def test_one_step_down_the_gradient():
    state, optimizer = start()
    after, (loss, aux), metrics = gradient_step(
        state, optimizer, square, ema_decay=DECAY
    )
    np.testing.assert_allclose(after.params["w"], [0.9, -1.8], rtol=1e-6)
    np.testing.assert_allclose(loss, 2.5)
    np.testing.assert_array_equal(aux["seen"], [1.0, -2.0])
    np.testing.assert_allclose(metrics["health/gradient_norm"], np.sqrt(5.0), rtol=1e-6)
    assert int(after.step) == 1
    assert int(after.skipped) == 0


def test_the_average_is_the_closed_form():
    state, optimizer = start(w=(1.0, 1.0))
    average = 1.0
    for step in range(40):
        state, _, _ = gradient_step(state, optimizer, square, ema_decay=0.8)
        decay = min(0.8, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * (1 - RATE) ** (step + 1)
    np.testing.assert_allclose(state.ema_params["w"], [average] * 2, rtol=1e-4)


def test_the_average_forgets_the_start_and_lags_behind():
    state, optimizer = start(w=(1.0, 1.0))
    for _ in range(30):
        state, _, _ = gradient_step(state, optimizer, square, ema_decay=DECAY)
    assert float(state.params["w"][0]) < float(state.ema_params["w"][0]) < 0.5


def test_a_step_that_is_not_finite_changes_the_counters_alone():
    state, optimizer = start()
    state, _, _ = gradient_step(state, optimizer, square, ema_decay=DECAY)

    def broken_loss(params):
        return jnp.sum(params["w"]) * jnp.nan, None

    def broken_gradient(params):  # finite loss, gradient 0 * inf
        return jnp.sum(jnp.sqrt(jnp.abs(params["w"] - params["w"]))), None

    for broken in (broken_loss, broken_gradient):
        after, _, metrics = gradient_step(state, optimizer, broken, ema_decay=DECAY)
        jax.tree.map(
            np.testing.assert_array_equal,
            (after.params, after.ema_params, after.opt_state),
            (state.params, state.ema_params, state.opt_state),
        )
        assert int(after.step) == int(state.step) + 1
        assert int(after.skipped) == int(state.skipped) + 1
        np.testing.assert_allclose(metrics["health/skipped_steps"], 1.0)


def test_it_can_be_donated():
    state, optimizer = start()
    step = jax.jit(
        lambda state: gradient_step(state, optimizer, square, ema_decay=DECAY)[0],
        donate_argnums=0,
    )
    for _ in range(3):
        state = step(state)
    assert int(state.step) == 3


def row_loss(params, rows, part):
    error = jnp.tanh(rows["x"] @ params["w"]) - rows["y"]
    return jnp.mean(jnp.square(error)), {"error": jnp.abs(error).mean(), "part": part}


@pytest.fixture
def rows(rng):
    x = rng.normal(size=(12, 3)).astype(np.float32)
    return {"x": x, "y": rng.normal(size=12).astype(np.float32)}


@pytest.mark.parametrize("num", [1, 2, 3, 12])
def test_parts_add_up_to_the_whole(rows, num):
    params = {"w": jnp.array([0.3, -0.2, 0.5])}
    whole = jax.value_and_grad(lambda p: row_loss(p, rows, 0), has_aux=True)
    (loss, aux), gradient = whole(params)
    parts = accumulate(row_loss, rows, num_microbatches=num)
    for function in (parts, jax.jit(parts)):
        np.testing.assert_allclose(function(params)[0], loss, rtol=1e-5)
    (again, means), same = jax.value_and_grad(parts, has_aux=True)(params)
    np.testing.assert_allclose(again, loss, rtol=1e-5)
    np.testing.assert_allclose(same["w"], gradient["w"], rtol=1e-5)
    np.testing.assert_allclose(means["error"], aux["error"], rtol=1e-5)
    np.testing.assert_allclose(means["part"], (num - 1) / 2)


def test_a_gradient_of_parts_is_computed_once(rows):
    calls = []

    def counted(params, rows, part):
        jax.debug.callback(lambda: calls.append(0))
        return row_loss(params, rows, part)

    parts = accumulate(counted, rows, num_microbatches=4)
    jax.block_until_ready(
        jax.value_and_grad(parts, has_aux=True)({"w": jnp.array([0.3, -0.2, 0.5])})
    )
    jax.effects_barrier()
    assert len(calls) == 4


def test_a_batch_that_does_not_divide_is_named(rows):
    with pytest.raises(ValueError, match="12 rows does not divide into 5 microb"):
        accumulate(row_loss, rows, num_microbatches=5)


def test_an_average_that_nobody_reads_is_not_kept():
    params = {"w": jnp.ones(2)}
    optimizer = optax.sgd(RATE)
    state = TrainState.create(params, optimizer, keep_ema=False)
    after, _, _ = gradient_step(state, optimizer, square, ema_decay=None)
    assert state.ema_params is None and after.ema_params is None
    assert not np.array_equal(after.params["w"], params["w"])
