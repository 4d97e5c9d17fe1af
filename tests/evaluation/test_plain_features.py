import numpy as np
import pytest

from musiclm_jax.evaluation import plain_features

RATE = 24000


def strokes(per_second, rng, *, level=0.3, seconds=6):
    audio = 1e-4 * rng.standard_normal(seconds * RATE)
    burst = rng.standard_normal(2400) * np.exp(-np.arange(2400) / 300)
    for start in np.arange(0.1, seconds - 0.2, 1 / per_second):
        place = round(start * RATE)
        audio[place : place + len(burst)] += burst
    return level * audio


@pytest.mark.parametrize("per_second", [1.0, 3.0, 7.0])
@pytest.mark.parametrize("level", [0.3, 0.01])
def test_onsets_are_counted_at_any_level(rng, per_second, level):
    found = plain_features.onset_rate(strokes(per_second, rng, level=level), RATE)
    assert found == pytest.approx(per_second, rel=0.15)


def test_notes_have_onsets_and_what_lasts_has_none():
    times = np.arange(4 * RATE) / RATE
    drone = 0.1 * np.sin(2 * np.pi * 220 * times)
    notes = drone * np.exp(-np.mod(times, 0.5) / 0.1)
    assert plain_features.onset_rate(notes, RATE) == pytest.approx(2.0, abs=0.6)
    assert plain_features.onset_rate(drone, RATE) < 0.5
    assert plain_features.onset_rate(np.zeros(RATE), RATE) == 0.0


def test_loudness_of_a_sine():
    sine = 0.5 * np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE)
    assert plain_features.loudness(sine, RATE) == pytest.approx(-9.03, abs=0.01)
    assert plain_features.loudness(np.zeros(10), RATE) == pytest.approx(-120.0)


@pytest.mark.parametrize("hz", [300.0, 2000.0, 7000.0])
def test_brightness_of_a_sine_is_its_frequency(hz):
    sine = np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)
    assert plain_features.brightness(sine, RATE) == pytest.approx(hz, rel=0.02)
    assert plain_features.brightness(0.01 * sine, RATE) == pytest.approx(hz, rel=0.02)


def test_brightness_of_two_sines_lies_between_them():
    times = np.arange(RATE) / RATE
    both = np.sin(2 * np.pi * 1000 * times) + 3.0 * np.sin(2 * np.pi * 5000 * times)
    assert plain_features.brightness(both, RATE) == pytest.approx(4000, rel=0.02)
    assert plain_features.brightness(np.zeros(RATE), RATE) == 0.0
