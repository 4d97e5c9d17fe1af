"""Token records: what is written comes back; half a set of records never opens."""

import dataclasses
import json

import numpy as np
import pytest

from musiclm_jax.data.records.token_records import (
    FORMAT,
    TokenMetadata,
    TokenRecord,
    TokenRecordSource,
    claim,
    read_metadata,
    write_shard,
)
from musiclm_jax.data.records.token_shards import ShardName
from musiclm_jax.files import whole_files

METADATA = TokenMetadata(
    semantic_frame_rate=25,
    acoustic_frame_rate=50,
    window_seconds=10.0,
    stride_seconds=1.0,
    tokenizers="a" * 64,
    dataset="clips/1.0.0",
    piece_seconds=30,
)
OTHER = dataclasses.replace(METADATA, tokenizers="b" * 64)


def make_records(rng: np.random.Generator, count: int) -> list[TokenRecord]:
    return [
        TokenRecord(
            mulan=rng.normal(size=(3, 16)).astype(np.float32),
            caption_mulan=rng.normal(size=(index % 3, 16)).astype(np.float32),
            semantic=rng.integers(0, 1024, 40),
            # A view whose memory lies otherwise than its axes say.
            acoustic=rng.integers(0, 1024, (12, 80)).T,
            fields={"name": f"clip {index}", "captions": ["schön", "音楽"]},
        )
        for index in range(count)
    ]


def assert_same(first: TokenRecord, second: TokenRecord):
    assert first.fields == second.fields
    for name in ("mulan", "caption_mulan", "semantic", "acoustic"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def write(folder, split, index, count, records, metadata=METADATA):
    name = ShardName(split, index, count)
    write_shard(folder, name, records=records, metadata=metadata)


def test_records_come_back_in_order(tmp_path, rng):
    made = make_records(rng, 8)
    # A shard may hold nothing.
    for index, part in reversed(list(enumerate((made[:3], [], made[3:4], made[4:])))):
        write(tmp_path, "train", index, 4, iter(part))
    source = TokenRecordSource(tmp_path, "train", tokenizers=METADATA.tokenizers)
    assert len(source) == 8
    for index in (7, 0, 3, 2, 5):
        assert_same(source[index], made[index])
    assert [record.fields["name"] for record in source] == [
        record.fields["name"] for record in made
    ]
    assert source[0].semantic.dtype == source[0].acoustic.dtype == np.int32
    assert read_metadata(tmp_path) == source.metadata == METADATA
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "metadata.json",
        *(f"train-0000{shard}-of-00004.array_record" for shard in range(4)),
    ]


def test_the_same_records_are_the_same_bytes(tmp_path, rng):
    made = make_records(rng, 5)
    files = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        write(folder, "train", 0, 1, made)
        files += folder.glob("*.array_record")
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_split_opens_when_all_its_shards_are_there(tmp_path, rng):
    made = make_records(rng, 5)
    write(tmp_path, "test", 0, 1, made)
    write(tmp_path, "train", 2, 3, made)

    def interrupted():
        yield from made[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, "train", 0, 3, interrupted())
    with pytest.raises(FileNotFoundError, match=r"'train' .* has 1 of its 3 shards"):
        TokenRecordSource(tmp_path, "train")
    with pytest.raises(FileNotFoundError, match=r"'validation'; it has: test, train"):
        TokenRecordSource(tmp_path, "validation")
    assert len(TokenRecordSource(tmp_path, "test")) == 5
    assert not list(tmp_path.glob(".*"))


def test_another_process_may_write_the_same_at_the_same_time(tmp_path, rng):
    made = make_records(rng, 3)

    def records():
        yield made[0]
        write(tmp_path, "train", 0, 1, made)
        whole_files.sweep(tmp_path)  # takes this one's file away
        yield from made[1:]

    write(tmp_path, "train", 0, 1, records())
    assert len(TokenRecordSource(tmp_path, "train")) == 3
    assert not list(tmp_path.glob(".*"))


def test_tokens_of_other_tokenizers_are_refused(tmp_path, rng):
    write(tmp_path, "train", 0, 1, make_records(rng, 2))
    with pytest.raises(ValueError, match=r"made by tokenizers aaaa.*, not by bbbb"):
        TokenRecordSource(tmp_path, "train", tokenizers=OTHER.tokenizers)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokenizers": "b" * 64}, "tokenizers 'a+', not 'b+': write to another"),
        ({"dataset": "clips/2.0.0"}, "dataset 'clips/1.0.0', not 'clips/2.0.0'"),
        ({"piece_seconds": 10}, "with piece_seconds 30, not 10: write to another"),
    ],
)
def test_records_of_another_kind_are_refused(tmp_path, rng, change, message):
    made = make_records(rng, 2)
    write(tmp_path, "train", 0, 1, made)
    other = dataclasses.replace(METADATA, **change)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match=message):
        write(tmp_path, "test", 0, 1, made, metadata=other)
    claim(tmp_path, METADATA)
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_missing_or_damaged(tmp_path, rng):
    with pytest.raises(FileNotFoundError, match="holds no token records; write them"):
        TokenRecordSource(tmp_path / "nowhere", "train")
    write(tmp_path, "train", 0, 1, make_records(rng, 2))
    with pytest.raises(IndexError):
        TokenRecordSource(tmp_path, "train")[2]
    written = json.loads((tmp_path / "metadata.json").read_text())
    earlier = json.dumps(written | {"format": FORMAT - 1})
    for content in ("{", "[]", json.dumps({"format": FORMAT}), earlier):
        (tmp_path / "metadata.json").write_text(content)
        with pytest.raises(ValueError, match="not the metadata of token records"):
            read_metadata(tmp_path)


@pytest.mark.parametrize("code", [-1, 2**15])
def test_codes_must_fit(rng, code):
    record = make_records(rng, 1)[0]
    record.semantic[3] = code
    with pytest.raises(ValueError, match=f"codes must lie in 0..32767.* {code}"):
        record.to_bytes()


def test_a_clip_lasts_as_long_as_its_shortest_stream(rng):
    record = make_records(rng, 1)[0]
    assert record.seconds(METADATA) == 1.6
