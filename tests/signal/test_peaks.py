import numpy as np

from musiclm_jax.signal.peaks import limit_peaks


def test_only_peaks_are_bent_and_none_reaches_full_scale(rng):
    audio = rng.normal(scale=0.5, size=(2, 1000)).astype(np.float32)
    limited = limit_peaks(audio)
    assert limited.dtype == np.float32
    quiet = np.abs(audio) < 0.8
    np.testing.assert_array_equal(limited[quiet], audio[quiet])
    assert np.abs(limited).max() <= 0.98 < np.abs(audio).max()
    # Louder stays louder, and the sign stays.
    order = np.argsort(audio, axis=None)
    assert (np.diff(limited.ravel()[order]) >= 0).all()
    np.testing.assert_allclose(limit_peaks(np.float32([0.801, -5])), [0.801, -0.98],
                               atol=1e-3)  # fmt: skip
