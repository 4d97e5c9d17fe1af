import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.semantic import centroids
from musiclm_jax.semantic.task import W2vBertTask
from musiclm_jax.training import optimizers, schedules


@pytest.fixture
def task(config, pretraining):
    return W2vBertTask(
        config=config,
        pretraining=pretraining,
        optimizer=optax.adam(3e-3),
        ema_decay=0.99,
    )


@pytest.fixture
def batch(rng):
    """Melodies: a step keeps its note, so that masked steps can be told."""
    notes = 220.0 * 2 ** (rng.integers(0, 24, (4, 10)) / 12)
    phase = 2 * np.pi * np.cumsum(np.repeat(notes, 4800, axis=1), axis=1) / 24_000
    return {"audio": jnp.asarray(0.3 * np.sin(phase), jnp.float32)}


def test_metrics_are_finite_scalars_and_the_state_moves(task, batch, key):
    init_rng, first_rng, rng = jax.random.split(key, 3)
    state = jax.jit(task.init)(init_rng, batch)
    # In the first step the modules of the blocks are closed, and block their insides.
    step = jax.jit(task.train_step)
    moved, _ = step(state, batch, first_rng)
    moved, metrics = step(moved, batch, rng)
    for name, value in metrics.items():
        assert value.shape == () and value.dtype == jnp.float32, name
        assert np.isfinite(value), name
    assert int(moved.step) == 2 and int(moved.skipped) == 0
    before, after = (jax.tree.leaves(state.params) for state in (state, moved))
    # All parameters learn, those of the quantizer among them.
    assert all(np.any(a != b) for a, b in zip(before, after, strict=True))
    assert set(jax.eval_shape(task.eval_step, moved, batch)) < set(metrics)


def test_evaluation_repeats_and_its_total_is_the_weighted_sum(task, batch, key):
    pretraining = dataclasses.replace(
        task.pretraining, contrastive_weight=2.0, masked_weight=3.0
    )
    task = dataclasses.replace(task, pretraining=pretraining)
    state = jax.jit(task.init)(key, batch)
    evaluate = jax.jit(task.eval_step)
    metrics = evaluate(state, batch)
    assert metrics["loss/total"] == evaluate(state, batch)["loss/total"]
    expected = 3 * metrics["loss/masked_prediction"] + 2 * (
        metrics["loss/contrastive"] + 0.1 * metrics["loss/diversity"]
    )
    np.testing.assert_allclose(metrics["loss/total"], expected, rtol=1e-6)


def test_temperature_falls_to_its_end(pretraining):
    pretraining = dataclasses.replace(pretraining, gumbel_decay=0.5)
    got = [float(pretraining.gumbel_temperature(jnp.asarray(n))) for n in range(4)]
    assert got == [2.0, 1.0, 0.5, 0.5]


def test_exported_parameters_tokenize(task, batch, key):
    params = jax.eval_shape(lambda: task.inference_params(task.init(key, batch)))
    x = jax.eval_shape(
        lambda params: centroids.features(task.config, params, batch["audio"]), params
    )
    assert list(params) == ["network"] and x.shape == (4, 50, 16)


def test_too_short_audio_is_named(task, key):
    with pytest.raises(ValueError, match="at least 1920 samples, got 1000"):
        task.init(key, {"audio": jnp.zeros((1, 1000))})


def test_an_unknown_policy_is_named(task):
    with pytest.raises(ValueError, match="'half' is none of none, minimal, full"):
        dataclasses.replace(task, remat_policy="half")


def test_the_average_follows_as_the_task_says(task, batch, key):
    """After many steps the decay is the task's own."""
    init_rng, rng = jax.random.split(key)
    state = jax.jit(task.init)(init_rng, batch)
    late = state.replace(step=jnp.int32(10**6))
    after, _ = jax.jit(task.train_step)(late, batch, rng)
    old, new, average = (
        np.asarray(tree["projection"]["kernel"].value)
        for tree in (state.params, after.params, after.ema_params)
    )
    np.testing.assert_allclose(average - old, 0.01 * (new - old), atol=1e-6)
    assert np.abs(new - old).max() > 1e-3


@pytest.mark.slow
def test_learns_one_batch(config, pretraining, batch, key):
    """Wide and deep enough, by the optimizer and the schedule of its run."""
    task = W2vBertTask(
        config=dataclasses.replace(
            config,
            embed_dim=64,
            mlp_dim=128,
            num_contrastive_layers=3,
            num_masked_layers=1,
            dropout_rate=0.0,
        ),
        pretraining=pretraining,
        optimizer=optimizers.adam(
            schedule=schedules.warmup_rsqrt(peak_lr=3e-3, warmup_steps=50),
            clip_norm=1.0,
            b2=0.98,
        ),
        ema_decay=0.99,
    )
    step = jax.jit(task.train_step, donate_argnums=0)
    init_rng, *rngs = jax.random.split(key, 301)
    state = jax.jit(task.init)(init_rng, batch)
    history = []
    for rng in rngs:
        state, metrics = step(state, batch, rng)
        history.append(metrics)
    last = {name: np.mean([m[name] for m in history[-30:]]) for name in history[-1]}
    assert last["health/contrastive_minus_chance"] < -2.0
    assert last["health/contrastive_accuracy"] > 0.7
    assert last["health/masked_accuracy"] > 0.8
    assert last["health/masked_accuracy_unigram"] < 0.4
    assert last["codebook/perplexity"] > 4
