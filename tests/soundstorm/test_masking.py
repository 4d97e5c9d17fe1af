import jax
import numpy as np
import pytest

from musiclm_jax.soundstorm.masking import draw_masks

SHAPE = (4000, 20, 4)


@pytest.fixture(scope="module")
def with_prompts():
    return draw_masks(jax.random.key(0), SHAPE, prompt_rate=1.0)


def test_finer_levels_are_hidden_and_coarser_ones_are_seen(with_prompts):
    hidden, level = np.asarray(with_prompts.hidden), np.asarray(with_prompts.level)
    starts = hidden.any(axis=2).argmax(axis=1)
    for row in range(300):
        q = level[row]
        assert not hidden[row, :, :q].any()
        np.testing.assert_array_equal(hidden[row, :, q], with_prompts.asked[row])
        if q < 3:
            # All frames behind the prompt, in all finer levels alike.
            finer = hidden[row, :, q + 1 :]
            assert finer[starts[row] :].all() and not finer[: starts[row]].any()


def test_every_row_has_something_to_learn(with_prompts):
    assert with_prompts.asked.any(axis=1).all()


def test_levels_and_prompts_are_even(with_prompts):
    counts = np.bincount(with_prompts.level, minlength=4)
    assert (np.abs(counts - 1000) < 5 * np.sqrt(750)).all()
    rows = np.asarray(with_prompts.level) < 3
    starts = np.asarray(with_prompts.hidden)[rows].any(axis=2).argmax(axis=1)
    assert abs(starts.mean() - 9.5) < 0.5 and starts.max() == 19


def test_share_hidden_is_a_cosine_of_an_even_angle():
    masks = draw_masks(jax.random.key(1), (4000, 200, 4), prompt_rate=0.0)
    shares = np.sort(np.asarray(masks.asked).mean(axis=1))
    expected = np.sort(np.cos((np.arange(4000) + 0.5) / 4000 * np.pi / 2))
    assert np.abs(shares - expected).max() < 0.05


def test_share_of_prompts():
    masks = draw_masks(jax.random.key(2), SHAPE, prompt_rate=0.25)
    rows = np.asarray(masks.level) < 3
    prompted = ~np.asarray(masks.hidden)[rows, 0, 3]
    # One of twenty prompts has no frame.
    assert abs(prompted.mean() - 0.25 * 19 / 20) < 0.03
