import numpy as np
import pytest

from musiclm_jax.data.synth import instruments, piece
from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.voices import sung


def test_every_timbre_has_a_voice():
    assert {*instruments.VOICES, *sung.SINGERS} == set(piece.TIMBRES)
    assert not set(instruments.VOICES) & set(sung.SINGERS)


@pytest.mark.parametrize("timbre", instruments.VOICES)
def test_a_note_has_its_pitch(timbre):
    pitch = 40 if "bass" in timbre else 64
    audio = instruments.render_note(timbre, pitch, 1.0, 0.8)
    assert audio.dtype == np.float32
    assert np.isfinite(audio).all()
    assert 0.05 < np.abs(audio).max() < 2.0
    # The best period of the steady part, by autocorrelation over two octaves.
    part = audio[6000:18_000].astype(np.float64)
    power = np.abs(np.fft.rfft(part, 2 * len(part))) ** 2
    if timbre == "organ":  # sounds an octave below as well, as drawbars do
        pitch -= 12
    correlation = np.fft.irfft(power)
    period = osc.SAMPLE_RATE / osc.hertz(pitch)
    lags = np.arange(int(0.7 * period), int(1.45 * period))
    best = lags[correlation[lags].argmax()]
    assert abs(12 * np.log2(best / period)) < 0.5


@pytest.mark.parametrize("timbre", ["piano", "violin", "synth bass"])
def test_a_note_ends_in_silence_and_louder_is_louder(timbre):
    soft = instruments.render_note(timbre, 55, 0.3, 0.3)
    loud = instruments.render_note(timbre, 55, 0.3, 1.0)
    assert abs(soft[-1]) < 1e-4
    assert np.sqrt(np.mean(loud**2)) > 2 * np.sqrt(np.mean(soft**2))
    _, release_seconds = instruments.VOICES[timbre]
    assert len(soft) == int((0.3 + release_seconds) * osc.SAMPLE_RATE)


def test_the_cache_does_not_leak_changes():
    first = instruments.render_note("piano", 60, 0.2, 0.6)
    kept = first.copy()
    first[:] = 7.0
    np.testing.assert_array_equal(instruments.render_note("piano", 60, 0.2, 0.6), kept)


def test_a_note_longer_than_any_kept_length():
    audio = instruments.render_note("organ", 60, 20.0, 0.6)
    assert len(audio) >= 20 * osc.SAMPLE_RATE
    assert np.abs(audio[19 * osc.SAMPLE_RATE :]).max() > 0.05
