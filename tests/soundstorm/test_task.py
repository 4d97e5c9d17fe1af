import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.linen import meta

from musiclm_jax.soundstorm import task as task_lib
from musiclm_jax.soundstorm.decoding import fill
from musiclm_jax.soundstorm.masking import Masks, of_all_levels, of_one_level
from musiclm_jax.soundstorm.sampling_config import MaskSamplingConfig
from musiclm_jax.soundstorm.task import SoundStormTask
from musiclm_jax.training.optimizers import adamw
from musiclm_jax.training.schedules import warmup_constant
from musiclm_jax.training.warm_start import WarmStart


@pytest.fixture
def task(config):
    return SoundStormTask(
        config=dataclasses.replace(config, dropout_rate=0.0),
        optimizer=adamw(
            schedule=warmup_constant(peak_lr=1e-2, warmup_steps=10),
            weight_decay=0.01,
            clip_norm=1.0,
        ),
        condition_dropout_rate=0.0,
        prompt_rate=0.3,
        blank_rate=0.2,
        learned=of_one_level,
        ema_decay=0.9,
    )


@pytest.mark.parametrize("learned", [of_one_level, of_all_levels])
def test_loss_is_of_the_hidden_tokens(
    task, config, params, codes, monkeypatch, learned
):
    hidden = np.zeros((2, 20, 4), bool)
    hidden[:, :, 3] = hidden[0, 3:8, 2] = hidden[1, 12, 2] = True
    masks = Masks(level=jnp.array([2, 2]), hidden=hidden)
    monkeypatch.setattr(task_lib, "draw_masks", lambda *_, **__: masks)
    task = dataclasses.replace(task, learned=learned)
    loss, metrics = task.loss(params, codes, jax.random.key(0), train=False)
    seen = np.where(hidden, 16, codes["acoustic"])
    scores = config.build().apply(
        {"params": params},
        codes | {"acoustic": seen},
        is_conditioned=jnp.ones((2,), bool),
    )
    places = np.argwhere(hidden if learned is of_all_levels else hidden * [0, 0, 1, 0])
    each = [
        np.log(np.exp(scores[place]).sum()) - scores[place][codes["acoustic"][place]]
        for place in map(tuple, places)
    ]
    np.testing.assert_allclose(loss, np.mean(each), rtol=1e-5)
    assert metrics["health/learned_share"] == pytest.approx(len(each) / 160)


@pytest.mark.parametrize("learned", [of_one_level, of_all_levels])
def test_learns_a_batch_by_heart(task, codes, key, learned):
    """Random codes, which it writes itself in the end, whatever the order."""
    task = dataclasses.replace(task, learned=learned)
    state = meta.unbox(jax.jit(task.init)(key, codes))
    step = jax.jit(task.train_step)
    for number in range(400):
        state, _ = step(state, codes, jax.random.fold_in(key, number))
    metrics = jax.jit(task.eval_step)(state, codes)
    assert metrics["loss/cross_entropy"] < 0.1
    written = fill(
        task.config,
        task.inference_params(state),
        codes | {"acoustic": np.zeros_like(codes["acoustic"])},
        np.zeros((2, 20, 4), bool),
        codebooks=np.zeros((4, 16, 1)),
        first_level=0,
        rngs=jax.random.split(key, 2),
        sampling=MaskSamplingConfig(iterations=4),
    )
    assert np.mean(written == codes["acoustic"]) >= 0.98


def test_it_goes_on_from_a_trained_part(task, params, codes, key):
    """The loss before the first step is that of the part it starts as."""
    trained = jax.tree.map(np.asarray, params)
    again = dataclasses.replace(
        task, start=lambda part: WarmStart(task.config, trained, where=part)
    )
    begun = again.with_start(meta.unbox(jax.jit(task.init)(key, codes)))
    want = jax.jit(functools.partial(task.loss, train=False))(
        params, codes, jax.random.key(0)
    )[0]
    got = jax.jit(task.eval_step)(begun, codes)["loss/cross_entropy"]
    np.testing.assert_allclose(got, want, rtol=1e-6)
    assert begun.step == 0


def test_a_microbatch_draws_masks_of_its_own(task, params, codes):
    """The loss is the mean of its parts' losses, each with the key of its number."""
    halved = dataclasses.replace(task, num_microbatches=2)
    rng = jax.random.key(0)
    loss, _ = jax.jit(lambda p: halved.train_loss(codes, rng)(p))(params)
    each = jax.jit(functools.partial(task.loss, train=True))
    parts = [
        each(
            params,
            {name: rows[part : part + 1] for name, rows in codes.items()},
            jax.random.fold_in(rng, part),
        )[0]
        for part in range(2)
    ]
    assert parts[0] != parts[1]
    np.testing.assert_allclose(loss, np.mean(parts), rtol=1e-5)
