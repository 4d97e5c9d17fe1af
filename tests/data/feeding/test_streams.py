"""Streams: the share of each process, and what cannot be shared."""

import numpy as np
import pytest

from musiclm_jax.data.feeding.streams import Usable, batched, first_batches, shuffled


def sequence(processes, count, *, num_batches=6, skip=0):
    """The global batches that so many processes read together, [batch, row]."""
    shares = []
    for index in range(count):
        processes(index, count)
        examples = shuffled(range(13), 0, repeat=True)
        examples = examples.random_map(lambda x, rng: 100 * x + int(rng.integers(100)))
        stream = batched(examples, batch_size=4)
        stream.set_state({"next_batch": skip})
        shares.append([next(stream) for _ in range(num_batches)])
        assert stream.get_state() == {"next_batch": skip + num_batches}
    return np.concatenate(shares, axis=1)


def test_any_number_of_processes_reads_the_same_sequence(processes):
    alone = sequence(processes, 1, num_batches=13)
    for count in (2, 4):
        together = sequence(processes, count, num_batches=13)
        np.testing.assert_array_equal(together, alone)
    # Four epochs, each of all examples in an order of its own.
    epochs = alone.reshape(4, 13) // 100
    assert all(sorted(epoch) == list(range(13)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_a_position_means_the_same_to_any_number_of_processes(processes):
    rest = sequence(processes, 1, num_batches=6)[4:]
    for count in (1, 2, 4):
        resumed = sequence(processes, count, num_batches=2, skip=4)
        np.testing.assert_array_equal(resumed, rest)


def odd(numbers, wanted):
    return Usable(numbers, lambda x: x % 2, wanted, advice=lambda: "add one")


def test_what_cannot_be_used_gives_way_to_the_next():
    source = odd([3, 4, 5, 6, 7], "odd number")
    assert [source[i] for i in range(len(source))] == [3, 5, 5, 7, 7]
    assert odd([1, 2], "odd number")[1] == 1
    with pytest.raises(ValueError, match="there is no odd number: add one"):
        odd([2, 4], "odd number")


def test_that_some_give_way_is_said_once(caplog):
    for _ in range(2):
        source = odd([1, 2, 3, 4], "number that is odd")
        assert [source[i] for i in (0, 2)] and not caplog.records[1:]
        assert [source[i] for i in (1, 3, 1)] == [3, 1, 3]
    (record,) = caplog.records
    assert record.message.startswith("not every example is a number that is odd: those")


def test_processes_evaluate_equally_often(processes):
    counts = []
    for index in range(2):
        processes(index, 2)
        examples = shuffled(range(9), 0, repeat=False)
        counts.append([len(b) for b in first_batches(examples, 4, num_batches=9)])
    assert counts == [[2, 2], [2, 2]]


def test_one_process_sees_all_examples_of_an_evaluation():
    examples = shuffled(range(9), 3, repeat=False)
    batches = list(first_batches(examples, 3, num_batches=9))
    assert sorted(np.concatenate(batches)) == list(range(9))
    assert [len(b) for b in first_batches(examples, 3, num_batches=2)] == [3, 3]


def test_too_few_examples_of_an_evaluation_come_round_again(processes):
    def batches():
        examples = shuffled(range(3), 0, repeat=False)
        return np.array(list(first_batches(examples, 8, num_batches=4)))

    (alone,) = batches()
    assert sorted(alone[:3]) == sorted(alone[3:6]) == [0, 1, 2]
    np.testing.assert_array_equal([alone], batches())
    shares = []
    for index in range(2):
        processes(index, 2)
        shares.append(batches())
    np.testing.assert_array_equal(np.concatenate(shares, axis=1), [alone])


def test_batches_that_cannot_be_shared(processes):
    processes(0, 4)
    for size, said in ((6, "6 does not divide by 4"), (0, "is 0; it must be a whole")):
        with pytest.raises(ValueError, match=f"batch_size {said}"):
            batched(shuffled(range(9), 0, repeat=True), batch_size=size)


def test_random_draws_differ_by_epoch_and_repeat_by_seed():
    def draws(seed: int) -> np.ndarray:
        examples = shuffled(range(4), seed, repeat=True)
        examples = examples.random_map(lambda x, rng: (x, rng.random()))
        x, drawn = next(batched(examples, 12))
        return drawn[np.argsort(x, kind="stable")].reshape(4, 3)

    first = draws(7)
    np.testing.assert_array_equal(first, draws(7))
    assert len(np.unique(first)) == 12 and not np.isin(first, draws(8)).any()
