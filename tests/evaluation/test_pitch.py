import numpy as np
import pytest

from musiclm_jax.evaluation import pitch

RATE = 24000


def chord(*hz, seconds=2.0, cents=0.0):
    time = np.arange(round(seconds * RATE)) / RATE
    shift = 2 ** (cents / 1200)
    return sum(0.2 * np.sin(2 * np.pi * f * shift * time + f) for f in hz)


def note(hz, *, partials=8, noise=0.0, seconds=1.0, rng=None):
    time = np.arange(round(seconds * RATE)) / RATE
    tone = sum(
        np.sin(2 * np.pi * k * hz * time + k) / k for k in range(1, partials + 1)
    )
    return 0.2 * tone + (noise * rng.standard_normal(len(time)) if noise else 0.0)


def test_partials_of_the_same_sound_are_kept_at_any_level():
    sound = chord(220.0, 277.2, 329.6)
    assert pitch.partials_kept(sound, 0.1 * sound, RATE) == 1.0


@pytest.mark.parametrize(("cents", "share"), [(20, 1.0), (45, 0.0), (-60, 0.0)])
def test_partials_beyond_the_bound_are_lost(cents, share):
    true, made = chord(220.0, 330.0, 550.0), chord(220.0, 330.0, 550.0, cents=cents)
    kept = pitch.partials_kept(true, made, RATE)
    assert abs(kept - share) < 0.15


def test_one_partial_of_three_is_gone():
    true, made = chord(300.0, 510.0, 730.0), chord(300.0, 730.0)
    assert pitch.partials_kept(true, made, RATE) < 0.75
    assert np.isnan(pitch.partials_kept(np.zeros(RATE), true, RATE))


def test_peaks_lie_between_bins():
    for hz in (101.3, 440.0, 1234.5):
        spectrum = np.abs(np.fft.rfft(chord(hz)[:8192] * np.hanning(8193)[:-1]))
        found = pitch.spectral_peaks(spectrum, RATE, count=1)
        assert abs(1200 * np.log2(found[0] / hz)) < 3


@pytest.mark.parametrize("cents", [0.0, 12.0, -35.0])
def test_fundamental_of_a_held_note(cents):
    sound = note(196.0 * 2 ** (cents / 1200))
    found, ratio = pitch.held_note(sound, RATE, nominal_hz=196.0)
    assert abs(found - abs(cents)) <= 1.0
    assert ratio > 40.0


def test_harmonics_to_noise_is_the_ratio_of_their_powers(rng):
    clean = note(262.0, partials=20, seconds=2.0)
    noisy = note(262.0, partials=20, seconds=2.0, noise=0.05, rng=rng)
    _, ratio = pitch.held_note(noisy, RATE, nominal_hz=262.0)
    # Of the noise what lies below the last harmonic that is looked for counts.
    noise = np.square(0.05) * (30 * 262.0) / (RATE / 2)
    assert abs(ratio - 10 * np.log10(np.square(clean).mean() / noise)) < 0.5


def test_a_note_that_is_too_short():
    with pytest.raises(ValueError, match=r"at least 0\.34 s to be measured, not 0\.10"):
        pitch.held_note(np.zeros(2400), RATE, nominal_hz=440.0)
