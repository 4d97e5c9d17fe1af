import numpy as np
import pytest
from scipy import stats

from musiclm_jax.evaluation import codebook_use


def test_against_scipy_level_by_level(rng):
    codes = np.stack(
        [rng.integers(0, 16, (3, 50)), rng.binomial(15, 0.3, (3, 50))], axis=-1
    )
    found = codebook_use.measure(codes, 16)
    for level in range(2):
        own = codes[:, :, level].ravel().tolist()
        counts = [own.count(code) for code in range(16)]
        assert found.used[level] == sum(count > 0 for count in counts) / 16
        expected = 2 ** stats.entropy(counts, base=2)
        assert found.perplexity[level] == pytest.approx(expected)


def test_ends():
    even = np.arange(8).reshape(1, 8, 1)
    assert codebook_use.measure(even, 8).perplexity == pytest.approx([8.0])
    one = codebook_use.measure(np.zeros((2, 9, 1), int), 8)
    assert (one.used, one.perplexity) == (pytest.approx([1 / 8]), pytest.approx([1.0]))


def test_the_papers_bit_rate():
    """MusicLM, section 3.1: 12 levels of 1024 codes at 50 Hz are 6 kbps."""
    assert codebook_use.bit_rate(12, 1024, 50.0) == 6000.0
