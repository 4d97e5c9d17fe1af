import numpy as np
import pytest

from musiclm_jax.evaluation import pulse

RATE = 24000
SECONDS = 8.0


def clicks(bpm, rng, *, jitter=0.0):
    audio = 1e-4 * rng.standard_normal(round(SECONDS * RATE))
    burst = rng.standard_normal(1200) * np.exp(-np.arange(1200) / 200)
    time = 0.1
    while time < SECONDS - 0.3:
        start = round((time + jitter * rng.uniform(-1, 1)) * RATE)
        audio[start : start + len(burst)] += burst
        time += 60.0 / bpm
    return 0.2 * audio


@pytest.mark.parametrize("bpm", [60.0, 92.0, 128.0, 160.0])
def test_a_steady_beat_is_clear_and_has_its_tempo(rng, bpm):
    clarity, found = pulse.pulse_clarity(clicks(bpm, rng), RATE)
    assert clarity > 0.8
    assert abs(found / bpm - 1) < 0.01


def test_the_more_the_beat_strays_the_less_it_is_clear(rng):
    found = [
        pulse.pulse_clarity(clicks(100.0, rng, jitter=jitter), RATE)[0]
        for jitter in (0.0, 0.04, 0.25)
    ]
    assert found[0] > found[1] > found[2]
    assert found[2] < 0.5


def test_noise_and_silence_have_no_beat(rng):
    noise = 0.1 * rng.standard_normal(round(SECONDS * RATE))
    assert pulse.pulse_clarity(noise, RATE)[0] < 0.25
    clarity, bpm = pulse.pulse_clarity(np.zeros(round(SECONDS * RATE)), RATE)
    assert clarity == 0.0 and np.isnan(bpm)


def test_level_does_not_matter(rng):
    sound = clicks(110.0, rng)
    quiet, same = (pulse.pulse_clarity(x * sound, RATE) for x in (0.01, 1.0))
    assert np.abs(np.subtract(quiet, same)).max() < 1e-6


def test_too_short_for_a_beat():
    with pytest.raises(ValueError, match=r"at least 2\.4 s of sound, not 1\.0 s"):
        pulse.pulse_clarity(np.zeros(RATE), RATE)
