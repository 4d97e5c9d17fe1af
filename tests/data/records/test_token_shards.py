"""The names of the files say whether a split is all there."""

import pytest

from musiclm_jax.data.records.token_shards import (
    ShardName,
    is_complete,
    missing_shards,
    shards_of,
)


def test_a_split_is_there_when_all_its_shards_are(tmp_path):
    names = [ShardName("train", index, 3) for index in range(3)]
    assert shards_of(tmp_path, "train") == []
    for number, name in enumerate(names):
        assert not is_complete(tmp_path, "train")
        name.path(tmp_path).touch()
        assert shards_of(tmp_path, "train") == names
        assert missing_shards(tmp_path, "train") == names[number + 1 :]
    assert is_complete(tmp_path, "train")
    assert not is_complete(tmp_path, "test")


def test_only_shards_count(tmp_path):
    for name in (
        ".train-00000-of-00002.array_record.1f.tmp",
        "train-00000-of-00002.json",
        "train-00000.array_record",
        "train-00000-of-00002.array_record.1f",
    ):
        (tmp_path / name).touch()
    assert shards_of(tmp_path, "train") == []
    with pytest.raises(FileNotFoundError, match="no split 'train'; it has: none"):
        missing_shards(tmp_path, "train")


def test_shards_of_two_sets_are_refused(tmp_path):
    ShardName("train", 0, 3).path(tmp_path).touch()
    ShardName("train", 1, 20).path(tmp_path).touch()
    ShardName("train-b", 1, 7).path(tmp_path).touch()
    with pytest.raises(ValueError, match="shards of split 'train' of 3 and of 20"):
        is_complete(tmp_path, "train")


def test_name_says_split_and_place(tmp_path):
    path = ShardName("train", 3, 10).path(tmp_path)
    assert path == tmp_path / "train-00003-of-00010.array_record"
