import numpy as np
import pytest

from musiclm_jax.data.synth import mix, piece
from musiclm_jax.data.synth import oscillators as osc


def sine(hz, seconds=1.0):
    return np.sin(2 * np.pi * hz * osc.seconds_axis(int(seconds * 24_000)))


def test_master_levels_and_limits(rng):
    audio = 0.1 * sine(300.0)
    audio[12_000] = 40.0
    done = mix.master(audio, rms_db=-18.0)
    assert done.dtype == np.float32
    assert np.abs(done).max() <= mix.PEAK
    quiet = mix.master(0.001 * sine(300.0), rms_db=-20.0)
    np.testing.assert_allclose(np.sqrt(np.mean(quiet**2)), 0.1, rtol=1e-3)
    assert not mix.master(np.zeros(2400, np.float32), rms_db=-18.0).any()


def test_the_limiter_bends_rather_than_clips():
    audio = np.concatenate([0.2 * sine(200.0), 3.0 * sine(200.0), 0.2 * sine(200.0)])
    done = mix.master(audio, rms_db=-3.0)
    loud = done[30_000:42_000]
    spectrum = np.abs(np.fft.rfft(loud * np.hanning(len(loud))))
    assert spectrum[300:].max() < 0.01 * spectrum.max()  # no harmonics of a clip


@pytest.mark.parametrize("space", piece.SPACES)
def test_a_space_rings_for_its_time(space):
    click = np.zeros(5 * 24_000, np.float32)
    click[0] = 1.0
    tail = mix.reverberate(click, space).astype(np.float64)
    energy = np.cumsum(tail[::-1] ** 2)[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-30)
    fell = [np.argmax(level < db) / 24_000 for db in (-5.0, -25.0)]
    measured = 3 * (fell[1] - fell[0])
    assert 0.6 * piece.SPACES[space] < measured < 1.3 * piece.SPACES[space]


def test_loudness_is_the_ear_s():
    assert mix.loudness(sine(60.0)) < 0.5 * mix.loudness(sine(1000.0))
    played = np.concatenate([sine(500.0, 0.5), np.zeros(60_000)])
    np.testing.assert_allclose(
        mix.loudness(played), mix.loudness(sine(500.0)), rtol=0.1
    )


def test_the_amplifier_distorts_only_what_is_plugged_in():
    clean = (0.3 * sine(200.0)).astype(np.float32)
    np.testing.assert_array_equal(mix.amplify("piano", clean), clean)
    driven = mix.amplify("distorted guitar", clean)
    spectrum = np.abs(np.fft.rfft(driven))
    assert spectrum[600] > 0.1 * spectrum[200]
