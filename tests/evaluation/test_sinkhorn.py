import numpy as np
import pytest
from scipy import optimize

from musiclm_jax.evaluation import sinkhorn


def cost_by_linear_programme(first, second, distances):
    """The best of all plans, none written down in advance."""
    rows, columns = distances.shape
    sums = [np.kron(np.eye(rows), np.ones(columns))]
    sums.append(np.kron(np.ones(rows), np.eye(columns)))
    mass = np.concatenate([first / first.sum(), second / second.sum()])
    found = optimize.linprog(distances.ravel(), A_eq=np.concatenate(sums), b_eq=mass)
    return found.fun


def points(rng, num, dim=3):
    place = rng.normal(size=(num, dim))
    return np.linalg.norm(place[:, None] - place[None], axis=-1)


@pytest.mark.parametrize("num", [2, 5, 12])
def test_costs_are_those_of_the_best_plan(rng, num):
    distances = points(rng, num)
    first, second = rng.integers(0, 4, (2, 6, num))
    first[:, 0], second[:, -1] = 1, 1
    found = sinkhorn.transport_costs(first, second, distances)
    exact = [
        cost_by_linear_programme(*pair, distances)
        for pair in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose(found, exact, atol=1e-3)
    # Each is the cost of a plan.
    assert (found > np.array(exact) - 1e-9).all()


def test_sequences_of_the_paper_length_are_assigned_token_by_token(rng):
    """Of as many tokens each, the best plan moves whole ones."""
    distances = points(rng, 300, dim=32)
    first, second = rng.integers(0, 300, (2, 4, 125))
    counts = [
        np.stack([np.bincount(codes, minlength=300) for codes in side])
        for side in (first, second)
    ]
    found = sinkhorn.transport_costs(*counts, distances)
    for cost, a, b in zip(found, first, second, strict=True):
        between = distances[a][:, b]
        exact = between[optimize.linear_sum_assignment(between)].mean()
        assert exact <= cost < exact + 1e-3 * distances.max()


def test_pairs_do_not_depend_on_their_neighbours_nor_counts_on_their_sum(rng):
    distances = points(rng, 20)
    first, second = rng.integers(0, 3, (2, 40, 20)) + np.eye(20, dtype=int)[[3] * 40]
    together = sinkhorn.transport_costs(first, second, distances)
    alone = sinkhorn.transport_costs(5 * first[33:34], second[33:34], distances)
    np.testing.assert_allclose(together[33], alone[0], atol=1e-6)


def test_what_is_equal_costs_nothing_and_what_is_far_costs_its_distance(rng):
    distances = points(rng, 9)
    counts = rng.integers(1, 5, (3, 9))
    same = sinkhorn.transport_costs(counts, counts, distances)
    np.testing.assert_allclose(same, 0.0, atol=1e-3)
    one = np.eye(9)
    moved = sinkhorn.transport_costs(one[[2]], one[[7]], distances)
    np.testing.assert_allclose(moved, distances[2, 7])
    assert sinkhorn.transport_costs(one[:0], one[:0], distances).shape == (0,)
    np.testing.assert_allclose(
        sinkhorn.transport_costs(one[[2]], one[[7]], 0 * distances), 0.0
    )


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_numbers_that_cannot_be_are_refused(wrong):
    counts, distances = np.ones((1, 2)), np.ones((2, 2))
    with pytest.raises(ValueError, match="must be finite, not negative"):
        sinkhorn.transport_costs(counts * wrong, counts, distances)
    with pytest.raises(ValueError, match="must be finite, not negative"):
        sinkhorn.transport_costs(counts, counts, distances * wrong)


def test_an_empty_histogram_is_refused():
    counts = np.ones((2, 3))
    with pytest.raises(ValueError, match="an empty histogram cannot be moved"):
        sinkhorn.transport_costs(counts, counts * [[1], [0]], np.ones((3, 3)))
