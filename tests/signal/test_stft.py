import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

from musiclm_jax.signal import stft as stft_lib


def reference(audio, frame_length, hop_length, fft_length):
    """Frame by frame, with SciPy's window and the definition of the padding."""
    pad = frame_length - hop_length
    padded = np.pad(audio, ((0, 0), (pad // 2, pad - pad // 2)))
    window = scipy.signal.get_window("hann", frame_length, fftbins=True)
    frames = []
    for i in range(audio.shape[1] // hop_length):
        piece = padded[:, i * hop_length : i * hop_length + frame_length]
        frames.append(
            np.fft.fft(piece * window, n=fft_length)[:, : fft_length // 2 + 1]
        )
    return np.stack(frames, axis=1)


@pytest.mark.parametrize(
    ("num_samples", "frame_length", "hop_length", "fft_length"),
    [(256, 64, 16, 64), (250, 60, 24, 64), (97, 33, 10, 48), (40, 8, 8, 8)],
)
def test_equals_numpy(rng, num_samples, frame_length, hop_length, fft_length):
    audio = rng.standard_normal((2, num_samples)).astype(np.float32)
    got = stft_lib.stft(
        jnp.asarray(audio),
        frame_length=frame_length,
        hop_length=hop_length,
        fft_length=fft_length,
    )
    assert got.dtype == jnp.complex64
    assert got.shape == (2, num_samples // hop_length, fft_length // 2 + 1)
    want = reference(audio, frame_length, hop_length, fft_length)
    np.testing.assert_allclose(got, want, atol=1e-4)


def test_frame_is_centred_on_its_hop():
    audio = np.zeros((1, 64), np.float32)
    audio[0, 8 * 3 : 8 * 4] = 1.0
    frames = stft_lib.frame(jnp.asarray(audio), frame_length=16, hop_length=8)
    np.testing.assert_array_equal(frames[0, 3, 4:12], 1.0)
    assert float(frames[0, 3].sum()) == 8


def test_gradient_is_the_adjoint(rng):
    audio = jnp.asarray(rng.standard_normal((1, 50)), jnp.float32)

    def cut(audio):
        return stft_lib.frame(audio, frame_length=12, hop_length=5)

    frames, pull = jax.vjp(cut, audio)
    other = jnp.asarray(rng.standard_normal(frames.shape), jnp.float32)
    np.testing.assert_allclose(
        jnp.sum(frames * other), jnp.sum(audio * pull(other)[0]), rtol=1e-4
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"frame_length": 8, "hop_length": 9}, "hop_length must be"),
        ({"frame_length": 8, "hop_length": 0}, "hop_length must be"),
        ({"frame_length": 64, "hop_length": 32}, "shorter than a hop"),
        ({"frame_length": 8, "hop_length": 4, "fft_length": 4}, "fft_length must be"),
    ],
)
def test_errors(settings, message):
    with pytest.raises(ValueError, match=message):
        stft_lib.stft(jnp.zeros((1, 20)), **settings)
