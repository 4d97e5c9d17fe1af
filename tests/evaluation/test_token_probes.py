import numpy as np
import pytest

from musiclm_jax.evaluation import token_probes
from musiclm_jax.evaluation.examples import Examples


def test_histograms_count():
    codes = np.array([[0, 1, 1, 3], [2, 2, 2, 2]])
    expected = [[0.25, 0.5, 0.0, 0.25], [0.0, 0.0, 1.0, 0.0]]
    np.testing.assert_array_equal(token_probes.histograms(codes, 4), expected)


def make(num, rng):
    """Clips whose tokens are one of the key's three in half of all places."""
    keys = rng.integers(3, size=num)
    codes = rng.integers(0, 9, (num, 60))
    codes[:, ::2] = 3 * keys[:, None] + rng.integers(0, 3, (num, 30))
    other = [f"{label}" for label in rng.integers(2, size=num)]
    split = [
        {
            "style": o,
            "tempo_class": o,
            "has_drums": o,
            "lead_family": o,
            "key": ("C", "E", "none")[k],
        }
        for k, o in zip(keys, other, strict=True)
    ]
    return token_probes.histograms(codes, 9), Examples(split, tuple(range(num)))


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(0)
    features, examples = zip(*(make(n, rng) for n in (120, 60, 120)), strict=True)
    return features, examples


def test_what_tokens_tell_is_told_and_the_rest_is_not(found):
    shares = token_probes.accuracies(*found)
    assert list(shares) == list(token_probes.ATTRIBUTES)
    assert shares["key"] > 0.95
    assert shares["style"] < 0.65


def test_clips_without_a_key_are_not_asked(found):
    assert token_probes.fit("key", *found).classes == ("C", "E")
