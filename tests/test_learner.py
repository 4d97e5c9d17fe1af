import jax
import jax.numpy as jnp
import numpy as np
import optax

from musiclm_jax.learner import Learner, gradient_step

RATE = 0.1


def square(params):
    return 0.5 * jnp.sum(jnp.square(params["w"])), {"seen": params["w"]}


def start(w=(1.0, -2.0)):
    optimizer = optax.sgd(RATE)
    return Learner.create({"w": jnp.array(w)}, optimizer), optimizer


def test_one_step_down_the_gradient():
    learner, optimizer = start()
    after, (loss, aux), metrics = gradient_step(learner, optimizer, square)
    np.testing.assert_allclose(after.params["w"], [0.9, -1.8], rtol=1e-6)
    np.testing.assert_allclose(loss, 2.5)
    np.testing.assert_array_equal(aux["seen"], [1.0, -2.0])
    np.testing.assert_allclose(metrics["health/gradient_norm"], np.sqrt(5.0), rtol=1e-6)
    assert int(after.step) == 1
    assert int(after.skipped) == 0


def test_the_average_is_the_closed_form():
    learner, optimizer = start(w=(1.0, 1.0))
    average = 1.0
    for step in range(40):
        learner, _, _ = gradient_step(learner, optimizer, square, average_decay=0.8)
        decay = min(0.8, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * (1 - RATE) ** (step + 1)
    np.testing.assert_allclose(learner.average["w"], [average] * 2, rtol=1e-4)


def test_the_average_forgets_the_start_and_lags_behind():
    learner, optimizer = start(w=(1.0, 1.0))
    for _ in range(30):
        learner, _, _ = gradient_step(learner, optimizer, square)
    assert float(learner.params["w"][0]) < float(learner.average["w"][0]) < 0.5


def test_a_step_that_is_not_finite_changes_the_counters_alone():
    learner, optimizer = start()
    learner, _, _ = gradient_step(learner, optimizer, square)

    def broken_loss(params):
        return jnp.sum(params["w"]) * jnp.nan, None

    def broken_gradient(params):  # finite loss, gradient 0 * inf
        return jnp.sum(jnp.sqrt(jnp.abs(params["w"] - params["w"]))), None

    for broken in (broken_loss, broken_gradient):
        after, _, metrics = gradient_step(learner, optimizer, broken)
        jax.tree.map(
            np.testing.assert_array_equal,
            (after.params, after.average, after.opt_state),
            (learner.params, learner.average, learner.opt_state),
        )
        assert int(after.step) == int(learner.step) + 1
        assert int(after.skipped) == int(learner.skipped) + 1
        np.testing.assert_allclose(metrics["health/skipped_steps"], 1.0)


def test_it_can_be_donated():
    learner, optimizer = start()
    step = jax.jit(
        lambda learner: gradient_step(learner, optimizer, square)[0], donate_argnums=0
    )
    for _ in range(3):
        learner = step(learner)
    assert int(learner.step) == 3
