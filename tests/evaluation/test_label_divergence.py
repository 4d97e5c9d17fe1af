"""KLD against SciPy's."""

import numpy as np
import pytest
from scipy import special, stats

from musiclm_jax.evaluation.label_divergence import divergences


def logs(rng, num, classes):
    return special.log_softmax(2 * rng.standard_normal((num, classes)), axis=1)


def test_each_pair_is_scipys_entropy(rng):
    true = {"style": logs(rng, 4, 6), "tempo": logs(rng, 4, 3)}
    made = {"style": logs(rng, 5, 6), "tempo": logs(rng, 5, 3)}
    right = [
        [
            np.mean(
                [stats.entropy(np.exp(true[n][i]), np.exp(made[n][j])) for n in true]
            )
            for j in range(5)
        ]
        for i in range(4)
    ]
    np.testing.assert_allclose(divergences(true, made), right, rtol=1e-9)


def test_what_is_the_same_has_none_and_certainty_is_finite(rng):
    true = {"style": logs(rng, 4, 6)}
    np.testing.assert_allclose(np.diagonal(divergences(true, true)), 0.0, atol=1e-12)
    sure = {
        "style": special.log_softmax(np.array([[900.0, 0.0], [0.0, 900.0]]), axis=1)
    }
    np.testing.assert_allclose(divergences(sure, sure), [[0, 900], [900, 0]])


@pytest.mark.parametrize(
    ("true", "made", "words"),
    [
        ({}, {}, "the same attributes"),
        ({"a": (2, 3)}, {"b": (2, 3)}, r"not \['a'\] and \['b'\]"),
        ({"a": (2, 3)}, {"a": (2, 4)}, "3 classes on one side, 4 on the other"),
    ],
)
def test_what_cannot_be_compared(true, made, words):
    sides = [{n: np.zeros(shape) for n, shape in side.items()} for side in (true, made)]
    with pytest.raises(ValueError, match=words):
        divergences(*sides)
