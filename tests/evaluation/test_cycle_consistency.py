"""The interval of the prompt match: it must hold zero when prompts are ignored."""

import numpy as np
import pytest

from musiclm_jax.evaluation.cycle_consistency import cycle_consistency


def test_values_match_loops(rng):
    prompts, music = rng.standard_normal((2, 6, 5))
    match = cycle_consistency(prompts, music, seed=0)
    own, other = [], []
    for i, prompt in enumerate(prompts):
        for j, piece in enumerate(music):
            cosine = prompt @ piece / np.linalg.norm(prompt) / np.linalg.norm(piece)
            (own if i == j else other).append(cosine)
    assert match.matched.value == pytest.approx(np.mean(own))
    assert match.shuffled.value == pytest.approx(np.mean(other))
    assert match.excess.value == pytest.approx(np.mean(own) - np.mean(other))


def test_aligned_embeddings_exclude_zero(rng):
    prompts = rng.standard_normal((64, 16))
    music = prompts + rng.standard_normal((64, 16))
    match = cycle_consistency(prompts, music, seed=0)
    assert 0 < match.excess.low < match.excess.value < match.excess.high < 1


def test_interval_holds_the_truth_about_as_often_as_it_says(rng):
    held = 0
    for trial in range(40):
        prompts, music = rng.standard_normal((2, 40, 8))
        match = cycle_consistency(prompts, music, seed=trial)
        held += match.excess.low <= 0 <= match.excess.high
    assert held >= 34


def test_level_that_all_pairs_share_is_no_match(rng):
    # The towers' spaces may lie apart or together; that says nothing of prompts.
    prompts, music = rng.standard_normal((2, 50, 8)) + 3.0
    match = cycle_consistency(prompts, music, seed=0)
    assert match.matched.value > 0.5
    assert match.excess.low <= 0 <= match.excess.high


def test_same_seed_same_interval(rng):
    prompts, music = rng.standard_normal((2, 20, 8))
    assert cycle_consistency(prompts, music, seed=3) == cycle_consistency(
        prompts, music, seed=3
    )


def test_two_pieces_are_enough():
    match = cycle_consistency(np.eye(2), np.eye(2), seed=0)
    assert (match.matched.value, match.shuffled.value, match.excess.low) == (
        1.0,
        0.0,
        1.0,
    )


@pytest.mark.parametrize("shape", [(3, 4), (2, 5), (1, 4)])
def test_shapes_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match=r"\[piece, embed\]"):
        cycle_consistency(
            np.ones((2 if shape != (1, 4) else 1, 4)), np.ones(shape), seed=0
        )
