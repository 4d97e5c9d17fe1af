"""Sustained voices of many sources: bows, organs, reeds and choirs."""

import numpy as np

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.voices.press import Press, formants, lowpass


def organ(press: Press) -> np.ndarray:
    """Drawbars through a turning loudspeaker."""
    # Harmonics of the octave below, as organs count their drawbars.
    bars = np.zeros(16)
    bars[[0, 1, 2, 3, 5, 7, 11, 15]] = (0.5, 1.0, 0.55, 0.7, 0.45, 0.5, 0.2, 0.2)
    count = press.num_samples
    track = osc.vibrato(count, press.hz / 2, rate_hz=6.4, cents=9, delay_seconds=0.01)
    sway = 1.0 + 0.22 * np.sin(2 * np.pi * 6.4 * osc.seconds_axis(count) + 1.0)
    audio = 0.4 * osc.harmonic_tone(track, bars) * sway
    audio *= press.curve((0.0, 0.0), (0.006, 1.0))
    click = press.burst(0.003, 1500, 6000)
    audio[: len(click)] += 0.15 * click
    return audio


def violin(press: Press) -> np.ndarray:
    """Bright, with a singing resonance."""
    peaks = ((480, 0.35, 1.0), (1100, 0.3, 0.9), (2900, 0.4, 1.9))
    return _bowed(press, peaks, cutoff_hz=5200, attack_seconds=0.05, cents=22)


def cello(press: Press) -> np.ndarray:
    """Dark and woody."""
    peaks = ((230, 0.4, 1.5), (600, 0.4, 1.2), (1500, 0.4, 0.7))
    return _bowed(press, peaks, cutoff_hz=2400, attack_seconds=0.07, cents=16)


def _bowed(
    press: Press,
    peaks: tuple[tuple[float, float, float], ...],
    *,
    cutoff_hz: float,
    attack_seconds: float,
    cents: float,
) -> np.ndarray:
    """A bowed string in a wooden body."""
    frequencies = press.harmonics_hz
    full = formants(frequencies, *peaks, floor=0.35) / press.harmonics
    full = full * lowpass(frequencies, cutoff_hz * (0.7 + 0.6 * press.velocity), 1.5)
    spectra = np.stack([full * lowpass(frequencies, 900, 1), full])
    track = osc.vibrato(press.num_samples, press.hz, rate_hz=5.7, cents=cents)
    audio = osc.harmonic_tone(track, spectra, frame_seconds=2 * attack_seconds)
    audio += 0.02 * osc.noise(press.num_samples, press.rng, 2000, 6000)
    swell = ((0.0, 0.0), (attack_seconds, 0.85), (4 * attack_seconds, 1.0))
    return 0.8 * audio * press.curve(*swell)


def string_section(press: Press) -> np.ndarray:
    """Many bows."""
    frequencies = press.harmonics_hz
    spectrum = formants(frequencies, (500, 0.6, 0.8), (2500, 0.6, 0.7), floor=0.5)
    cutoff_hz = 2600 + 1500 * press.velocity
    audio = osc.ensemble(
        press.num_samples,
        press.hz,
        spectrum / press.harmonics * lowpass(frequencies, cutoff_hz, 1.5),
        cents=(-11.0, -3.0, 4.0, 12.0),
        vibrato_cents=12,
    )
    return 0.7 * audio * press.curve((0.0, 0.0), (0.12, 0.9), (0.5, 1.0))


def church_organ(press: Press) -> np.ndarray:
    """Ranks of pipes in octaves and fifths."""
    pipes = np.zeros(16)
    pipes[[0, 1, 2, 3, 5, 7, 11, 15]] = (1.0, 0.8, 0.35, 0.6, 0.2, 0.4, 0.12, 0.2)
    track = np.full(press.num_samples, press.hz, np.float32)
    audio = 0.4 * osc.harmonic_tone(track, pipes)
    return audio * press.curve((0.0, 0.0), (0.05, 1.0))


def accordion(press: Press) -> np.ndarray:
    """Reeds in pairs that beat."""
    frequencies = press.harmonics_hz
    body = formants(frequencies, (900, 0.6, 0.8), (2600, 0.5, 0.7), floor=0.4)
    audio = osc.ensemble(
        press.num_samples,
        press.hz,
        body / press.harmonics**0.7 * lowpass(frequencies, 4500, 1.5),
        cents=(-9.0, 0.0, 9.0),
        vibrato_cents=0,
    )
    return 0.5 * audio * press.curve((0.0, 0.0), (0.03, 1.0))


def choir(press: Press) -> np.ndarray:
    """Many voices on one vowel."""
    frequencies = press.harmonics_hz
    vowel = formants(
        frequencies, (700, 0.3, 1.0), (1150, 0.25, 0.6), (2800, 0.3, 0.25), floor=0.04
    )
    audio = osc.ensemble(
        press.num_samples,
        press.hz,
        vowel / press.harmonics**0.5,
        cents=(-13.0, -4.0, 5.0, 12.0),
        vibrato_cents=22,
    )
    return 0.7 * audio * press.curve((0.0, 0.0), (0.1, 0.9), (0.4, 1.0))
