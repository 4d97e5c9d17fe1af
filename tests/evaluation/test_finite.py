"""What is no number is told with the clip that it was measured of."""

import numpy as np
import pytest

from musiclm_jax.evaluation import finite


def test_numbers_pass():
    finite.check(np.zeros((2, 3, 4)), ("a", "b"), "embedding")
    finite.check(np.zeros(3, np.float32), (), "level")


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_the_first_clip_and_how_many(wrong):
    values = np.zeros((4, 2, 3))
    values[1:3, 1, 2] = wrong
    with pytest.raises(
        ValueError, match=r"the label of clip b is not finite; 2 of 4 are like that"
    ):
        finite.check(values, ("a", "b", "c", "d"), "label")
    with pytest.raises(ValueError, match=r"the label of clip number 1 is not finite"):
        finite.check(values, (), "label")
