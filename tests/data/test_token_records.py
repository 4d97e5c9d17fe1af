"""Token records: what is written comes back; half a set of records never opens."""

import json

import numpy as np
import pytest

from musiclm_jax.data import token_records
from musiclm_jax.data.token_records import (
    TokenMetadata,
    TokenRecord,
    TokenRecordSource,
    read_metadata,
    write_token_records,
)

METADATA = TokenMetadata(
    semantic_frame_rate=25,
    acoustic_frame_rate=50,
    window_seconds=10.0,
    stride_seconds=1.0,
    tokenizers="a" * 64,
)
OTHER = TokenMetadata(
    semantic_frame_rate=25,
    acoustic_frame_rate=50,
    window_seconds=10.0,
    stride_seconds=1.0,
    tokenizers="b" * 64,
)


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


def test_records_come_back_in_order(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(token_records, "RECORDS_PER_SHARD", 3)
    made = make_records(rng, 8)
    count = write_token_records(
        tmp_path, "train", records=iter(made), metadata=METADATA
    )
    source = TokenRecordSource(tmp_path, "train", tokenizers=METADATA.tokenizers)
    assert count == len(source) == 8
    for index in (7, 0, 3, 2, 5):
        assert_same(source[index], made[index])
    assert [record.fields["name"] for record in source] == [
        record.fields["name"] for record in made
    ]
    assert source[0].semantic.dtype == source[0].acoustic.dtype == np.int32
    assert read_metadata(tmp_path) == source.metadata == METADATA
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "metadata.json",
        *(f"train-0000{shard}.array_record" for shard in range(3)),
    ]


def test_a_split_is_replaced_and_others_stay(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(token_records, "RECORDS_PER_SHARD", 2)
    for split, count in (("train", 6), ("test", 2), ("train", 3)):
        made = make_records(rng, count)
        write_token_records(tmp_path, split, records=made, metadata=METADATA)
    assert len(TokenRecordSource(tmp_path, "train")) == 3
    assert len(TokenRecordSource(tmp_path, "test")) == 2
    assert len(list(tmp_path.glob("train-*"))) == 2


def test_an_interrupted_split_does_not_open(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(token_records, "RECORDS_PER_SHARD", 2)
    made = make_records(rng, 5)
    write_token_records(tmp_path, "test", records=made, metadata=METADATA)
    write_token_records(tmp_path, "train", records=made, metadata=METADATA)

    def interrupted():
        yield from made[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_token_records(tmp_path, "train", records=interrupted(), metadata=METADATA)
    with pytest.raises(FileNotFoundError, match=r"no split 'train'; it has: test"):
        TokenRecordSource(tmp_path, "train")
    assert len(TokenRecordSource(tmp_path, "test")) == 5
    assert not list(tmp_path.glob("*.tmp"))


def test_tokens_of_other_tokenizers_are_refused(tmp_path, rng):
    made = make_records(rng, 2)
    write_token_records(tmp_path, "train", records=made, metadata=METADATA)
    with pytest.raises(ValueError, match=r"made by tokenizers aaaa.*, not by bbbb"):
        TokenRecordSource(tmp_path, "train", tokenizers=OTHER.tokenizers)
    with pytest.raises(ValueError, match="holds tokens of other tokenizers"):
        write_token_records(tmp_path, "test", records=made, metadata=OTHER)


def test_what_is_missing_or_damaged(tmp_path, rng):
    with pytest.raises(FileNotFoundError, match="holds no token records; write them"):
        TokenRecordSource(tmp_path / "nowhere", "train")
    write_token_records(
        tmp_path, "train", records=make_records(rng, 2), metadata=METADATA
    )
    with pytest.raises(IndexError):
        TokenRecordSource(tmp_path, "train")[2]
    (tmp_path / "train-00000.array_record").unlink()
    with pytest.raises(FileNotFoundError, match=r"00000.array_record is missing"):
        TokenRecordSource(tmp_path, "train")
    for content in ("{", "[]", json.dumps({"format": 99})):
        (tmp_path / "metadata.json").write_text(content)
        with pytest.raises(ValueError, match="not the metadata of token records"):
            read_metadata(tmp_path)


def test_no_records_no_split(tmp_path):
    with pytest.raises(ValueError, match="no clip to write to split 'train'"):
        write_token_records(tmp_path, "train", records=[], metadata=METADATA)


@pytest.mark.parametrize("code", [-1, 2**15])
def test_codes_must_fit(rng, code):
    record = make_records(rng, 1)[0]
    record.semantic[3] = code
    with pytest.raises(ValueError, match=f"codes must lie in 0..32767.* {code}"):
        record.to_bytes()


def test_a_clip_lasts_as_long_as_its_shortest_stream(rng):
    record = make_records(rng, 1)[0]
    assert record.seconds(METADATA) == 1.6
