"""Means over pairs; the interval of their difference is in test_cycle_consistency."""

import numpy as np
import pytest

from musiclm_jax.evaluation import diversity, pairs, retrieval


def test_means_are_those_of_loops(rng):
    values = rng.standard_normal((7, 7))
    found = pairs.means(values, seed=0)
    others = [values[i, j] for i in range(7) for j in range(7) if i != j]
    assert found.matched.value == pytest.approx(np.trace(values) / 7)
    assert found.shuffled.value == pytest.approx(np.mean(others))
    assert found.excess.value == pytest.approx(np.trace(values) / 7 - np.mean(others))
    for mean in (found.matched, found.shuffled, found.excess):
        assert mean.low < mean.value < mean.high


def test_interval_of_what_matches_is_that_of_a_plain_mean(rng):
    values = np.diag(rng.standard_normal(200))
    found = pairs.means(values, seed=0).matched
    error = np.diagonal(values).std() / np.sqrt(200)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (4,)])
def test_no_pairs(shape):
    with pytest.raises(ValueError, match="two lists of one length, two or more"):
        pairs.means(np.ones(shape), seed=0)


def test_cosines_do_not_see_lengths(rng):
    a, b = rng.standard_normal((2, 3, 5))
    angles = np.einsum("id,jd->ij", a, b) / np.outer(
        np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    )
    np.testing.assert_allclose(pairs.cosines(7.0 * a, 0.1 * b), angles)


def test_ranks_are_those_of_sorting(rng):
    likeness = rng.standard_normal((9, 9))
    right = [
        1 + np.sort(likeness[:, piece])[::-1].tolist().index(likeness[piece, piece])
        for piece in range(9)
    ]
    np.testing.assert_array_equal(retrieval.ranks(likeness), right)
    recalled = retrieval.recalled(likeness, 3)
    np.testing.assert_array_equal(recalled, np.array(right) <= 3)


def test_who_tells_nothing_apart_is_in_the_middle():
    np.testing.assert_array_equal(retrieval.ranks(np.ones((5, 5))), [3.0] * 5)
    assert not retrieval.recalled(np.ones((5, 5)), 2).any()


def test_diversity_is_the_mean_over_pairs_of_two(rng):
    x = rng.standard_normal((6, 4))
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    apart = [1 - unit[i] @ unit[j] for i in range(6) for j in range(i)]
    assert diversity.mean_distance(x, seed=0).value == pytest.approx(np.mean(apart))


def test_a_model_that_makes_one_piece_has_no_diversity(rng):
    one = np.repeat(rng.standard_normal((1, 8)), 5, axis=0)
    found = diversity.mean_distance(one, seed=0)
    assert abs(found.value) < 1e-12 and abs(found.high) < 1e-12
    mixed = diversity.mean_distance(np.eye(8), seed=0)
    # A clip that is drawn twice is no pair.
    assert (mixed.low, mixed.value, mixed.high) == pytest.approx((1.0, 1.0, 1.0))
