import numpy as np

from musiclm_jax.signal.peaks import limit_peaks


def test_sound_within_full_scale_comes_back_bit_for_bit(rng):
    audio = rng.uniform(-1, 1, (3, 1000)).astype(np.float32)
    audio[0, 0] = np.nextafter(np.float32(1), np.float32(0))
    limited = limit_peaks(audio)
    assert limited.dtype == np.float32
    assert limited.tobytes() == audio.tobytes()


def test_sound_beyond_is_turned_down_as_a_whole(rng):
    audio = rng.uniform(-1, 1, (2, 3, 1000)).astype(np.float32)
    audio[0, 1, 7] = -2.5
    audio[1, 2, 3] = 1.0
    limited = limit_peaks(audio)
    assert 0.9999 < np.abs(limited).max() < 1.0
    # One factor for each sound, so nothing is bent.
    np.testing.assert_allclose(limited[0, 1] * 2.5, audio[0, 1], rtol=1e-4)
    np.testing.assert_allclose(limited[1, 2], audio[1, 2], rtol=1e-4)
    for sound in [(0, 0), (0, 2), (1, 0), (1, 1)]:
        np.testing.assert_array_equal(limited[sound], audio[sound])


def test_silence_and_nothing():
    for audio in (np.zeros((2, 5), np.float32), np.zeros((2, 0), np.float32)):
        np.testing.assert_array_equal(limit_peaks(audio), audio)
