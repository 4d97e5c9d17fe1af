import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.mulan import losses
from musiclm_jax.mulan import task as task_lib
from musiclm_jax.mulan.augment import SpecAugmentConfig

NO_AUGMENT = SpecAugmentConfig(
    num_time_masks=0,
    max_time_share=0.0,
    num_frequency_masks=0,
    max_frequency_share=0.0,
)


@pytest.fixture(scope="module")
def task(config):
    return task_lib.MuLanTask(
        config=config,
        optimizer=optax.adam(1e-2),
        augment=NO_AUGMENT,
        loss=losses.decoupled,
        ema_decay=0.9,
    )


def make_batch(num_pairs=8):
    """Tones; a clip's pitch and its text are two names of one thing."""
    time = np.arange(1000) / 1000
    pitch = 40.0 + 50.0 * np.arange(num_pairs)
    audio = np.sin(2 * np.pi * pitch[:, None] * time[None]).astype(np.float32)
    text = np.stack([np.full(num_pairs, 1), np.arange(num_pairs) + 2], axis=1)
    return {"audio": audio, "text": text.astype(np.int32)}


@pytest.fixture(scope="module")
def state(task):
    return jax.jit(task.init)(jax.random.key(0), make_batch())


@pytest.fixture(scope="module")
def train_step(task):
    return jax.jit(task.train_step)


def test_a_step_moves_every_parameter_and_reports_scalars(state, train_step):
    # Scales that start at zero hide their convolutions for the first step.
    after, _ = train_step(state, make_batch(), jax.random.key(1))
    after, metrics = train_step(after, make_batch(), jax.random.key(2))
    assert after.step == 2 and after.skipped == 0
    for name, value in metrics.items():
        assert value.shape == () and value.dtype == jnp.float32, name
        assert np.isfinite(value), name
    for path, old in jax.tree_util.tree_leaves_with_path(state.params):
        new = after.params
        for part in path:
            new = new[part.key] if hasattr(part, "key") else getattr(new, part.name)
        changed = np.any(np.asarray(new) != np.asarray(old))
        assert changed, jax.tree_util.keystr(path)


def test_temperature_stays_in_its_range(state, train_step):
    hot = state.replace(params={**state.params, "log_scale": jnp.float32(50.0)})
    after, _ = train_step(hot, make_batch(), jax.random.key(1))
    np.testing.assert_allclose(
        np.exp(after.params["log_scale"]), task_lib.SCALE_RANGE[1], rtol=1e-5
    )


def test_eval_reads_the_average(task, state):
    eval_step = jax.jit(task.eval_step)
    before = eval_step(state, make_batch())
    broken = jax.tree.map(jnp.zeros_like, state.params)
    after = eval_step(state.replace(params=broken), make_batch())
    assert before == after
    assert "health/retrieval_rank" in before


def test_inference_params_are_plain_and_without_the_temperature(task, state):
    params = task.inference_params(state)
    assert set(params) == {"audio_tower", "text_tower"}
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(params))
    assert isinstance(params["audio_tower"]["stem"]["kernel"], jax.Array)


def test_an_unknown_policy_is_named(task):
    with pytest.raises(ValueError, match="'half' is none of none, minimal, full"):
        dataclasses.replace(task, remat_policy="half")


def test_the_average_follows_as_the_task_says(task, state):
    """After many steps the decay is the task's own."""
    late = state.replace(step=jnp.int32(10**6))
    after, _ = jax.jit(task.train_step)(late, make_batch(), jax.random.key(1))
    old, new, average = (
        np.asarray(tree["text_tower"]["projection"]["kernel"].value)
        for tree in (state.params, after.params, after.ema_params)
    )
    np.testing.assert_allclose(average - old, 0.1 * (new - old), atol=1e-6)
    assert np.abs(new - old).max() > 1e-3


@pytest.mark.parametrize(
    ("loss", "bound"), [(losses.decoupled, -5.0), (losses.info_nce, 0.1)]
)
def test_it_learns_which_text_belongs_to_which_tone(config, loss, bound):
    """Every pair is first among all, by what would be exported.

    Without dropout, of which so narrow a tower forgets what it learnt.
    """
    tower = dataclasses.replace(config.text_tower, dropout_rate=0.0)
    task = task_lib.MuLanTask(
        config=dataclasses.replace(config, text_tower=tower),
        optimizer=optax.adam(3e-3),
        augment=NO_AUGMENT,
        loss=loss,
        ema_decay=0.9,
    )
    batch = make_batch()
    state = jax.jit(task.init)(jax.random.key(0), batch)
    train_step = jax.jit(task.train_step)
    for step in range(200):
        state, metrics = train_step(state, batch, jax.random.key(step))
    assert metrics["loss/total"] < bound
    evaluated = jax.jit(task.eval_step)(state, batch)
    assert evaluated["health/recall_at_1"] == 1.0
    assert evaluated["health/retrieval_rank"] == 0.0
    assert evaluated["loss/total"] < bound
