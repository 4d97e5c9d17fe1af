import jax
import numpy as np
import pytest

from musiclm_jax.semantic.masking import sample_distractors, span_mask


def test_share_of_masked_steps_is_that_of_overlapping_spans(key):
    mask = np.asarray(span_mask(key, (400, 200), start_probability=0.065, span=10))
    away_from_start = mask[:, 9:].mean()
    assert away_from_start == pytest.approx(1 - (1 - 0.065) ** 10, abs=0.02)
    # At the first step only a span that starts there can mask it.
    assert mask[:, 0].mean() == pytest.approx(0.065, abs=0.05)


def test_masked_runs_are_whole_spans(key):
    mask = np.asarray(span_mask(key, (50, 120), start_probability=0.03, span=7))
    for row in mask:
        padded = np.concatenate([[False], row, [False]]).astype(int)
        starts = np.flatnonzero(np.diff(padded) == 1)
        ends = np.flatnonzero(np.diff(padded) == -1)
        for start, end in zip(starts, ends, strict=True):
            assert end - start >= 7 or end == len(row)


def test_certain_and_impossible_starts(key):
    rngs = jax.random.split(key, 3)
    always = span_mask(rngs[0], (1, 5), start_probability=1.0, span=3)
    never = span_mask(rngs[1], (1, 5), start_probability=0.0, span=3)
    assert np.asarray(always).all() and not np.asarray(never).any()
    long = span_mask(rngs[2], (1, 3), start_probability=1.0, span=10)
    assert np.asarray(long).shape == (1, 3)


def test_distractors_are_other_masked_steps_of_the_row(key):
    mask_rng, rng = jax.random.split(key)
    mask = span_mask(mask_rng, (6, 40), start_probability=0.065, span=5)
    positions, valid = sample_distractors(rng, mask, num_distractors=30)
    mask, positions, valid = map(np.asarray, (mask, positions, valid))
    assert valid.any()
    for row, step in zip(*np.nonzero(valid), strict=True):
        assert mask[row, step]
        assert mask[row, positions[row, step]].all()
        assert (positions[row, step] != step).all()


def test_distractors_cover_all_other_masked_steps_evenly(key):
    mask = np.zeros((1, 12), bool)
    mask[0, [2, 3, 7, 11]] = True
    positions, _ = sample_distractors(key, mask, num_distractors=3000)
    counts = np.bincount(np.asarray(positions)[0, 3], minlength=12)
    np.testing.assert_array_equal(np.flatnonzero(counts), [2, 7, 11])
    np.testing.assert_allclose(counts[[2, 7, 11]] / 3000, 1 / 3, atol=0.04)


def test_a_row_with_one_or_no_masked_step_has_no_distractors(key):
    mask = np.zeros((2, 5), bool)
    mask[1, 3] = True
    positions, valid = sample_distractors(key, mask, num_distractors=4)
    assert not np.asarray(valid).any()
    assert (np.asarray(positions) < 5).all()
