import numpy as np

from musiclm_jax.evaluation import least_costs, sinkhorn


def made_up(rng, num, codes=24):
    place = rng.normal(size=(codes, 4))
    distances = np.linalg.norm(place[:, None] - place[None], axis=-1)
    counts = rng.integers(0, 3, (2, num, codes)) * (rng.random((2, num, codes)) < 0.4)
    counts[:, :, 0] += 1
    return *(counts / counts.sum(axis=2, keepdims=True)), distances


def all_costs(first, second, distances):
    rows, columns = np.indices((len(first), len(second))).reshape(2, -1)
    costs = sinkhorn.transport_costs(first[rows], second[columns], distances)
    return costs.reshape(len(first), len(second))


def test_no_pair_costs_less_than_its_bound(rng):
    first, second, distances = made_up(rng, 12)
    found = least_costs.bounds(first, second, distances)
    costs = all_costs(first, second, distances)
    assert (found <= costs + 1e-9).all()
    assert (found > 0.3 * costs).mean() > 0.5
    # Each code alone: the bound is the cost.
    alone = np.eye(len(distances))
    np.testing.assert_allclose(least_costs.bounds(alone, alone, distances), distances)


def test_the_smallest_are_those_of_all_pairs(rng):
    first, second, distances = made_up(rng, 9)
    is_asked = rng.random((9, 9)) < 0.7
    everything = np.sort(all_costs(first, second, distances)[is_asked])
    for count in (1, 7, 10**6):
        found = least_costs.smallest(
            first, second, distances, is_asked=is_asked, count=count
        )
        np.testing.assert_allclose(found, everything[:count], rtol=1e-6)


def test_what_is_below_is_what_costs_less(rng):
    first, second, distances = made_up(rng, 30)
    costs = sinkhorn.transport_costs(first, second, distances)
    for threshold in (0.0, np.median(costs), 100.0):
        found = least_costs.are_below(first, second, distances, threshold)
        np.testing.assert_array_equal(found, costs < threshold)
