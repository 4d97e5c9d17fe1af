import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.semantic import losses


def _reference(context, quantized, codes, distractors, mask, temperature):
    """Steps one by one; also the share of distractors that count."""
    losses, chances = [], []
    for row, step in zip(*np.nonzero(mask), strict=True):
        others = distractors[row, step]
        others = [o for o in others if codes[row, o] != codes[row, step]]
        scores = []
        for other in [step, *others]:
            a, b = context[row, step], quantized[row, other]
            scores.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b) / temperature)
        losses.append(np.log(np.exp(scores).sum()) - scores[0])
        chances.append(np.log(len(scores)))
    return np.mean(losses), np.mean(chances)


def test_contrastive_loss_is_that_of_a_loop(rng):
    context = rng.normal(size=(2, 6, 4)).astype(np.float32)
    codes = rng.integers(0, 3, (2, 6))
    quantized = rng.normal(size=(3, 4)).astype(np.float32)[codes]
    distractors = rng.integers(0, 6, (2, 6, 5))
    mask = rng.random((2, 6)) < 0.6
    found = losses.contrastive_loss(
        jnp.asarray(context),
        jnp.asarray(quantized),
        jnp.asarray(codes),
        jnp.asarray(distractors),
        jnp.asarray(mask),
        temperature=0.1,
    )
    loss, chance = _reference(context, quantized, codes, distractors, mask, 0.1)
    np.testing.assert_allclose(found.loss, loss, rtol=1e-5)
    np.testing.assert_allclose(found.chance, chance, rtol=1e-5)


def test_distractors_of_the_right_code_do_not_count(rng):
    """However many are added, and whatever the context thinks of them."""
    context = jnp.asarray(rng.normal(size=(1, 4, 3)), jnp.float32)
    codes = jnp.asarray([[0, 1, 0, 1]])
    quantized = jnp.asarray(rng.normal(size=(2, 3)), jnp.float32)[codes]
    few, more = (
        losses.contrastive_loss(
            context,
            quantized,
            codes,
            jnp.asarray(distractors)[None],
            jnp.ones((1, 4), bool),
            temperature=0.1,
        )
        for distractors in (
            [[1], [0], [1], [0]],
            [[1, 2, 2], [0, 3, 3], [1, 0, 0], [0, 1, 1]],
        )
    )
    for name in ("loss", "chance", "accuracy"):
        np.testing.assert_allclose(getattr(few, name), getattr(more, name), rtol=1e-6)
    assert float(more.chance) == pytest.approx(np.log(2.0))


def test_one_code_for_all_is_chance():
    ones, mask = jnp.ones((1, 4, 3)), jnp.ones((1, 4), bool)
    distractors = jnp.asarray([[[1, 2], [0, 3], [0, 1], [1, 2]]])
    found = losses.contrastive_loss(
        ones, ones, jnp.zeros((1, 4), jnp.int32), distractors, mask, temperature=0.1
    )
    assert float(found.loss) == pytest.approx(0.0, abs=1e-6)
    assert float(found.chance) == float(found.accuracy) == 0.0


def test_context_that_is_the_answer_scores_nearly_nothing():
    steps, mask = jnp.eye(5)[None], jnp.ones((1, 5), bool)
    distractors = jnp.asarray([[[(step + 1) % 5, (step + 2) % 5] for step in range(5)]])
    found = losses.contrastive_loss(
        steps, steps, jnp.arange(5)[None], distractors, mask, temperature=0.1
    )
    assert float(found.loss) == pytest.approx(2 * np.exp(-10.0), abs=1e-6)
    assert float(found.accuracy) == 1.0


def test_perplexity_closed_forms():
    assert float(losses.perplexity(jnp.full((8,), 1 / 8))) == pytest.approx(8.0)
    assert float(losses.perplexity(jnp.eye(8)[3])) == pytest.approx(1.0)
    halves = jnp.asarray([0.5, 0.5, 0.0])
    assert float(losses.perplexity(halves)) == pytest.approx(2.0)


def test_diversity_loss_from_even_use_to_one_code():
    even = jnp.zeros((2, 3, 5))
    one = jnp.zeros((2, 3, 5)).at[:, :, 2].set(100.0)
    assert float(losses.diversity_loss(even)) == pytest.approx(0.0, abs=1e-5)
    assert float(losses.diversity_loss(one)) == pytest.approx(1 - 1 / 5, rel=1e-5)
    # Sure of one code each, but of all codes alike: the mean is what counts.
    sure = 100.0 * jnp.eye(5)[None]
    assert float(losses.diversity_loss(sure)) == pytest.approx(0.0, abs=1e-5)


def test_masked_prediction_reads_masked_steps_alone():
    codes = jnp.asarray([[0, 1, 2]])
    predictions = 50.0 * jnp.eye(3)[None]
    predictions = predictions.at[0, 2].set(50.0 * jnp.eye(3)[0])  # wrong, not masked
    mask = jnp.asarray([[True, True, False]])
    loss, accuracy = losses.masked_prediction_loss(predictions, codes, mask)
    assert float(loss) == pytest.approx(0.0, abs=1e-5) and float(accuracy) == 1.0
    loss, accuracy = losses.masked_prediction_loss(predictions, codes, ~mask)
    assert float(loss) == pytest.approx(50.0) and float(accuracy) == 0.0


def test_nothing_masked_gives_zero_not_nan():
    values, mask = jnp.ones((2, 3)), jnp.zeros((2, 3), bool)
    assert float(losses.masked_mean(values, mask)) == 0.0
    shares = losses.code_shares(jnp.zeros((2, 3), jnp.int32), mask, 4)
    assert not np.asarray(shares).any()


def test_code_shares_count_where_the_mask_is():
    codes = jnp.asarray([[0, 1, 1, 3]])
    mask = jnp.asarray([[True, True, True, False]])
    shares = losses.code_shares(codes, mask, 4)
    np.testing.assert_allclose(shares, [1 / 3, 2 / 3, 0, 0], rtol=1e-6)
