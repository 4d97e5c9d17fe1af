import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.mulan import losses
from musiclm_jax.parallel import sharding

metrics_of = jax.jit(losses.retrieval_metrics)
candidates_of = jax.jit(losses.candidate_mask)


decoupled = jax.jit(losses.decoupled)


def reference_losses(logits, texts):
    """Both losses pair by pair, with plain exponentials."""
    n = len(texts)
    joint, plain = [], []
    for i in range(n):
        others = [j for j in range(n) if tuple(texts[j]) != tuple(texts[i])]
        e = np.exp(logits.astype(np.float64))
        if others:
            negatives = sum(e[i, j] + e[j, i] for j in others)
            joint.append(-np.log(e[i, i] / negatives))
        row = e[i, i] + sum(e[i, j] for j in others)
        column = e[i, i] + sum(e[j, i] for j in others)
        plain.append(-(np.log(e[i, i] / row) + np.log(e[i, i] / column)) / 2)
    return np.mean(joint), np.mean(plain)


@pytest.mark.parametrize("texts", [[[1], [2], [3], [4]], [[1], [2], [1], [1]]])
def test_losses_against_numpy(rng, texts):
    logits = rng.normal(size=(4, 4)).astype(np.float32) * 3
    candidates = candidates_of(jnp.array(texts))
    joint, plain = reference_losses(logits, texts)
    np.testing.assert_allclose(decoupled(logits, candidates), joint, rtol=1e-5)
    np.testing.assert_allclose(
        jax.jit(losses.info_nce)(logits, candidates), plain, rtol=1e-5
    )


def test_candidates_are_the_pair_itself_and_other_texts():
    tokens = jnp.array([[5, 6, 0], [6, 5, 0], [5, 6, 0], [5, 6, 7]])
    expected = [
        [True, True, False, True],
        [True, True, True, True],
        [False, True, True, True],
        [True, True, True, True],
    ]
    np.testing.assert_array_equal(candidates_of(tokens), expected)


def test_fingerprints_tell_texts_apart(rng):
    tokens = rng.integers(0, 8, size=(600, 6)).astype(np.int32)
    tokens[300:] = tokens[:300]
    expected = (tokens[:, None] == tokens[None]).all(-1)
    np.fill_diagonal(expected, False)
    np.testing.assert_array_equal(~candidates_of(jnp.array(tokens)), expected)


def test_equal_captions_leave_a_finite_loss_and_gradient():
    candidates = candidates_of(jnp.ones((3, 2), jnp.int32))
    for loss in (losses.decoupled, losses.info_nce):
        value, gradient = jax.jit(jax.value_and_grad(loss))(jnp.eye(3), candidates)
        assert value == 0.0
        np.testing.assert_array_equal(gradient, 0.0)


def test_only_a_counted_positive_bounds_the_loss():
    logits, candidates = 50.0 * jnp.eye(4), jnp.ones((4, 4), bool)
    unbounded = decoupled(logits, candidates)
    np.testing.assert_allclose(unbounded, np.log(6) - 50.0, rtol=1e-5)
    assert 0.0 <= jax.jit(losses.info_nce)(logits, candidates) < 1e-5


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def test_metrics_at_chance(rng):
    x = np.tile(unit(rng.normal(size=(1, 5))), (6, 1)).astype(np.float32)
    metrics = metrics_of(
        jnp.array(x), jnp.array(x), jnp.ones((6, 6), bool), jnp.float32(10.0)
    )
    assert abs(metrics["health/contrastive_minus_chance"]) < 1e-5
    assert metrics["health/retrieval_rank"] == 0.5
    assert metrics["health/recall_at_1"] == 0.0
    assert abs(metrics["health/audio_spread"]) < 1e-5
    np.testing.assert_allclose(metrics["health/temperature"], 0.1, rtol=1e-6)


def test_metrics_when_all_is_right_and_when_all_is_wrong():
    x = jnp.eye(6)
    everything = jnp.ones((6, 6), bool)
    right = metrics_of(x, x, everything, jnp.float32(100.0))
    assert right["health/retrieval_rank"] == 0.0
    assert right["health/recall_at_1"] == 1.0
    assert right["health/pair_cosine_margin"] == 1.0
    np.testing.assert_allclose(
        right["health/contrastive_minus_chance"], -np.log(6), rtol=1e-5
    )
    np.testing.assert_allclose(right["health/text_spread"], 5 / 6, rtol=1e-5)
    wrong = metrics_of(x, jnp.ones((6, 6)) - x, everything, jnp.float32(1.0))
    assert wrong["health/retrieval_rank"] == 1.0


def test_retrieval_rank_against_sorting(rng):
    audio, text = unit(rng.normal(size=(2, 9, 4))).astype(np.float32)
    metrics = metrics_of(
        jnp.array(audio), jnp.array(text), jnp.ones((9, 9), bool), jnp.float32(1.0)
    )
    order = np.argsort(-(audio @ text.T), axis=1)
    places = [list(order[i]).index(i) for i in range(9)]
    np.testing.assert_allclose(metrics["health/retrieval_rank"], np.mean(places) / 8)
    np.testing.assert_allclose(
        metrics["health/recall_at_1"], np.mean(np.array(places) == 0)
    )


def test_a_repeated_caption_is_no_rival():
    text = jnp.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    candidates = candidates_of(jnp.array([[3], [3], [4]]))
    metrics = metrics_of(text, text, candidates, jnp.float32(1.0))
    assert metrics["health/retrieval_rank"] == 0.0


def test_negatives_come_from_all_devices(rng):
    clips, captions = rng.normal(size=(2, 16, 4)).astype(np.float32)
    texts = np.arange(16, dtype=np.int32)[:, None]

    @jax.jit
    def loss(clips, captions, texts):
        logits = clips @ captions.T
        return decoupled(logits, candidates_of(texts))

    rows = {"clips": clips, "captions": captions, "texts": texts}
    got = loss(**sharding.put_batch(rows, sharding.make_mesh(8, 1)))
    logits = clips @ captions.T
    np.testing.assert_allclose(got, reference_losses(logits, texts)[0], rtol=1e-5)
    pairs = [slice(first, first + 2) for first in range(0, 16, 2)]
    alone = [reference_losses(logits[i, i], texts[i])[0] for i in pairs]
    assert abs(np.mean(alone) - got) > 0.1
