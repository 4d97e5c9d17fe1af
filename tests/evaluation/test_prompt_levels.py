import numpy as np
import pytest

from musiclm_jax.evaluation import prompt_levels


def test_share_of_equal_codes_by_level():
    audio = np.array([[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]], [[1, 1, 1]]])
    text = audio.copy()
    text[:, 0, 1] = (2, 5, 0, 0)
    text[:, 0, 2] = (3, 0, 0, 0)
    shares = prompt_levels.agreement(text, audio)
    assert shares.tolist() == [1.0, 0.5, 0.25]
    assert prompt_levels.num_meaningful(shares) == 2


def test_chance_is_not_meaningful(rng):
    text, audio = rng.integers(0, 64, (2, 100, 1, 12))
    assert prompt_levels.num_meaningful(prompt_levels.agreement(text, audio)) == 0


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"as many, not \(3, 1, 4\) and \(1, 1, 4\)"):
        prompt_levels.agreement(np.zeros((3, 1, 4)), np.zeros((1, 1, 4)))
