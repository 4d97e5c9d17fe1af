"""The interval of the prompt match: it must hold zero when prompts are ignored."""

import numpy as np
import pytest

from musiclm_jax.evaluation.prompt_match import prompt_match


def test_values_match_loops(rng):
    prompts, music = rng.standard_normal((2, 6, 5))
    match = prompt_match(prompts, music, seed=0)
    own, other = [], []
    for i, prompt in enumerate(prompts):
        for j, piece in enumerate(music):
            cosine = prompt @ piece / np.linalg.norm(prompt) / np.linalg.norm(piece)
            (own if i == j else other).append(cosine)
    assert match.matched == pytest.approx(np.mean(own))
    assert match.shuffled == pytest.approx(np.mean(other))
    assert match.excess == pytest.approx(np.mean(own) - np.mean(other))


def test_aligned_embeddings_exclude_zero(rng):
    prompts = rng.standard_normal((64, 16))
    music = prompts + rng.standard_normal((64, 16))
    match = prompt_match(prompts, music, seed=0)
    assert 0 < match.low < match.excess < match.high < 1


def test_interval_holds_the_truth_about_as_often_as_it_says(rng):
    held = 0
    for trial in range(40):
        prompts, music = rng.standard_normal((2, 40, 8))
        match = prompt_match(prompts, music, seed=trial)
        held += match.low <= 0 <= match.high
    assert held >= 34


def test_level_that_all_pairs_share_is_no_match(rng):
    # The towers' spaces may lie apart or together; that says nothing of prompts.
    prompts, music = rng.standard_normal((2, 50, 8)) + 3.0
    match = prompt_match(prompts, music, seed=0)
    assert match.matched > 0.5
    assert match.low <= 0 <= match.high


def test_same_seed_same_interval(rng):
    prompts, music = rng.standard_normal((2, 20, 8))
    assert prompt_match(prompts, music, seed=3) == prompt_match(prompts, music, seed=3)


def test_two_pieces_are_enough():
    match = prompt_match(np.eye(2), np.eye(2), seed=0)
    assert (match.matched, match.shuffled, match.low) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize("shape", [(3, 4), (2, 5), (1, 4)])
def test_shapes_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match=r"\[piece, embed\]"):
        prompt_match(np.ones((2 if shape != (1, 4) else 1, 4)), np.ones(shape), seed=0)
