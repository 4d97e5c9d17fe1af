"""Streams: the share of each process, and what cannot be shared."""

import jax
import numpy as np
import pytest

from musiclm_jax.data.streams import batched, first_batches, shuffled


@pytest.fixture
def processes(monkeypatch):
    """Pretends to be one process of several."""

    def become(index: int, count: int):
        monkeypatch.setattr(jax, "process_index", lambda: index)
        monkeypatch.setattr(jax, "process_count", lambda: count)

    return become


def test_processes_share_each_epoch(processes):
    shares = []
    for index in range(3):
        processes(index, 3)
        stream = iter(batched(shuffled(range(13), 0, repeat=True), batch_size=6))
        epochs = [np.concatenate([next(stream), next(stream)]) for _ in range(2)]
        assert sorted(epochs[0]) == sorted(epochs[1]) != list(epochs[0])
        shares.append(epochs[0])
    assert sorted(np.concatenate(shares)) == list(range(12))


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


def test_batches_that_cannot_be_shared(processes):
    processes(0, 4)
    for size in (6, 0):
        with pytest.raises(ValueError, match=f"batch_size {size} does not divide by 4"):
            batched(shuffled(range(9), 0, repeat=True), batch_size=size)


def test_random_draws_differ_by_epoch_and_repeat_by_seed():
    def draws(seed: int) -> np.ndarray:
        examples = shuffled(range(4), seed, repeat=True)
        examples = examples.random_map(lambda x, rng: (x, rng.random()))
        x, drawn = next(iter(batched(examples, 12)))
        return drawn[np.argsort(x, kind="stable")].reshape(4, 3)

    first = draws(7)
    np.testing.assert_array_equal(first, draws(7))
    assert len(np.unique(first)) == 12 and not np.isin(first, draws(8)).any()
