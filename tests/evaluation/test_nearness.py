import dataclasses
import types

import numpy as np
import pytest

from musiclm_jax.evaluation import memorisation, nearness, token_index
from musiclm_jax.evaluation.nearness import PASSAGE
from musiclm_jax.evaluation.token_index import TokenIndex

CODES = 64


@pytest.fixture
def distances(rng):
    return memorisation.centroid_distances(rng.normal(size=(CODES, 12)))


def clip(rng, length):
    share = rng.dirichlet(np.full(CODES, 0.05))
    return rng.choice(CODES, length, p=share).astype(np.int32)


def index_of(clips, names=None):
    records = [
        types.SimpleNamespace(
            semantic=codes,
            fields={"name": names[place] if names else f"song {place}"}
            | ({"start_seconds": 30.0} if place == 2 else {}),
        )
        for place, codes in enumerate(clips)
    ]
    return TokenIndex.of_records(
        records, frame_rate=25.0, tokenizer="0123456789abcdef", dataset="songs"
    )


@pytest.fixture
def clips(rng):
    """Of several lengths, one of them shorter than a passage."""
    return [clip(rng, length) for length in (250, 190, 300, 80, 250, 250)]


def test_a_stolen_passage_is_found_where_it_is(rng, clips, distances):
    index = index_of(clips)
    piece = clip(rng, 275)
    piece[75 : 75 + PASSAGE] = clips[2][50 : 50 + PASSAGE]
    near = nearness.of_piece(piece, index, distances)
    assert (near.clip, near.clip_seconds, near.piece_seconds) == ("song 2", 32.0, 3.0)
    assert near.cost == pytest.approx(0.0, abs=1e-3)
    assert near.longest_run_seconds >= PASSAGE / 25
    assert near.as_near is None
    told = near.sentence()
    assert told.startswith("nearest in the training set: song 2 from 32 s, to 3 s of")
    assert "its own clips" not in told


def test_a_tenth_of_other_tokens_hides_it_not(rng, clips, distances):
    index = index_of(clips)
    piece = clips[4][100 : 100 + PASSAGE].copy()
    places = rng.permutation(PASSAGE)[: PASSAGE // 10]
    piece[places] = rng.integers(0, CODES, len(places))
    near = nearness.of_piece(piece, index, distances)
    other = nearness.of_piece(clip(rng, PASSAGE), index, distances)
    assert (near.clip, near.clip_seconds) == ("song 4", 4.0)
    assert near.cost < 0.5 * other.cost
    assert near.longest_run_seconds < PASSAGE / 25


def test_the_nearest_is_that_of_all_passages(rng, clips, distances):
    """Moved one by one, without any bound."""
    index = index_of(clips)
    piece = clip(rng, 60)
    near = nearness.of_piece(piece, index, distances)
    costs = {}
    for place, codes in enumerate(clips):
        for start in {*range(0, len(codes) - 60, 25), len(codes) - 60}:
            shares = [
                np.bincount(part, minlength=CODES)[None]
                for part in (piece, codes[start : start + 60])
            ]
            cost = nearness.transport_costs(*shares, distances)[0]
            costs[f"song {place}", start] = cost
    (name, start), least = min(costs.items(), key=lambda item: item[1])
    assert near.cost == pytest.approx(least, abs=1e-6)
    begins = 30.0 if name == "song 2" else 0.0
    assert (near.clip, near.clip_seconds) == (name, begins + start / 25)


def test_clips_say_how_near_they_are_to_other_recordings(rng, clips, distances):
    copy = [*clips, clips[0].copy()]
    known = nearness.near_each_other(index_of(copy), distances)
    assert len(known) == 7 and (np.diff(known) >= 0).all()
    # Both copies have the other one, and are no copies of themselves.
    np.testing.assert_allclose(known[:2], 0.0, atol=1e-3)
    assert known[2] > 0.1
    names = [f"song {place}" for place in range(6)] + ["song 0"]
    apart = nearness.near_each_other(index_of(copy, names), distances)
    assert apart[0] > 0.1
    index = dataclasses.replace(index_of(clips), near=np.array([0.0, 0.1, 9.0, 9.0]))
    near = nearness.of_piece(clip(rng, 125), index, distances)
    assert near.as_near == 0.5
    assert "(50% of its own clips have one as near)" in near.sentence()


def test_one_recording_says_nothing_of_itself(clips, distances):
    index = index_of(clips, names=["song"] * len(clips))
    with pytest.raises(ValueError, match="all clips are of one recording"):
        nearness.near_each_other(index, distances)


def test_an_index_is_read_as_it_was_written(clips, tmp_path):
    index = dataclasses.replace(index_of(clips), near=np.array([0.25, 0.5]))
    path = tmp_path / "index.safetensors"
    index.save(path)
    again = token_index.load(path)
    for field in dataclasses.fields(TokenIndex):
        np.testing.assert_array_equal(
            getattr(again, field.name), getattr(index, field.name)
        )
    padded = again.padded()
    assert padded.shape == (6, 300)
    for row, codes in zip(padded, clips, strict=True):
        np.testing.assert_array_equal(row[: len(codes)], codes)
        assert (row[len(codes) :] == -1).all()


def test_one_clip_is_no_index(clips):
    with pytest.raises(ValueError, match="1 clips are no training set"):
        index_of(clips[:1])


def test_any_damage_is_noticed(clips, tmp_path, rng):
    path = tmp_path / "index.safetensors"
    index_of(clips).save(path)
    whole = path.read_bytes()
    for _ in range(40):
        data = bytearray(whole)
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        with pytest.raises(ValueError, match="is damaged, or no index"):
            token_index.load(path)
    for length in (0, 7, 100, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="is damaged, or no index"):
            token_index.load(path)
    with pytest.raises(FileNotFoundError, match="there is no index"):
        token_index.load(tmp_path / "other.safetensors")


def test_a_model_with_another_tokenizer_is_refused(clips, tmp_path):
    entry = {"kind": "semantic", "config": {}, "sha256": "5e"}
    bundle = types.SimpleNamespace(folder=tmp_path, parts={"semantic": entry})
    index = index_of(clips)
    with pytest.raises(ValueError, match="tokenizer 0123456789ab, and the model in"):
        index.check(bundle, where="index.safetensors")
    fit = dataclasses.replace(index, tokenizer=token_index.fingerprint(bundle))
    fit.check(bundle, where="index.safetensors")
    bundle.parts.clear()
    with pytest.raises(ValueError, match="has no part semantic"):
        fit.check(bundle, where="index.safetensors")
