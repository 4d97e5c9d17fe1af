import types

import numpy as np
import pytest

from musiclm_jax.data.records import token_records
from musiclm_jax.data.records.token_records import TokenMetadata, TokenRecord
from musiclm_jax.data.records.token_shards import ShardName
from musiclm_jax.evaluation.token_clips import TokenClips
from musiclm_jax.tokens import TokenSpec

METADATA = TokenMetadata(
    semantic_frame_rate=25,
    acoustic_frame_rate=50,
    window_seconds=1.0,
    stride_seconds=0.5,
    tokenizers="abc",
    dataset="made_up",
    piece_seconds=10,
    melody_stride_seconds=0.5,
)
MULAN = types.SimpleNamespace(quantize=lambda x: np.round(10 * x)[:, None].astype(int))


def record(rng, frames, melody=None):
    windows = rng.normal(size=(5, 4)).astype(np.float32)
    return TokenRecord(
        mulan=windows / np.linalg.norm(windows, axis=1, keepdims=True),
        caption_mulan=np.zeros((0, 4)),
        semantic=rng.integers(0, 9, frames),
        acoustic=rng.integers(0, 9, (2 * frames, 3)),
        fields={"name": f"{frames}"},
        melody=melody,
    )


@pytest.fixture
def folder(rng, tmp_path):
    records = [record(rng, frames) for frames in (75, 40, 75, 75)]
    token_records.write_shard(
        tmp_path, ShardName("train", 0, 1), records=records, metadata=METADATA
    )
    return tmp_path


def draw(folder, **changes):
    given = {"split": "train", "tokenizers": "abc", "num": 2, "seed": 0}
    given |= changes
    return TokenClips.draw(folder, given.pop("split"), MULAN, **given)


def test_clips_are_drawn_that_are_long_enough(folder):
    assert len(draw(folder, num=10)) == 4
    long = draw(folder, num=10, seconds=3.0)
    assert [len(each.semantic) for each in long.records] == [75] * 3
    assert long.seconds == 3.0
    first, again = draw(folder), draw(folder)
    assert len(first) == 2
    for one, other in zip(first.records, again.records, strict=True):
        np.testing.assert_array_equal(one.semantic, other.semantic)


@pytest.mark.parametrize(
    ("changes", "kind", "sentence"),
    [
        ({"tokenizers": "xyz"}, ValueError, "made by tokenizers abc, not by xyz"),
        ({"seconds": 9.0}, ValueError, "has no clip of 9 s or more"),
        ({"split": "test"}, FileNotFoundError, "has no split 'test'"),
    ],
)
def test_records_that_do_not_fit(folder, changes, kind, sentence):
    with pytest.raises(kind, match=sentence):
        draw(folder, **changes)


def test_codes_are_the_beginning_of_each_stream(folder):
    clips = draw(folder, seconds=3.0)
    codes = clips.codes(2.0)
    for row, each in enumerate(clips.records):
        np.testing.assert_array_equal(codes["semantic"][row, :, 0], each.semantic[:50])
        np.testing.assert_array_equal(codes["acoustic"][row], each.acoustic[:100])
        mean = each.mulan[:3].mean(axis=0)
        expected = np.round(10 * mean / np.linalg.norm(mean))
        np.testing.assert_array_equal(codes["mulan"][row, 0], expected)
    with pytest.raises(ValueError, match="the shortest clip lasts 3 s: "):
        clips.codes(3.5)
    with pytest.raises(ValueError, match="have no melody codes"):
        clips.codes(1.0, melody=TokenSpec("melody", 9, 2, 1.0))


def test_melody_is_taken_where_it_is_asked_for(rng):
    tune = rng.integers(0, 9, (6, 2))
    clips = TokenClips((record(rng, 75, tune),), METADATA, MULAN)
    codes = clips.codes(3.0, melody=TokenSpec("melody", 9, 2, 1.0))
    np.testing.assert_array_equal(codes["melody"][0], tune[[0, 2, 4]])


def test_the_sound_of_clips_gives_what_the_tokenizers_say(rng):
    """Of 2.5 seconds of 100 samples, with a last frame that is filled up."""
    audio = rng.normal(size=(5, 250)).astype(np.float32)
    config = types.SimpleNamespace(window_seconds=1.0, stride_seconds=0.5)
    tokenizers = types.SimpleNamespace(
        mulan=types.SimpleNamespace(
            config=config,
            embed_windows=lambda x: np.repeat(x[:, None, :4], 4, axis=1),
            quantize=MULAN.quantize,
        ),
        semantic=types.SimpleNamespace(
            frame_rate=25.0,
            tokenize=lambda x: np.abs(x[:, ::4, None] * 10).astype(np.int32),
        ),
        codec=types.SimpleNamespace(
            sample_rate=100,
            frame_rate=50.0,
            tokenize=lambda x: np.abs(x[:, ::2, None] * 10).astype(np.int32),
        ),
        melody=None,
    )
    clips = TokenClips.of_audio(tokenizers, audio, batch=2)
    assert len(clips) == 5
    assert clips.seconds == 2.48
    codes = clips.codes(2.0)
    np.testing.assert_array_equal(
        codes["semantic"][:, :, 0], np.abs(audio[:, :200:4] * 10).astype(int)
    )
    assert codes["acoustic"].shape == (5, 100, 1)
    unit = audio[:, :4] / np.linalg.norm(audio[:, :4], axis=1, keepdims=True)
    np.testing.assert_array_equal(codes["mulan"], np.round(10 * unit)[:, None])
