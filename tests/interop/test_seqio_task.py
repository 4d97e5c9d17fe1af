"""What seqio reads against what our own batches are."""

import itertools

import numpy as np
import pytest

pytest.importorskip(
    "t5x",
    reason="t5x cannot be imported: see README, Under t5x",
    exc_type=ImportError,
)

import seqio
import tensorflow as tf
from t5x import utils

from musiclm_jax.interop import seqio_task

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def config(batches):
    """Makes what t5x reads a split of the registered task by."""
    name = seqio_task.register(name="musiclm_test", batches=batches)

    def make(split):
        return utils.DatasetConfig(
            mixture_or_task_name=name,
            task_feature_lengths=None,
            split=split,
            batch_size=batches.batch_size,
            shuffle=True,
            seed=7,
        )

    return make


def read(config, shard=0, num_shards=1):
    return utils.get_dataset(config, shard, num_shards, seqio_task.CodesConverter)


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, codes in ours.items():
        np.testing.assert_array_equal(theirs[name], codes)


def test_training_reads_the_batches_of_our_own_training(batches, config):
    # Ten clips: the third batch is of the second epoch and the third.
    ours = itertools.islice(batches.train_iterator(), 4)
    theirs = read(config("train")).as_numpy_iterator()
    for pair in zip(ours, theirs, strict=False):
        assert_same(*pair)


def test_hosts_share_the_rows_of_each_batch(batches, config):
    whole = list(read(config("train")).take(2).as_numpy_iterator())
    shards = [read(config("train"), i, 2).as_numpy_iterator() for i in (0, 1)]
    for batch in whole:
        halves = [next(shard) for shard in shards]
        for name, codes in batch.items():
            woven = np.stack([half[name] for half in halves], axis=1)
            np.testing.assert_array_equal(woven.reshape(codes.shape), codes)


def test_evaluation_reads_the_batches_of_our_own_evaluation(batches, config):
    datasets = utils.get_training_eval_datasets(
        config("validation"), 0, 1, 1, seqio_task.CodesConverter
    )
    (theirs,) = datasets["musiclm_test"].as_numpy_iterator()
    (ours,) = batches.eval_batches()
    assert_same(ours, theirs)


def test_a_checkpointed_position_is_resumed(config, tmp_path):
    iterator = iter(read(config("train")))
    next(iterator)
    path = tf.train.Checkpoint(ds=iterator).write(str(tmp_path / "position"))
    after = next(iterator)
    again = iter(read(config("train")))
    tf.train.Checkpoint(ds=again).read(path)
    assert_same(*(tf.nest.map_structure(np.array, x) for x in (after, next(again))))


def test_a_name_stands_for_the_task_registered_last(batches):
    for _ in range(2):
        seqio_task.register(name="musiclm_test", batches=batches)
    assert isinstance(
        seqio.get_mixture_or_task("musiclm_test").source, seqio_task.TokenExamples
    )


def test_codes_are_not_packed():
    with pytest.raises(ValueError, match="codes are not packed: pack=True"):
        seqio_task.CodesConverter(pack=True)
