import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.signal import mel, stft

CONFIG = mel.MelConfig(
    sample_rate=8000,
    frame_length=200,
    hop_length=80,
    num_mels=20,
    low_hz=60.0,
    high_hz=3800.0,
)


def test_filterbank_equals_interpolation():
    """Each triangle, drawn by `np.interp` over the mel axis."""
    got = mel.mel_filterbank(CONFIG)
    mels = 1127.0 * np.log(1.0 + np.arange(129) * 8000 / 256 / 700.0)
    edges = np.linspace(1127.0 * np.log1p(60 / 700), 1127.0 * np.log1p(3800 / 700), 22)
    want = np.stack(
        [np.interp(mels, edges[i : i + 3], [0, 1, 0]) for i in range(20)], axis=1
    )
    assert got.shape == (129, 20)
    np.testing.assert_allclose(got, want, atol=2e-4)


def test_filters_sum_to_one_inside():
    filters = mel.mel_filterbank(CONFIG)
    bins_hz = np.arange(129) * 8000 / 256
    inside = (bins_hz > 130) & (bins_hz < 3300)
    np.testing.assert_allclose(filters.sum(axis=1)[inside], 1.0, atol=1e-5)


def test_a_sine_peaks_in_its_filter():
    time = np.arange(8000) / 8000
    for hz in (300.0, 1000.0, 2500.0):
        audio = jnp.asarray(np.sin(2 * np.pi * hz * time)[None], jnp.float32)
        spectrogram = mel.mel_spectrogram(audio, CONFIG)
        assert spectrogram.shape == (1, 100, 20)
        centres = np.linspace(*mel.hz_to_mel([60.0, 3800.0]), 22)[1:-1]
        nearest = np.argmin(np.abs(centres - mel.hz_to_mel(hz)))
        assert int(jnp.argmax(spectrogram[0, 50])) == nearest


def test_is_magnitude_not_power(rng):
    audio = jnp.asarray(rng.standard_normal((1, 800)), jnp.float32)
    magnitude = np.abs(
        stft.stft(audio, frame_length=200, hop_length=80, fft_length=256)
    )
    want = magnitude[0] @ mel.mel_filterbank(CONFIG)
    np.testing.assert_allclose(mel.mel_spectrogram(audio, CONFIG)[0], want, rtol=1e-4)
    np.testing.assert_allclose(
        mel.log_mel_spectrogram(audio, CONFIG, offset=0.5)[0],
        np.log(want + 0.5),
        rtol=1e-4,
        atol=1e-5,
    )


def test_silence_has_a_gradient():
    def loss(audio):
        return jnp.sum(mel.log_mel_spectrogram(audio, CONFIG))

    gradient = jax.grad(loss)(jnp.zeros((1, 400)))
    assert bool(jnp.all(jnp.isfinite(gradient)))


def test_front_end_of_24_khz_has_no_empty_filter():
    config = mel.MelConfig(24000, 600, 240, 80, 60.0, 8000.0)
    assert config.frame_rate == 100
    assert np.all(mel.mel_filterbank(config).sum(axis=0) > 0)


def test_errors():
    with pytest.raises(ValueError, match="mel edges"):
        dataclasses.replace(CONFIG, high_hz=5000.0)
    with pytest.raises(ValueError, match="num_mels"):
        dataclasses.replace(CONFIG, num_mels=0)
