"""The envelope: the smooth part of the bands, and nothing of the tones."""

import numpy as np
import pytest

from musiclm_jax.codec.envelope import Envelope
from musiclm_jax.codec.tone_analysis import ToneScale

SCALE = ToneScale(
    sample_rate=24_000,
    hop_length=240,
    moments_per_frame=4,
    lowest_hz=41.2,
    tones_per_octave=36,
    num_tones=252,
    num_bands=32,
    tone_window=4096,
    band_window=1024,
)


def test_the_basis_is_orthonormal_and_hears_no_tones():
    basis = Envelope(num_levels=1, num_cepstra=5, num_terms=3).basis(SCALE)
    assert basis.shape == (15, 252 + 4 * 32)
    np.testing.assert_allclose(basis @ basis.T, np.eye(15), atol=1e-6)
    np.testing.assert_array_equal(basis[:, :252], 0.0)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("even", 1, 1), ("tilted", 0.99, 1), ("attack", 0.8, 1), ("comb", 0, 0.01)],
)
def test_it_keeps_what_is_smooth(name, least, most):
    """Shares of the power of a pattern [moment, band] that lie in the envelope."""
    moments, bands = np.arange(4)[:, None], np.arange(32)[None]
    pattern = {
        "even": np.ones((4, 32)),
        "tilted": 1.0 - bands / 32 + 0.0 * moments,
        "attack": 1.0 * (moments >= 2) + 0.0 * bands,
        "comb": (-1.0) ** bands + 0.0 * moments,
    }[name]
    basis = Envelope(num_levels=1, num_cepstra=6, num_terms=2).basis(SCALE)
    x = np.concatenate([np.zeros(252), pattern.reshape(-1)])
    share = np.square(basis @ x).sum() / np.square(x).sum()
    assert least - 1e-6 <= share <= most + 1e-6


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((3, 6, 2), "num_levels of the envelope must be at most 2, got 3"),
        ((1, 33, 2), "num_cepstra of the envelope must be at most 32, got 33"),
        ((1, 6, 5), "num_terms of the envelope must be at most 4, got 5"),
    ],
)
def test_more_than_there_is(sizes, message):
    num_levels, num_cepstra, num_terms = sizes
    envelope = Envelope(
        num_levels=num_levels, num_cepstra=num_cepstra, num_terms=num_terms
    )
    with pytest.raises(ValueError, match=message):
        envelope.check(SCALE, 2)


def test_none_of_something():
    with pytest.raises(ValueError, match="num_terms is 0"):
        Envelope(num_levels=1, num_cepstra=6, num_terms=0)
