import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.layers import quantization
from musiclm_jax.mulan.shared_quantizer import (
    SharedQuantizerConfig,
    SharedQuantizerTask,
)
from musiclm_jax.training.frozen import FrozenNetwork

CONFIG = SharedQuantizerConfig(
    num_quantizers=3, codebook_size=4, level_dim=1, decay=0.8, measure_steps=5
)
DIM = 8
# Of what both sides say, the strongest first; each says as much for itself.
STRENGTHS = np.array([2.0, 1.4, 1.0])


@pytest.fixture(scope="module")
def rotation():
    return np.linalg.qr(np.random.default_rng(7).normal(size=(DIM, DIM)))[0]


@pytest.fixture(scope="module")
def task():
    frozen = FrozenNetwork(params={}, apply=lambda params, batch: batch["pairs"])
    return SharedQuantizerTask(config=CONFIG, frozen=frozen)


def draw(rotation, seed, rows=256):
    """Pairs [pair, side, dim]: four even values a shared direction, noise elsewhere."""
    rng = np.random.default_rng(seed)
    shared = rng.integers(0, 4, (rows, 1, 3)) - 1.5
    noise = rng.normal(size=(rows, 2, DIM - 3)) * 1.5
    plain = np.concatenate([np.repeat(shared, 2, axis=1) * STRENGTHS, noise], axis=2)
    plain[..., :3] += rng.normal(size=(rows, 2, 3)) * 0.05
    # Sides that lie apart, as the towers' do.
    plain[:, 1, 5] += 3.0
    return {"pairs": (plain @ rotation.T).astype(np.float32)}


@pytest.fixture(scope="module")
def fitted(task, rotation):
    step = jax.jit(task.train_step)
    state = task.init(jax.random.key(0), draw(rotation, 0))
    for i in range(60):
        state, metrics = step(state, draw(rotation, i), jax.random.key(i))
    return state, metrics


def test_codes_of_both_sides_agree_at_every_level(task, fitted, rotation):
    state, metrics = fitted
    assert metrics["loss/disagreement"] < 0.1  # at chance: 0.75
    held_out = task.eval_step(state, draw(rotation, 1000))
    assert held_out["loss/disagreement"] < 0.1  # at chance: 0.75
    assert held_out["health/agreement_last"] > 0.8
    assert held_out["codebook/used_min"] == 1.0


def test_levels_of_what_others_leave_over_agree_less(rotation):
    """The reason for it: the paper's quantizer, on the same pairs."""
    pairs = draw(rotation, 0, rows=2000)["pairs"]
    state = quantization.init_rvq(num_quantizers=3, codebook_size=4, dim=DIM)
    state = quantization.kmeans_init(state, pairs[:, :1], jax.random.key(0))
    codes = quantization.quantize(state.codebooks, jnp.asarray(pairs))
    assert jnp.mean(codes[:, 0, -1] == codes[:, 1, -1]) < 0.5


def test_levels_lie_at_right_angles_along_what_is_shared(task, fitted, rotation):
    books = np.asarray(task.inference_params(fitted[0])["codebooks"])
    assert books.shape == (3, 4, DIM)
    plain = books @ rotation
    for level in range(3):
        along = np.abs(plain[level]).max(axis=0)
        assert along.argmax() == level  # the strongest first
        np.testing.assert_allclose(np.delete(along, level), 0.0, atol=0.3)
    first, second = books[0], books[1]
    np.testing.assert_allclose(first @ second.T, 0.0, atol=1e-4)


def test_no_code_depends_on_one_before_it(task, fitted, rotation):
    """Level by level on what is left is each level on the whole."""
    books = task.inference_params(fitted[0])["codebooks"]
    x = jnp.asarray(draw(rotation, 5)["pairs"].reshape(-1, DIM))
    codes = quantization.quantize(books, x)
    for level, book in enumerate(books):
        np.testing.assert_array_equal(codes[:, level], quantization.nearest(book, x))


def test_the_first_steps_measure_alone(task, rotation):
    state = task.init(jax.random.key(0), draw(rotation, 0))
    pairs = [draw(rotation, i) for i in range(CONFIG.measure_steps)]
    step = jax.jit(task.train_step)
    for i, batch in enumerate(pairs):
        state, metrics = step(state, batch, jax.random.key(i))
        assert metrics["loss/disagreement"] == 1.0
    assert not state.rvq.initialized.any()
    both = np.concatenate([batch["pairs"] for batch in pairs])
    np.testing.assert_allclose(state.sums, both.sum(axis=0), rtol=1e-3, atol=1e-2)
    products = both[:, 0].T @ both[:, 1]
    np.testing.assert_allclose(state.products, products, rtol=1e-3, atol=0.1)
    moved, _ = step(state, pairs[0], jax.random.key(9))
    assert moved.rvq.initialized.all()
    np.testing.assert_array_equal(moved.products, state.products)


def test_more_directions_than_dimensions_are_refused(task, rotation):
    wide = dataclasses.replace(task, config=dataclasses.replace(CONFIG, level_dim=3))
    with pytest.raises(ValueError, match=r"3 levels of 3 directions each .* 8 dim"):
        wide.init(jax.random.key(0), draw(rotation, 0))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_quantizers": 0}, "num_quantizers must be at least 1, got 0"),
        ({"codebook_size": 0}, "codebook_size must be at least 1, got 0"),
        ({"level_dim": 0}, "level_dim must be at least 1, got 0"),
        ({"measure_steps": 0}, "measure_steps must be at least 1, got 0"),
        ({"decay": 1.0}, r"decay must be in \[0, 1\), got 1.0"),
    ],
)
def test_config_says_what_is_wrong(wrong, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CONFIG, **wrong)
