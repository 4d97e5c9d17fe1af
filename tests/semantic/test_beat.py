"""The beat: its tempo and phase are those of clicks, and go on as time does."""

import jax
import numpy as np
import pytest

from musiclm_jax.semantic import beat as beat_lib

CONFIG = beat_lib.BeatConfig(
    window_seconds=4.0, low_bpm=60.0, tempi_per_octave=12, num_tempi=20
)
RATE, HOP = 100.0, 4
told = jax.jit(
    lambda onset: beat_lib.beat(onset, CONFIG, frame_rate=RATE, hop_length=HOP)
)


def clicks(bpm: float, first: float = 0.0, seconds: float = 12.0) -> np.ndarray:
    """Onsets [batch, frame] once a beat, the first after some seconds."""
    time = np.arange(round(seconds * RATE)) / RATE
    beats = (time - first) * bpm / 60.0
    return np.exp(40.0 * (np.cos(2 * np.pi * beats) - 1.0)).astype(np.float32)[None]


def read(onset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tempo and phase, in turns, at every step of the one row."""
    cosine, sine = np.split(np.asarray(told(onset))[0], 2, axis=-1)
    best = np.hypot(cosine, sine).argmax(axis=-1)
    at = np.arange(len(best))
    return 60.0 * CONFIG.hz[best], np.arctan2(sine, cosine)[at, best] / (2 * np.pi)


@pytest.mark.parametrize("bpm", [72.0, 96.0, 120.0, 151.0])
def test_the_tempo_of_clicks(bpm):
    tempo, _ = read(clicks(bpm))
    # Half a step of the scale, and what lies between two of its tempi.
    assert np.abs(np.log2(tempo[50:-50] / bpm)).max() < 0.75 / 12


@pytest.mark.parametrize("first", [0.0, 0.1, 0.37])
def test_the_phase_is_zero_on_the_beat(first):
    bpm = 120.0
    _, phase = read(clicks(bpm, first))
    step = np.arange(len(phase))
    # The middle of a window of whole frames lies half a frame before its step's.
    time = (step * HOP + (HOP - 1) / 2) / RATE
    off = phase - (time - first) * bpm / 60.0
    off -= np.round(off)
    assert np.abs(off[50:-50]).max() < 0.05


def test_each_step_follows_from_the_one_before():
    """The phase goes on by the tempo, which is what a stage can count."""
    bpm = 60.0 * CONFIG.hz[9]
    _, phase = read(clicks(bpm))
    on = np.diff(phase)[50:-50] - HOP / RATE * bpm / 60.0
    assert np.abs(on - np.round(on)).max() < 0.005


def test_nothing_that_begins_has_no_beat(rng):
    silence = np.zeros((1, 1200), np.float32)
    np.testing.assert_allclose(np.asarray(told(silence)), 0.0, atol=1e-3)
    noise = rng.standard_normal((1, 1200)).astype(np.float32)
    length = lambda onset: np.linalg.norm(np.asarray(told(onset))[0], axis=-1)  # noqa: E731
    assert np.median(length(noise)) < np.median(length(clicks(110.0)))
    assert length(clicks(110.0)).max() <= 1.0


def test_loudness_changes_nothing():
    onset = clicks(100.0)
    np.testing.assert_allclose(told(onset), told(3.0 * onset), atol=0.02)


@pytest.mark.parametrize(("low_bpm", "num_tempi"), [(15.0, 20), (60.0, 1)])
def test_what_cannot_be(low_bpm, num_tempi):
    with pytest.raises(ValueError, match="a beat needs two tempi or more"):
        beat_lib.BeatConfig(
            window_seconds=4.0,
            low_bpm=low_bpm,
            tempi_per_octave=12,
            num_tempi=num_tempi,
        )
