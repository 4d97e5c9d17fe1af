import numpy as np
import pytest

from musiclm_jax.signal.peaks import PeakLimiter, limit_peaks


def test_sound_within_full_scale_comes_back_bit_for_bit(rng):
    audio = rng.uniform(-1, 1, (3, 1000)).astype(np.float32)
    audio[0, 0] = np.nextafter(np.float32(1), np.float32(0))
    limited = limit_peaks(audio, 64)
    assert limited.dtype == np.float32
    assert limited.tobytes() == audio.tobytes()


def test_sound_beyond_is_turned_down_from_a_block_before_it(rng):
    audio = rng.uniform(-1, 1, (2, 3, 1000)).astype(np.float32)
    audio[0, 1, 570] = -2.5
    audio[1, 2, 330] = 1.0
    limited = limit_peaks(audio, 100)
    assert 0.999 < np.abs(limited).max() < 1.0
    gain = limited / audio
    # Untouched up to a block before the peak's, then an even way down, then one factor.
    np.testing.assert_array_equal(gain[0, 1, :400], 1)
    np.testing.assert_allclose(gain[0, 1, 450], (1 + 0.4) / 2, atol=1e-3)
    np.testing.assert_allclose(gain[0, 1, 500:], 0.4, rtol=1e-3)
    assert (np.diff(gain[0, 1, 400:500]) < 0).all()
    np.testing.assert_allclose(limited[1, 2], audio[1, 2], rtol=1e-4)
    for sound in [(0, 0), (0, 2), (1, 0), (1, 1)]:
        np.testing.assert_array_equal(limited[sound], audio[sound])


@pytest.mark.parametrize("length", [1, 7, 64, 100, 999, 5000])
def test_chunks_of_any_length_give_the_whole(rng, length):
    audio = (3 * rng.normal(size=(2, 1000))).astype(np.float32)
    limiter = PeakLimiter(100)
    chunks = [
        limiter.push(audio[:, start : start + length])
        for start in range(0, 1000, length)
    ]
    streamed = np.concatenate([*chunks, limiter.finish()], axis=1)
    np.testing.assert_array_equal(streamed, limit_peaks(audio, 100))
    assert np.abs(streamed).max() < 1.0


def test_silence_and_nothing():
    for audio in (np.zeros((2, 5), np.float32), np.zeros((2, 0), np.float32)):
        np.testing.assert_array_equal(limit_peaks(audio, 100), audio)
