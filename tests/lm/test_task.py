import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax.linen import meta

from musiclm_jax.lm.task import StageTask, unigram_accuracy
from musiclm_jax.training.optimizers import adamw
from musiclm_jax.training.schedules import warmup_constant
from musiclm_jax.training.warm_start import WarmStart


@pytest.fixture
def make_task(stage_config):
    def make(name, *, lr=1e-2, drop=0.0):
        return StageTask(
            config=stage_config(name),
            optimizer=optax.adam(lr),
            condition_dropout_rates={"mulan": drop},
            z_loss=0.0,
            ema_decay=0.9,
        )

    return make


def cross_entropy_by_hand(task, params, batch):
    """Scores one row at a time over the whole id space, then cuts to the level."""
    config = task.config
    target = np.asarray(config.stage.target.select(batch))
    prefix = np.asarray(config.stage.prefix_tokens(config.vocabulary, batch))
    ids = np.asarray(config.stage.target_tokens(config.vocabulary, target))
    layout = config.layout(config.stage.crop_seconds)
    run = jax.jit(lambda t: config.build().apply({"params": params}, t, layout)[0])
    hidden = run(np.concatenate([prefix, ids], axis=1))
    scores = np.asarray(hidden) @ np.asarray(params["table"]).T / np.sqrt(16)
    losses, size = [], config.target.codebook_size
    for row in range(ids.shape[0]):
        for step, token in enumerate(ids[row]):
            first = config.first_target_id + step % target.shape[-1] * size
            level = scores[row, prefix.shape[1] + step - 1, first : first + size]
            losses.append(np.log(np.exp(level).sum()) - level[token - first])
    return np.mean(losses)


@pytest.mark.parametrize("name", ["semantic", "coarse", "fine"])
def test_loss_against_one_token_at_a_time(make_task, codes, key, name):
    task = make_task(name)
    state = meta.unbox(jax.jit(task.init)(key, codes))
    metrics = jax.jit(task.eval_step)(state, codes)
    expected = cross_entropy_by_hand(task, state.params, codes)
    np.testing.assert_allclose(metrics["loss/cross_entropy"], expected, rtol=1e-4)


@pytest.mark.parametrize("name", ["semantic", "coarse", "coarse_of_mulan", "fine"])
def test_learns_a_batch_by_heart(make_task, codes, key, name):
    """Random codes, which nothing but memory of the row can tell."""
    task = make_task(name)
    network = dataclasses.replace(
        task.config.network, embed_dim=48, mlp_dim=96, head_dim=24, dropout_rate=0.0
    )
    task = dataclasses.replace(
        task,
        config=dataclasses.replace(task.config, network=network),
        optimizer=adamw(
            schedule=warmup_constant(peak_lr=1e-2, warmup_steps=10),
            weight_decay=0.01,
            clip_norm=1.0,
        ),
    )
    state = meta.unbox(jax.jit(task.init)(key, codes))
    step = jax.jit(task.train_step)
    for number in range(120):
        state, _ = step(state, codes, jax.random.fold_in(key, number))
    learnt = jax.jit(task.eval_step)(state, codes)
    assert learnt["health/token_accuracy"] >= 0.98
    assert learnt["loss/cross_entropy"] < 0.1


def test_dropped_conditioning_makes_the_mulan_codes_irrelevant(make_task, codes, key):
    task = make_task("semantic", drop=1.0)
    state = meta.unbox(jax.jit(task.init)(key, codes))
    moved = {**codes, "mulan": 7 - codes["mulan"]}
    step, evaluate = jax.jit(task.train_step), jax.jit(task.eval_step)
    losses = [
        step(state, b, jax.random.key(1))[1]["loss/total"] for b in (codes, moved)
    ]
    assert losses[0] == losses[1]
    kept = [evaluate(state, b)["loss/total"] for b in (codes, moved)]
    assert kept[0] != kept[1]


@pytest.mark.parametrize("policy", ["minimal", "full"])
@pytest.mark.parametrize("scan_layers", [False, True])
def test_what_is_computed_again_is_the_same(make_task, codes, key, policy, scan_layers):
    def step(remat_policy):
        task = make_task("coarse")
        network = dataclasses.replace(task.config.network, scan_layers=scan_layers)
        task = dataclasses.replace(
            task,
            config=dataclasses.replace(task.config, network=network),
            optimizer=optax.sgd(1.0),
            remat_policy=remat_policy,
        )
        state = meta.unbox(jax.jit(task.init)(jax.random.clone(key), codes))
        return jax.jit(task.train_step)(state, codes, jax.random.key(1))

    (kept, metrics), (again, same_metrics) = step("none"), step(policy)
    for name, value in metrics.items():
        np.testing.assert_allclose(same_metrics[name], value, rtol=1e-5, err_msg=name)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6),
        kept.params,
        again.params,
    )


def test_microbatches_change_nothing_but_rounding(make_task, codes, key):
    def step(num_microbatches):
        task = make_task("coarse")
        network = dataclasses.replace(task.config.network, dropout_rate=0.0)
        task = dataclasses.replace(
            task,
            config=dataclasses.replace(task.config, network=network),
            optimizer=optax.sgd(1.0),
            num_microbatches=num_microbatches,
        )
        state = meta.unbox(jax.jit(task.init)(jax.random.clone(key), codes))
        return jax.jit(task.train_step)(state, codes, jax.random.key(1))

    (whole, metrics), (parts, same_metrics) = step(1), step(2)
    for name in ("loss/total", "health/gradient_norm"):
        np.testing.assert_allclose(same_metrics[name], metrics[name], rtol=1e-5)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6),
        whole.params,
        parts.params,
    )


def test_an_unknown_policy_is_named(make_task):
    with pytest.raises(ValueError, match="'half' is none of none, minimal, full"):
        dataclasses.replace(make_task("fine"), remat_policy="half")


def test_unigram_accuracy_by_hand():
    codes = jnp.array([[[0, 1], [0, 2], [3, 1], [0, 1]]])
    # Level zero: 0 three times of four; level one: 1 three times of four.
    np.testing.assert_allclose(unigram_accuracy(codes, 4), 0.75)


def test_the_part_is_named_after_the_stage(make_task):
    assert make_task("fine").part == "fine_stage"


def test_it_goes_on_from_a_trained_stage(make_task, codes, key):
    """The loss before the first step is that of the stage it starts as."""
    task = make_task("coarse")
    state = meta.unbox(jax.jit(task.init)(key, codes))
    step = jax.jit(task.train_step)
    for _ in range(5):
        state, _ = step(state, codes, key)
    trained = jax.tree.map(np.asarray, task.inference_params(state))
    asked = []

    def start(part):
        asked.append(part)
        return WarmStart(task.config, trained, where="model")

    again = dataclasses.replace(task, start=start)
    begun = again.with_start(meta.unbox(jax.jit(task.init)(jax.random.key(9), codes)))
    assert asked == ["coarse_stage"]
    want, got = (
        jax.jit(task.eval_step)(each, codes)["loss/cross_entropy"]
        for each in (state, begun)
    )
    np.testing.assert_allclose(got, want, rtol=1e-6)
    assert begun.step == 0
