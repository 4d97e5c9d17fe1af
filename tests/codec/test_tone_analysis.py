"""What the codec with a clock measures."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import tone_analysis

RATE = 24_000
SCALE = tone_analysis.ToneScale(
    sample_rate=RATE,
    hop_length=240,
    moments_per_frame=4,
    lowest_hz=41.2,
    tones_per_octave=36,
    num_tones=252,
    num_bands=32,
    tone_window=4096,
    band_window=1024,
)


@jax.jit
def measure(audio):
    around = ((0, 0), (SCALE.before, SCALE.after))
    return tone_analysis.measure(SCALE, jnp.pad(audio[None], around))


def levels_of(audio):
    """[moment, tone then band]."""
    return np.asarray(tone_analysis.split(SCALE, *measure(audio)))[0]


def sine(hz, amplitude=0.3, seconds=1.0):
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hz * time)).astype(np.float32)


@pytest.mark.parametrize("tone", [60, 100, 155, 220])
def test_a_sine_is_one_tone_of_its_amplitude(tone):
    tones, power = (x[0] for x in measure(sine(SCALE.tones_hz[tone])))
    tones, power = np.asarray(tones)[6:18], np.asarray(power)[30:70]
    assert (tones.argmax(axis=1) == tone).all()
    np.testing.assert_allclose(tones[:, tone], 0.3, rtol=0.02)
    assert np.delete(tones, tone, axis=1).max() < 0.01
    np.testing.assert_allclose(power.sum(axis=1), 0.045, rtol=0.02)


def test_a_sine_between_tones_keeps_its_amplitude():
    hz = SCALE.tones_hz[100] * 2 ** (0.4 / 36)
    tones = np.asarray(measure(sine(hz))[0])[0, 6:18]
    np.testing.assert_allclose(tones[:, 100], 0.3, rtol=0.03)


def test_noise_is_no_tones_and_keeps_its_power(rng):
    levels = levels_of((0.1 * rng.standard_normal(RATE)).astype(np.float32))[20:80]
    power = np.square(levels) / 2
    assert power[:, 252:].sum() > 5 * power[:, :252].sum()
    np.testing.assert_allclose(power.sum(axis=1).mean(), 0.01, rtol=0.2)


def test_an_attack_is_in_its_moment():
    """Long windows would smear it over a sixth of a second."""
    audio = np.concatenate([np.zeros(RATE // 2, np.float32), sine(440.0, seconds=0.5)])
    levels = levels_of(audio).max(axis=1)
    assert levels[:46].max() < 0.03
    assert levels[54:60].min() > 0.15


def test_bands_keep_their_power_whatever_tones_are_told(rng):
    """Of tones that are too loud, or lost, no more than their power's share."""
    _, power = measure(sine(440.0))
    for tones in (np.zeros((1, 25, 252)), rng.uniform(0, 0.5, (1, 25, 252))):
        levels = tone_analysis.split(SCALE, jnp.asarray(tones, jnp.float32), power)
        made = np.square(np.asarray(levels)[0, 20:80]).sum(axis=1) / 2
        assert (made < 1.1 * 0.045).all()


def test_silence_has_no_levels():
    assert np.abs(levels_of(np.zeros(4800, np.float32))).max() < 1e-5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_tones": 301}, "the highest tone, 13289 Hz, must lie below half the"),
        ({"num_bands": 0}, "num_bands must be above 0, got 0"),
        ({"band_window": 200}, r"last a hop \(240\).* got 200 and 4096"),
        ({"tone_window": 900}, r"one a frame \(960\).* got 1024 and 900"),
    ],
)
def test_what_cannot_be(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SCALE, **changes)
