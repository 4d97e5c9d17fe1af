import numpy as np
import pytest

from musiclm_jax.data.synth import oscillators as osc


def test_hertz():
    assert osc.hertz(69) == 440.0
    np.testing.assert_allclose(osc.hertz(60), 261.6256, rtol=1e-6)


def test_harmonic_tone_equals_a_sum_of_sines(rng):
    count, hz = 4800, 220.0
    amplitudes = np.array([1.0, 0.5, 0.25])
    audio = osc.harmonic_tone(np.full(count, hz, np.float32), amplitudes)
    spectrum = np.abs(np.fft.rfft(audio)) * 2 / count
    bins = np.round(hz * np.arange(1, 4) * count / osc.SAMPLE_RATE).astype(int)
    np.testing.assert_allclose(spectrum[bins], amplitudes, rtol=2e-3)
    spectrum[bins] = 0.0
    assert spectrum.max() < 2e-3


def test_harmonic_tone_leaves_out_what_would_alias():
    audio = osc.harmonic_tone(np.full(4800, 5000.0, np.float32), np.ones(8))
    spectrum = np.abs(np.fft.rfft(audio)) * 2 / 4800
    peaks = np.flatnonzero(spectrum > 0.05) * osc.SAMPLE_RATE / 4800
    np.testing.assert_allclose(peaks, [5000.0, 10_000.0])


def test_harmonic_tone_moves_from_spectrum_to_spectrum():
    spectra = np.array([[1.0, 0.0], [0.0, 1.0]])
    track = np.full(24_000, 400.0, np.float32)
    audio = osc.harmonic_tone(track, spectra, frame_seconds=0.5)

    def level(part, hz):
        window = audio[part : part + 2400]
        return np.abs(np.fft.rfft(window))[int(hz / 10)] / 1200

    assert level(0, 400.0) > 0.85 and level(0, 800.0) < 0.15
    np.testing.assert_allclose(level(4800, 800.0), 0.5, atol=0.02)
    assert level(18_000, 400.0) < 1e-2 and level(18_000, 800.0) > 0.99


def test_harmonic_tone_of_a_phase_that_rounds_to_a_whole_cycle():
    # 1 - 1e-9 cycles are one cycle in float32.
    audio = osc.harmonic_tone(np.full(4, 6.0, np.float32), np.ones(1), phase=-0.00025)
    assert np.isfinite(audio).all()
    tone = osc.harmonic_tone(
        np.full(2, 1e-9, np.float32), np.ones((2, 1)), phase=-1e-9, frame_seconds=1e-4
    )
    np.testing.assert_allclose(tone, 0.0, atol=1e-5)


def test_partials_decay_at_their_own_rates():
    audio = osc.partials(
        24_000, np.array([300.0, 20_000.0]), np.array([1.0, 1.0]), np.array([0.2, 1.0])
    )
    rms = [np.sqrt(np.mean(audio[i : i + 800] ** 2)) for i in (0, 4800, 9600)]
    np.testing.assert_allclose(rms[1] / rms[0], np.exp(-1), rtol=1e-3)
    np.testing.assert_allclose(rms[2] / rms[0], np.exp(-2), rtol=1e-3)


def test_plucked_string_is_in_tune_and_loses_its_brightness(rng):
    hz = 196.3
    audio = osc.plucked_string(
        24_000, hz, rng, brightness=0.8, sustain_seconds=1.0, damping=0.3, position=0.2
    )

    def spectrum(part):
        return np.abs(np.fft.rfft(part * np.hanning(len(part)), 8 * len(part)))

    whole = spectrum(audio)
    low = slice(int(8 * hz * 0.9), int(8 * hz * 1.1))
    np.testing.assert_allclose((whole[low].argmax() + low.start) / 8, hz, rtol=2e-3)
    share = []
    for part in (audio[:4800], audio[-4800:]):
        power = spectrum(part) ** 2
        share.append(power[len(power) // 12 :].sum() / power.sum())
    assert share[1] < 0.2 * share[0]


def test_noise_is_banded_and_of_unit_rms(rng):
    audio = osc.noise(24_000, rng, 1000.0, 2000.0)
    np.testing.assert_allclose(audio.std(), 1.0, rtol=1e-3)
    power = np.abs(np.fft.rfft(audio)) ** 2
    assert power[800:2400].sum() > 0.9 * power.sum()


def test_vibrato_starts_late_and_sways_by_its_cents():
    track = osc.vibrato(24_000, 440.0, rate_hz=5.0, cents=50.0, delay_seconds=0.4)
    assert np.ptp(track[:2400]) == 0.0
    np.testing.assert_allclose(track.max(), 440.0 * 2 ** (50 / 1200), rtol=1e-3)


@pytest.mark.parametrize("seconds", [0.1, 0.5])
def test_decay_falls_to_one_over_e(seconds):
    audio = osc.decay(24_000, seconds)
    np.testing.assert_allclose(audio[int(seconds * 24_000)], np.exp(-1), rtol=1e-3)
