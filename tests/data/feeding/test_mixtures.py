"""Mixtures: shares, epochs of their parts, and positions."""

import collections
import json

import numpy as np
import pytest

from musiclm_jax.data.feeding.mixtures import Mixture, in_order
from musiclm_jax.data.feeding.streams import batched, shuffled

SIZES = {"a": 3, "b": 10, "c": 40}
WEIGHTS = {"a": 2.0, "b": 1.0, "c": 0.5}
MIXTURE = Mixture(parts=tuple(WEIGHTS.items()))


def read(name):
    return [f"{name}{number}" for number in range(SIZES[name])]


def examples(data=MIXTURE, *, seed=0, repeat=True):
    return in_order(data, read, seed, repeat=repeat)


def draw(example, rng):
    return {"part": np.int32(ord(example[0])), "drawn": rng.random()}


def test_shares_are_the_weights_in_every_stretch():
    ds = examples()
    for start in (0, 70, 10**6):
        parts = collections.Counter(ds[start + i][0] for i in range(70))
        assert parts == {"a": 40, "b": 20, "c": 10}


def test_weights_are_the_numbers_that_were_written():
    # 0.21 * (100 / 0.07) is less than 300. Parts this large, since grain takes the
    # longer to shuffle the smaller a part is.
    mixture = Mixture(parts=(("a", 0.21), ("b", 0.07)))
    ds = in_order(mixture, lambda name: [name] * 4000, 0, repeat=True)
    parts = collections.Counter(ds[place] for place in range(4000))
    assert parts == {"a": 3000, "b": 1000}


def test_each_part_repeats_epochs_of_its_own_in_another_order():
    ds = examples()
    drawn = [ds[place] for place in range(350)]
    for name, size in SIZES.items():
        own = [x for x in drawn if x[0] == name]
        epochs = [own[i : i + size] for i in range(0, len(own) - size + 1, size)]
        assert all(sorted(epoch) == sorted(read(name)) for epoch in epochs)
        if name != "c":  # which no more than begins its second
            assert len({tuple(epoch) for epoch in epochs}) > 1


def test_evaluation_ends_and_a_small_part_keeps_its_share():
    ds = examples(repeat=False)
    seen = [ds[place] for place in range(len(ds))]
    assert len(seen) == sum(SIZES.values())
    parts = collections.Counter(x[0] for x in seen)
    assert parts == pytest.approx(
        {"a": 53 * 4 / 7, "b": 53 * 2 / 7, "c": 53 / 7}, abs=1
    )
    assert seen == [examples(repeat=False)[place] for place in range(len(seen))]


def test_a_mixture_of_one_is_that_one():
    ds, alone = (
        examples(Mixture(parts=(("b", 0.1),))),
        shuffled(read("b"), 0, repeat=True),
    )
    assert [ds[i] for i in range(25)] == [alone[i] for i in range(25)]
    assert [examples("b")[i] for i in range(25)] == [alone[i] for i in range(25)]


def test_equal_data_sets_have_orders_of_their_own():
    ds = examples(Mixture(parts=(("c", 1.0), ("c", 1.0))))
    assert [ds[i] for i in range(0, 80, 2)] != [ds[i] for i in range(1, 80, 2)]


def test_seeds_differ_and_repeat():
    first, again, other = (
        [examples(seed=seed).random_map(draw)[i]["drawn"] for i in range(20)]
        for seed in (1, 1, 2)
    )
    assert first == again and not set(first) & set(other)


def test_resumes_in_the_middle_of_epochs():
    stream = batched(examples().random_map(draw), 4)
    for _ in range(9):
        next(stream)
    state = json.loads(json.dumps(stream.get_state()))
    assert state == {"next_batch": 9}
    resumed = batched(examples().random_map(draw), 4)
    resumed.set_state(state)
    for _ in range(12):
        np.testing.assert_equal(next(resumed), next(stream))


@pytest.mark.parametrize("weight", [0, -1.0, float("nan"), float("inf")])
def test_weights_that_cannot_be(weight):
    with pytest.raises(ValueError, match=f"gives b the weight {weight}; it must be"):
        Mixture(parts=(("a", 1.0), ("b", weight)))


def test_a_mixture_of_nothing():
    with pytest.raises(ValueError, match="a mixture has no parts; it needs one"):
        Mixture(parts=())
