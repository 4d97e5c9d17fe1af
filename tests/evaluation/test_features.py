"""Features against sounds whose rhythm and sharpness are known."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import signal

from musiclm_jax.evaluation import features
from musiclm_jax.signal.mel import MelConfig, log_mel_spectrogram

SAMPLE_RATE = 8000
SECONDS = 6.0


def time_axis():
    return np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE


def clicks(bpm, rng):
    """Short bursts of noise at a tempo, over a faint hiss."""
    times = time_axis()
    since = np.mod(times, 60.0 / bpm)
    noise = rng.standard_normal(len(times))
    return 0.3 * noise * np.exp(-since / 0.01) + 1e-4 * noise


@pytest.mark.parametrize("bpm", [63.0, 104.0, 151.0])
def test_tempogram_finds_tempo_of_click_track(bpm, rng):
    audio = clicks(bpm, rng)[None].astype(np.float32)
    hop_length = SAMPLE_RATE // features.FRAME_RATE
    mel = MelConfig(SAMPLE_RATE, 4 * hop_length, hop_length, 64, 40.0, 4000.0)
    envelopes = features.onset_envelopes(log_mel_spectrogram(audio, mel))
    correlation, spectrum = features.tempogram(envelopes)
    # The autocorrelation answers at whole fractions too, the spectrum at multiples.
    product = np.asarray(correlation * spectrum)[0, :, -1]
    found = features.TEMPI_BPM[product.argmax()]
    step = features.TEMPI_BPM[1] / features.TEMPI_BPM[0]
    assert bpm / step < found < bpm * step


def test_autocorrelation_matches_direct_sum(rng):
    envelope = rng.standard_normal((1, 500, 1)).astype(np.float32)
    correlation, _ = features.tempogram(jnp.asarray(envelope))
    centred = envelope[0, :, 0] - envelope.mean()
    direct = signal.correlate(centred, centred, method="direct")[499:]
    direct = direct / direct[0]
    # The fastest tempo reads between two neighbouring lags.
    lag = 60.0 * features.FRAME_RATE / features.TEMPI_BPM[-1]
    expected = np.interp(lag, np.arange(500), direct)
    np.testing.assert_allclose(correlation[0, -1, 0], expected, atol=1e-4)


def test_onset_envelope_rises_with_clicks_and_not_with_steady_sound(rng):
    level = np.full((1, 400, 64), -3.0, np.float32)
    level[:, 100::100] += 4.0
    envelope = np.asarray(features.onset_envelopes(jnp.asarray(level)))
    assert envelope.shape == (1, 398, 3)
    assert set(np.flatnonzero(envelope[0, :, -1] > 0.5)) == {98, 198, 298}


@pytest.fixture(scope="module")
def measured():
    """A pad, the same four times as loud, and clicks; measured at once."""
    rng = np.random.default_rng(0)
    times = time_axis()
    pad = 0.1 * (np.sin(2 * np.pi * 220 * times) + np.sin(2 * np.pi * 330 * times))
    audio = np.stack([pad, 4.0 * pad, clicks(120.0, rng)]).astype(np.float32)
    return features.extract(audio, sample_rate=SAMPLE_RATE, batch_size=3)


def test_loudness_does_not_matter(measured):
    np.testing.assert_allclose(measured[0], measured[1], atol=2e-2)


def test_views_fit_the_features_and_split_them(measured):
    views = features.views()
    assert views.shape[1] == measured.shape[1]
    assert views[1].all() and 0 < views[0].sum() < views.shape[1]
    # What the first view leaves out are the two halves of the tempogram.
    assert (~views[0]).sum() % (2 * len(features.TEMPI_BPM)) == 0


def test_struck_sounds_rise_more_than_steady_ones(measured):
    num_mels, mean_rise = 64, 3  # statistic, in the order of the module's text
    rise = measured[:, mean_rise * num_mels : (mean_rise + 1) * num_mels].mean(axis=1)
    assert rise[2] > 3 * rise[0]


def test_all_is_finite_and_clips_do_not_mix(measured):
    assert np.isfinite(measured).all()
    silence = np.zeros((2, round(SECONDS * SAMPLE_RATE)), np.float32)
    rng = np.random.default_rng(0)
    silence[1] = clicks(120.0, rng)
    again = features.extract(silence, sample_rate=SAMPLE_RATE, batch_size=3)
    assert np.isfinite(again).all()
    np.testing.assert_allclose(again[1], measured[2], rtol=1e-4, atol=1e-4)


def test_short_clip_is_refused():
    with pytest.raises(ValueError, match="at least 5 s"):
        features.extract(np.zeros((1, 8000), np.float32), sample_rate=8000)
