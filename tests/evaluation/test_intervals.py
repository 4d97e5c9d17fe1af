import numpy as np
import pytest

from musiclm_jax.evaluation import intervals


def test_holds_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(200):
        values = rng.normal(3.0, 1.0, size=30)
        low, high = intervals.of_mean(values, seed=seed)
        assert low < values.mean() < high
        held += low < 3.0 < high
    assert 180 <= held <= 198


def test_is_as_wide_as_by_the_normal_law():
    values = np.random.default_rng(1).normal(size=400)
    low, high = intervals.of_mean(values)
    expected = 2 * 1.96 * values.std() / 20
    assert high - low == pytest.approx(expected, rel=0.06)


def test_of_one_value_and_of_none():
    assert intervals.of_mean([0.5]) == (0.5, 0.5)
    assert intervals.of_mean([1.0, 1.0]) == (1.0, 1.0)
    with pytest.raises(ValueError, match="no values"):
        intervals.of_mean([])
