"""Counts that can be drawn: none is lost, edges are round."""

import collections

import numpy as np
import pytest

from musiclm_jax.data.intake.charts import Histogram, Ranking, chart, histogram, ranking


@pytest.mark.parametrize(
    "numbers",
    [
        [10.0],
        [10.0] * 5,
        [0.0, 0.1, 0.2, 0.3],
        [-96.0, -0.001, 0.0],
        [1971, 2024, 1999],
        [0.1 + 0.2, 0.3],
        [1e9, 1e9 + 1],
    ],
)
def test_every_number_is_counted_once(numbers):
    spread = histogram(numbers)
    assert spread.counts.sum() == len(numbers)
    assert len(spread.edges) == len(spread.counts) + 1 <= 27
    assert spread.edges[0] <= min(numbers) + 1e-9
    assert spread.edges[-1] >= max(numbers) - 1e-9


def test_counts_are_those_of_numpy(rng):
    numbers = rng.normal(size=500) * 7
    spread = histogram(numbers)
    expected, _ = np.histogram(numbers, spread.edges)
    np.testing.assert_array_equal(spread.counts, expected)


def test_whole_numbers_have_bins_of_their_own():
    spread = histogram([1, 2, 2, 5])
    np.testing.assert_array_equal(spread.edges, [1, 2, 3, 4, 5])
    # The last bin has its upper edge too.
    np.testing.assert_array_equal(spread.counts, [1, 2, 0, 1])


def test_edges_are_round_numbers():
    spread = histogram([0.0, 7.3])
    assert np.diff(spread.edges)[0] == pytest.approx(0.5)


def test_ranking_orders_and_says_what_it_leaves_out():
    counts = collections.Counter({f"v{i:02}": 5 for i in range(20)}) | {"top": 9}
    ranked = ranking(collections.Counter(counts))
    assert list(ranked.counts)[:3] == ["top", "v00", "v01"]
    assert ranked.num_others == 5 and len(ranked.counts) == 16


def test_values_choose_their_chart():
    assert chart([44100, 48000, 44100]) == Ranking(
        counts={"44100": 2, "48000": 1}, num_others=0
    )
    assert isinstance(chart([float(n) for n in range(13)]), Histogram)
    assert chart(["rock", "jazz", "rock"]).counts == {"rock": 2, "jazz": 1}
    assert chart([f"title {n}" for n in range(13)]) is None
    assert chart([]).counts == {}
