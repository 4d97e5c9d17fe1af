import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.semantic import losses


def _reference(context, quantized, distractors, mask, temperature):
    """Steps one by one."""
    losses = []
    for row, step in zip(*np.nonzero(mask), strict=True):
        scores = []
        for other in [step, *distractors[row, step]]:
            a, b = context[row, step], quantized[row, other]
            scores.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b) / temperature)
        losses.append(np.log(np.exp(scores).sum()) - scores[0])
    return np.mean(losses)


def test_contrastive_loss_is_that_of_a_loop(rng):
    context, quantized = rng.normal(size=(2, 2, 6, 4)).astype(np.float32)
    distractors = rng.integers(0, 6, (2, 6, 5))
    mask = rng.random((2, 6)) < 0.6
    loss, _ = losses.contrastive_loss(
        jnp.asarray(context),
        jnp.asarray(quantized),
        jnp.asarray(distractors),
        jnp.asarray(mask),
        temperature=0.1,
    )
    expected = _reference(context, quantized, distractors, mask, 0.1)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_one_code_for_all_is_chance():
    ones, mask = jnp.ones((1, 4, 3)), jnp.ones((1, 4), bool)
    distractors = jnp.asarray([[[1, 2], [0, 3], [0, 1], [1, 2]]])
    loss, nearest = losses.contrastive_loss(
        ones, ones, distractors, mask, temperature=0.1
    )
    assert float(loss) == pytest.approx(np.log(3.0), rel=1e-5)
    assert float(nearest) == 0.0


def test_steps_of_one_code_are_told_apart_by_no_rounding(rng):
    """Straight through, vectors of one code differ in their last digits."""
    context = jnp.asarray(rng.normal(size=(8, 4, 64)), jnp.float32)
    code = rng.normal(size=64) * (1 + 1e-7 * rng.normal(size=(8, 4, 64)))
    distractors = jnp.asarray((np.arange(4)[:, None] + 1) % 4)[None]
    _, nearest = losses.contrastive_loss(
        context,
        jnp.asarray(code, jnp.float32),
        jnp.tile(distractors, (8, 1, 1)),
        jnp.ones((8, 4), bool),
        temperature=0.1,
    )
    assert float(nearest) == 0.0


def test_context_that_is_the_answer_scores_nearly_nothing():
    steps, mask = jnp.eye(5)[None], jnp.ones((1, 5), bool)
    distractors = jnp.asarray([[[(step + 1) % 5, (step + 2) % 5] for step in range(5)]])
    loss, nearest = losses.contrastive_loss(
        steps, steps, distractors, mask, temperature=0.1
    )
    assert float(loss) == pytest.approx(2 * np.exp(-10.0), abs=1e-6)
    assert float(nearest) == 1.0


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


def test_masked_prediction_reads_hidden_steps_alone():
    codes = jnp.asarray([[0, 1, 2]])
    predictions = 50.0 * jnp.eye(3)[None]
    predictions = predictions.at[0, 2].set(50.0 * jnp.eye(3)[0])  # wrong, not hidden
    mask = jnp.asarray([[True, True, False]])
    loss, accuracy = losses.masked_prediction_loss(predictions, codes, mask)
    assert float(loss) == pytest.approx(0.0, abs=1e-5) and float(accuracy) == 1.0
    loss, accuracy = losses.masked_prediction_loss(predictions, codes, ~mask)
    assert float(loss) == pytest.approx(50.0) and float(accuracy) == 0.0


def test_nothing_hidden_gives_zero_not_nan():
    values, mask = jnp.ones((2, 3)), jnp.zeros((2, 3), bool)
    assert float(losses.masked_mean(values, mask)) == 0.0
    shares = losses.code_shares(jnp.zeros((2, 3), jnp.int32), mask, 4)
    assert not np.asarray(shares).any()


def test_code_shares_count_where_the_mask_is():
    codes = jnp.asarray([[0, 1, 1, 3]])
    mask = jnp.asarray([[True, True, True, False]])
    shares = losses.code_shares(codes, mask, 4)
    np.testing.assert_allclose(shares, [1 / 3, 2 / 3, 0, 0], rtol=1e-6)
