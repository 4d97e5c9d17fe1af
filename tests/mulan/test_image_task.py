"""Pictures learn the places of texts that stay where they are."""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.mulan import image_task, image_tower, losses
from musiclm_jax.training.frozen import FrozenNetwork

CONFIG = image_tower.ImageTowerConfig(
    embed_dim=6,
    image_size=16,
    widths=(8, 16),
    num_blocks=1,
    num_groups=4,
    num_readings=2,
    dtype="float32",
)
NUM_PAIRS = 8


@pytest.fixture(scope="module")
def texts():
    """Places of eight texts."""
    places = np.random.default_rng(1).normal(size=(NUM_PAIRS, 6)).astype(np.float32)
    return places / np.linalg.norm(places, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def task(texts):
    return image_task.ImageTask(
        config=CONFIG,
        frozen=FrozenNetwork(
            params={"places": texts},
            apply=lambda params, batch: jnp.asarray(params["places"])[
                batch["text"][:, :1]
            ],
        ),
        optimizer=optax.adam(1e-2),
        loss=losses.info_nce,
        nearness_weight=2.0,
        ema_decay=0.9,
    )


@pytest.fixture(scope="module")
def batch():
    images = np.random.default_rng(2).integers(0, 256, (NUM_PAIRS, 16, 16, 3))
    text = np.stack([np.arange(NUM_PAIRS), np.ones(NUM_PAIRS)], axis=1)
    return {"image": images.astype(np.uint8), "text": text.astype(np.int32)}


def test_it_learns_a_batch_and_lands_on_the_texts(task, batch, texts):
    """Every picture is next to its own text, not only nearer to it than others are."""
    state = jax.jit(task.init)(jax.random.key(0), batch)
    train_step = jax.jit(task.train_step)
    for _ in range(150):
        state, metrics = train_step(state, batch, jax.random.key(0))
    assert metrics["loss/contrastive"] < 0.1
    evaluated = jax.jit(task.eval_step)(state, batch)
    assert evaluated["health/recall_at_1"] == 1.0
    assert evaluated["health/pair_cosine"] > 0.95
    params = task.inference_params(state)
    assert set(params) == {"image_tower"}
    placed = image_tower.embed_images(CONFIG, params, batch["image"])
    assert (np.argmax(placed @ texts.T, axis=1) == np.arange(NUM_PAIRS)).all()


def test_nothing_but_the_tower_is_trained_and_kept(task, batch):
    state = jax.eval_shape(task.init, jax.random.key(0), batch)
    assert set(nn.meta.unbox(state).params) == {"image_tower", "log_scale"}


def test_the_second_loss_counts_as_it_is_weighed(task, batch):
    state = jax.jit(task.init)(jax.random.key(0), batch)
    total = {}
    for weight in (0.0, 2.0):
        changed = dataclasses.replace(task, nearness_weight=weight)
        metrics = jax.jit(changed.eval_step)(state, batch)
        total[weight] = metrics["loss/total"]
    farness = 1 - metrics["health/pair_cosine"]
    np.testing.assert_allclose(total[2.0] - total[0.0], 2 * farness, rtol=1e-4)


def test_texts_of_another_space(task, batch):
    other = dataclasses.replace(CONFIG, embed_dim=5)
    with pytest.raises(ValueError, match=r"has embed_dim=5, but .* into 6 dimensions"):
        dataclasses.replace(task, config=other).init(jax.random.key(0), batch)
