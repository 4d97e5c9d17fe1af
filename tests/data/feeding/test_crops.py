"""Crops: where they lie, and which windows speak for them."""

import numpy as np
import pytest

from musiclm_jax.data.feeding.crops import (
    crop_audio,
    crop_tokens,
    mean_of_windows,
    repeated,
    silence_behind,
    unit_length,
)
from musiclm_jax.data.records.token_records import TokenMetadata, TokenRecord


def metadata(semantic: int = 25, acoustic: int = 50) -> TokenMetadata:
    return TokenMetadata(
        semantic_frame_rate=semantic,
        acoustic_frame_rate=acoustic,
        window_seconds=10.0,
        stride_seconds=1.0,
        tokenizers="",
        dataset="",
        piece_seconds=30,
    )


def test_audio_crops_reach_both_ends(rng):
    audio = np.arange(10, dtype=np.int16)
    crops = [crop_audio(audio, 8, rng, fill=silence_behind) for _ in range(50)]
    assert {float(crop[0] * 2**15) for crop in crops} == {0.0, 1.0, 2.0}


def test_full_scale_audio_becomes_one(rng):
    audio = np.array([-(2**15), 2**14], np.int16)
    crop = crop_audio(audio, 3, rng, fill=silence_behind)
    assert crop.dtype == np.float32
    np.testing.assert_array_equal(crop, [-1.0, 0.5, 0.0])


def test_a_short_clip_is_repeated_where_that_is_asked_for(rng):
    audio = np.array([1, 2, 3], np.int16)
    crop = crop_audio(audio, 8, rng, fill=repeated)
    assert crop.dtype == np.float32
    np.testing.assert_array_equal(crop * 2**15, [1, 2, 3, 1, 2, 3, 1, 2])
    # A longer one is cut as ever.
    assert len(crop_audio(np.arange(9, dtype=np.int16), 8, rng, fill=repeated)) == 8


@pytest.mark.parametrize(("semantic", "acoustic"), [(25, 50), (50, 75), (50, 50)])
def test_streams_of_any_rates_start_together(rng, semantic, acoustic):
    record = TokenRecord(
        mulan=np.ones((1, 4)),
        caption_mulan=np.ones((0, 4)),
        semantic=np.arange(semantic * 4),
        acoustic=np.arange(acoustic * 4)[:, None],
        fields={},
    )
    rates = metadata(semantic, acoustic)
    starts = set()
    for _ in range(200):
        crop = crop_tokens(record, rates, rng, seconds=3.0)
        assert crop["semantic"].shape == (semantic * 3, 1)
        assert crop["acoustic"].shape == (acoustic * 3, 1)
        start = crop["semantic"][0, 0] / semantic
        assert start == crop["acoustic"][0, 0] / acoustic
        starts.add(start)
    assert min(starts) == 0.0 and max(starts) == 1.0


def test_crops_that_cannot_be(rng):
    record = TokenRecord(
        mulan=np.ones((1, 4)),
        caption_mulan=np.ones((0, 4)),
        semantic=np.arange(50),
        acoustic=np.zeros((100, 2)),
        fields={},
    )
    with pytest.raises(ValueError, match=r"1.01 is no multiple of 1/25 s"):
        crop_tokens(record, metadata(), rng, seconds=1.01)
    with pytest.raises(ValueError, match=r"a clip of 2.00 s is shorter than a crop"):
        crop_tokens(record, metadata(), rng, seconds=3.0)


@pytest.mark.parametrize(
    ("start", "seconds", "windows"),
    [
        (0.0, 10.0, [0]),  # exactly one window
        (2.0, 12.0, [2, 3, 4]),  # those inside, up to both ends
        (2.4, 12.0, [3, 4]),
        (12.0, 3.0, [5, 6, 7, 8, 9, 10, 11, 12]),  # those that contain it
        (0.0, 3.0, [0]),
        (2.48, 10.0, [2]),  # none inside: the nearest
        (2.52, 10.0, [3]),
        (0.0, 30.0, list(range(21))),
        (27.0, 3.0, [20]),
    ],
)
def test_windows_that_overlap_a_stretch_most(rng, start, seconds, windows):
    mulan = rng.normal(size=(21, 6)).astype(np.float32)  # a clip of half a minute
    mean = mulan[windows].sum(axis=0)
    np.testing.assert_allclose(
        mean_of_windows(mulan, metadata(), start, seconds),
        mean / np.sqrt(np.sum(mean**2)),
        rtol=1e-5,
    )


def test_a_clip_shorter_than_a_window_has_one(rng):
    mulan = rng.normal(size=(1, 6)).astype(np.float32)
    for start in (0.0, 1.0):
        np.testing.assert_allclose(
            mean_of_windows(mulan, metadata(), start, 3.0), unit_length(mulan[0])
        )


def test_zero_stays_zero():
    result = unit_length(np.zeros(3))
    assert result.dtype == np.float32 and not result.any()
