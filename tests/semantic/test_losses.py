import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.semantic import losses


def _reference(context, quantized, codes, distractors, mask, temperature):
    """Steps one by one."""
    total, chance, count = 0.0, 0.0, 0
    for row, step in zip(*np.nonzero(mask), strict=True):

        def score(other, row=row, step=step):
            a, b = context[row, step], quantized[row, other]
            return a @ b / np.linalg.norm(a) / np.linalg.norm(b) / temperature

        others = [
            score(other)
            for other in distractors[row, step]
            if codes[row, other] != codes[row, step]
        ]
        scores = np.array([score(step), *others])
        total += np.log(np.exp(scores).sum()) - scores[0]
        chance += np.log(len(scores))
        count += 1
    return total / count, chance / count


def test_contrastive_loss_is_that_of_a_loop(rng):
    context = rng.normal(size=(2, 6, 4)).astype(np.float32)
    codebook = rng.normal(size=(3, 4)).astype(np.float32)
    codes = rng.integers(0, 3, (2, 6))
    distractors = rng.integers(0, 6, (2, 6, 5))
    mask = rng.random((2, 6)) < 0.6
    loss, chance, _ = losses.contrastive_loss(
        jnp.asarray(context),
        jnp.asarray(codebook[codes]),
        jnp.asarray(codes),
        jnp.asarray(distractors),
        jnp.asarray(mask),
        temperature=0.1,
    )
    expected = _reference(context, codebook[codes], codes, distractors, mask, 0.1)
    np.testing.assert_allclose([loss, chance], expected, rtol=1e-5)


def test_a_collapsed_codebook_leaves_nothing_to_tell_apart():
    ones = jnp.ones((1, 4, 3))
    codes = jnp.zeros((1, 4), jnp.int32)
    distractors = jnp.asarray([[[1, 2], [0, 3], [0, 1], [1, 2]]])
    loss, chance, _ = losses.contrastive_loss(
        ones, ones, codes, distractors, jnp.ones((1, 4), bool), temperature=0.1
    )
    assert float(loss) == pytest.approx(0.0, abs=1e-6) and float(chance) == 0.0


def test_context_that_knows_nothing_scores_chance(rng):
    # Orthogonal to all codes: every cosine is 0.
    quantized = jnp.eye(6)[None, :5]
    context = jnp.broadcast_to(jnp.eye(6)[5][None, None, :], (1, 5, 6))
    codes = jnp.arange(5)[None, :]
    distractors = jnp.asarray([[[(step + 1) % 5, (step + 2) % 5] for step in range(5)]])
    loss, chance, nearest = losses.contrastive_loss(
        context, quantized, codes, distractors, jnp.ones((1, 5), bool), temperature=0.1
    )
    assert float(loss) == pytest.approx(np.log(3.0), rel=1e-5)
    assert float(chance) == pytest.approx(np.log(3.0), rel=1e-5)
    assert float(nearest) == 0.0


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
