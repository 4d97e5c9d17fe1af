import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.melody import losses


def unit_rows(rng, *shape):
    x = rng.normal(size=shape)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def triplets_one_by_one(anchors, positives, margin):
    """The same choice, one anchor at a time."""
    found = []
    for i, anchor in enumerate(anchors):
        own = np.sum((anchor - positives[i]) ** 2)
        others = sorted(
            np.sum((anchor - other) ** 2) for j, other in enumerate(positives) if j != i
        )
        beyond = [distance for distance in others if distance > own]
        found.append(max(0.0, own - (beyond or others[-1:])[0] + margin))
    return np.mean(found)


@pytest.mark.parametrize("margin", [0.05, 0.2, 1.0])
def test_triplets_are_those_chosen_one_by_one(margin):
    rng = np.random.default_rng(0)
    first, second = unit_rows(rng, 7, 3), unit_rows(rng, 7, 3)
    # One whose own is the farthest of all.
    second[2] = -first[2]
    expected = np.mean(
        [
            triplets_one_by_one(first, second, margin),
            triplets_one_by_one(second, first, margin),
        ]
    )
    loss = losses.semi_hard_triplet(
        jnp.asarray(first), jnp.asarray(second), margin=margin
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_triplets_far_apart_cost_nothing():
    rows = jnp.eye(4)
    assert losses.semi_hard_triplet(rows, rows, margin=0.2) == 0.0
    assert losses.retrieval_accuracy(rows, rows) == 1.0
    assert losses.retrieval_accuracy(rows, jnp.roll(rows, 1, axis=0)) == 0.0


def test_info_nce_is_the_likelihood_of_ones_own():
    rng = np.random.default_rng(1)
    first, second = unit_rows(rng, 5, 3), unit_rows(rng, 5, 3)
    odds = np.exp(first @ second.T / 0.5)
    each = [np.diag(odds) / odds.sum(axis=axis) for axis in (0, 1)]
    loss = losses.info_nce(jnp.asarray(first), jnp.asarray(second), temperature=0.5)
    np.testing.assert_allclose(loss, -np.mean(np.log(each)), rtol=1e-5)
