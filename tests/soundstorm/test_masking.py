import jax
import numpy as np
import pytest

from musiclm_jax.soundstorm.masking import (
    Masks,
    draw_masks,
    of_all_levels,
    of_one_level,
)

SHAPE = (4000, 20, 4)


@pytest.fixture(scope="module")
def with_prompts():
    return draw_masks(jax.random.key(0), SHAPE, prompt_rate=1.0, blank_rate=0.0)


def test_finer_levels_are_hidden_and_coarser_ones_are_seen(with_prompts):
    hidden, level = np.asarray(with_prompts.hidden), np.asarray(with_prompts.level)
    starts = hidden.any(axis=2).argmax(axis=1)
    for row in range(300):
        q = level[row]
        assert not hidden[row, :, :q].any()
        if q < 3:
            # All frames behind the prompt, in all finer levels alike.
            finer = hidden[row, :, q + 1 :]
            assert finer[starts[row] :].all() and not finer[: starts[row]].any()


def test_every_row_has_something_to_learn(with_prompts):
    assert of_one_level(with_prompts).any(axis=(1, 2)).all()


def test_levels_and_prompts_are_even(with_prompts):
    counts = np.bincount(with_prompts.level, minlength=4)
    assert (np.abs(counts - 1000) < 5 * np.sqrt(750)).all()
    rows = np.asarray(with_prompts.level) < 3
    starts = np.asarray(with_prompts.hidden)[rows].any(axis=2).argmax(axis=1)
    assert abs(starts.mean() - 9.5) < 0.5 and starts.max() == 19


def test_share_hidden_is_a_cosine_of_an_even_angle():
    masks = draw_masks(
        jax.random.key(1), (4000, 200, 4), prompt_rate=0.0, blank_rate=0.0
    )
    learned = np.asarray(of_one_level(masks)).any(axis=2)
    shares = np.sort(learned.mean(axis=1))
    expected = np.sort(np.cos((np.arange(4000) + 0.5) / 4000 * np.pi / 2))
    assert np.abs(shares - expected).max() < 0.05


def test_share_of_prompts():
    masks = draw_masks(jax.random.key(2), SHAPE, prompt_rate=0.25, blank_rate=0.0)
    rows = np.asarray(masks.level) < 3
    prompted = ~np.asarray(masks.hidden)[rows, 0, 3]
    # One of twenty prompts has no frame.
    assert abs(prompted.mean() - 0.25 * 19 / 20) < 0.03


def test_of_blank_rows_nothing_is_seen():
    masks = draw_masks(jax.random.key(3), SHAPE, prompt_rate=0.5, blank_rate=0.4)
    hidden = np.asarray(masks.hidden)
    is_blank = hidden.all(axis=(1, 2))
    assert abs(is_blank.mean() - 0.4) < 0.03
    assert (np.asarray(masks.level)[is_blank] == 0).all()
    all_blank = draw_masks(jax.random.key(4), SHAPE, prompt_rate=1.0, blank_rate=1.0)
    assert of_one_level(all_blank).sum() == SHAPE[0] * SHAPE[1]


def test_what_is_learned_from():
    hidden = np.zeros((2, 3, 4), bool)
    hidden[0, 1, 1] = hidden[0, :, 2:] = hidden[1, 2, 3] = True
    masks = Masks(level=np.array([1, 3]), hidden=hidden)
    np.testing.assert_array_equal(
        np.argwhere(of_one_level(masks)), [[0, 1, 1], [1, 2, 3]]
    )
    np.testing.assert_array_equal(of_all_levels(masks), hidden)
