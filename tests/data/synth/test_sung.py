"""A voice without words: in tune, gliding, swaying, and each of its own colour."""

import numpy as np
import pytest

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.piece import Note
from musiclm_jax.data.synth.voices import sung

RATE = osc.SAMPLE_RATE


def line(timbre, *pitches, seconds=1.0):
    return [
        Note(i * seconds, 0.95 * seconds, pitch, 0.8, timbre, "lead")
        for i, pitch in enumerate(pitches)
    ]


def hertz_at(audio, seconds, low_hz, high_hz):
    """Fundamental around a moment, by autocorrelation."""
    first = int((seconds - 0.05) * RATE)
    part = audio[first : first + int(0.1 * RATE)].astype(np.float64)
    part = part * np.hanning(len(part))
    correlation = np.correlate(part, part, "full")[len(part) - 1 :]
    lags = np.arange(int(RATE / high_hz), int(RATE / low_hz))
    return RATE / lags[correlation[lags].argmax()]


@pytest.mark.parametrize("timbre", sung.SINGERS)
def test_notes_are_sung_in_tune_and_glide(timbre):
    pitch = 81 if timbre == "whistle" else 60
    audio = sung.sing(timbre, line(timbre, pitch, pitch + 7), 2 * RATE)
    assert audio.dtype == np.float32 and np.isfinite(audio).all()
    assert 0.05 < np.abs(audio).max() < 1.5
    low, high = osc.hertz(pitch), osc.hertz(pitch + 7)
    found = [hertz_at(audio, t, 0.8 * low, 1.25 * high) for t in (0.5, 1.5)]
    np.testing.assert_allclose(found, [low, high], rtol=0.025)
    # Between the two it is on its way.
    track = sung._pitch(sung.SINGERS[timbre], line(timbre, pitch, pitch + 7), 2 * RATE)
    steps = np.abs(np.diff(track))
    assert steps.max() < 0.02
    between = (track > pitch + 1) & (track < pitch + 6)
    assert 0.02 < between.sum() / RATE < 0.2


def test_a_long_note_begins_to_sway():
    singer = sung.SINGERS["sung voice"]
    track = sung._pitch(singer, line("sung voice", 65, seconds=3.0), 3 * RATE)
    early, late = track[int(0.15 * RATE) : int(0.2 * RATE)], track[2 * RATE :]
    assert np.ptp(early) < 0.05
    np.testing.assert_allclose(np.ptp(late), 2 * singer.vibrato_cents / 100, rtol=0.1)


def test_silence_before_and_after():
    notes = [Note(1.0, 0.5, 60.0, 0.8, "hummed voice", "lead")]
    audio = sung.sing("hummed voice", notes, 3 * RATE)
    assert not audio[: int(0.85 * RATE)].any()
    assert np.abs(audio[int(1.7 * RATE) :]).max() < 1e-6
    assert np.abs(audio[int(1.1 * RATE) : int(1.4 * RATE)]).max() > 0.1


def test_lips_that_are_closed_are_darker_than_an_open_mouth():
    def centroid(timbre, pitch=60):
        power = np.abs(np.fft.rfft(sung.sing(timbre, line(timbre, pitch), RATE))) ** 2
        return (power * np.arange(len(power))).sum() / power.sum()

    assert centroid("hummed voice") < 0.6 * centroid("sung voice")
    # A whistle is little more than its fundamental.
    whistled = sung.sing("whistle", line("whistle", 84), RATE)
    power = np.abs(np.fft.rfft(whistled)) ** 2
    assert power[900:1200].sum() > 0.95 * power.sum()
