"""Electronic voices: sound chips and synthesisers."""

import numpy as np

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.voices.press import Press, lowpass, resonant


def chip_lead(press: Press) -> np.ndarray:
    """A pulse wave of a quarter's duty."""
    spectrum = np.sin(np.pi * press.harmonics * 0.25) / press.harmonics
    track = osc.vibrato(
        press.num_samples, press.hz, rate_hz=6.5, cents=18, delay_seconds=0.3
    )
    return 0.6 * osc.harmonic_tone(track, spectrum) * press.curve((0, 1), (0.4, 0.6))


def chip_bass(press: Press) -> np.ndarray:
    """A triangle wave drawn in steps."""
    order = press.harmonics
    spectrum = np.where(order % 2 == 1, 1.0 / order**2, 0.0)
    spectrum = spectrum + np.isin(order, (15, 17, 31, 33)) * 0.05
    return osc.harmonic_tone(_steady(press), spectrum)


def saw_lead(press: Press) -> np.ndarray:
    """Detuned saws under a filter that snaps open and closes slowly."""
    opened = 2500 + 3000 * press.velocity
    cutoffs_hz = (1200, opened, 0.8 * opened, 0.6 * opened, 0.45 * opened, 1600, 1300)
    audio = osc.ensemble(
        press.num_samples,
        press.hz,
        np.stack([resonant(press.harmonics_hz, cut) for cut in cutoffs_hz])
        / press.harmonics[None, :],
        cents=(-12.0, 0.0, 12.0),
        vibrato_cents=7,
        frame_seconds=0.06,
    )
    return 0.6 * audio * press.curve((0, 0), (0.01, 1.0), (0.4, 0.8))


def warm_pad(press: Press) -> np.ndarray:
    """Slow, dark saws."""
    cutoffs_hz = (500, 900, 1300, 1000, 700)
    sweep = [lowpass(press.harmonics_hz, cut, 1.6) for cut in cutoffs_hz]
    audio = osc.ensemble(
        press.num_samples,
        press.hz,
        np.stack(sweep) / press.harmonics[None, :],
        cents=(-14.0, -4.0, 5.0, 13.0),
        vibrato_cents=3,
        frame_seconds=0.8,
    )
    return 0.7 * audio * press.curve((0.0, 0.0), (0.2, 0.9), (0.8, 1.0))


def synth_bass(press: Press) -> np.ndarray:
    """A saw whose filter snaps shut, over a sine."""
    attack_hz = 600 + 2400 * press.velocity
    snap = [
        resonant(press.harmonics_hz, cut) for cut in (attack_hz, 0.4 * attack_hz, 350)
    ]
    spectra = np.stack(snap) / press.harmonics[None, :]
    audio = osc.harmonic_tone(_steady(press), spectra, frame_seconds=0.09)
    deep = np.sin(2 * np.pi * press.hz * osc.seconds_axis(press.num_samples))
    return (0.7 * audio + 0.4 * deep) * press.curve((0, 0), (0.004, 1), (0.6, 0.7))


def synth_pluck(press: Press) -> np.ndarray:
    """A bright square under a filter that snaps shut."""
    opened = 2000 + 5000 * press.velocity
    odd = np.where(press.harmonics % 2 == 1, 1.0, 0.15) / press.harmonics
    snap = [resonant(press.harmonics_hz, cut) for cut in (opened, 0.4 * opened, 500)]
    audio = osc.harmonic_tone(_steady(press), np.stack(snap) * odd, frame_seconds=0.07)
    return 0.7 * audio * osc.decay(press.num_samples, 0.35)


def synth_brass(press: Press) -> np.ndarray:
    """Saws whose filter opens as breath would."""
    opened = 1800 + 3200 * press.velocity
    cutoffs_hz = (500, opened, 0.8 * opened, 0.7 * opened)
    audio = osc.ensemble(
        press.num_samples,
        press.hz,
        np.stack([resonant(press.harmonics_hz, cut) for cut in cutoffs_hz])
        / press.harmonics[None, :],
        cents=(-8.0, 7.0),
        vibrato_cents=4,
        frame_seconds=0.07,
    )
    return 0.6 * audio * press.curve((0, 0), (0.02, 1.0), (0.3, 0.8))


def _steady(press: Press) -> np.ndarray:
    """An unmoved pitch, [sample]."""
    return np.full(press.num_samples, press.hz, np.float32)
