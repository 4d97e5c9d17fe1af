"""Voices of breath: woodwind and brass."""

import numpy as np

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.voices.press import Press, formants, lowpass


def flute(press: Press) -> np.ndarray:
    """Almost a sine, in breath."""
    spectrum = np.array([1.0, 0.4, 0.22, 0.05, 0.02])
    spectrum[1:] *= press.velocity
    return _blown(press, spectrum, attack_seconds=0.05, breath=0.07, cents=16)


def clarinet(press: Press) -> np.ndarray:
    """Odd harmonics."""
    order = press.harmonics
    odd = np.where(order % 2 == 1, 1.0, 0.06) / order**0.85
    spectrum = odd * lowpass(press.harmonics_hz, 1700 + 1200 * press.velocity, 1.5)
    return _blown(press, spectrum, attack_seconds=0.04, breath=0.012, cents=4)


def saxophone(press: Press) -> np.ndarray:
    """A reed on a cone: all harmonics, hollow resonances, a scoop into the note."""
    frequencies = press.harmonics_hz
    body = formants(frequencies, (620, 0.4, 1.4), (1500, 0.35, 1.0), floor=0.2)
    cutoff_hz = 2600 + 1500 * press.velocity
    spectrum = body / press.harmonics**0.7 * lowpass(frequencies, cutoff_hz, 1.5)
    return _blown(
        press, spectrum, attack_seconds=0.035, breath=0.05, cents=22, scoop=0.035
    )


def trumpet(press: Press) -> np.ndarray:
    """Brassy: the harder, the brighter."""
    frequencies = press.harmonics_hz
    body = formants(frequencies, (1250, 0.55, 1.6), (2400, 0.4, 0.8), floor=0.35)
    cutoff_hz = 1800 + 2600 * press.velocity
    spectrum = body / press.harmonics**0.5 * lowpass(frequencies, cutoff_hz, 1.6)
    return 0.6 * _blown(press, spectrum, attack_seconds=0.03, breath=0.006, cents=8)


def recorder(press: Press) -> np.ndarray:
    """Less breath than a flute, and no vibrato to speak of."""
    spectrum = np.array([1.0, 0.15, 0.3, 0.04, 0.05])
    return _blown(press, spectrum, attack_seconds=0.03, breath=0.03, cents=5)


def oboe(press: Press) -> np.ndarray:
    """Nasal: a double reed."""
    frequencies = press.harmonics_hz
    body = formants(frequencies, (1100, 0.35, 1.6), (2900, 0.3, 0.8), floor=0.25)
    spectrum = body / press.harmonics**0.6 * lowpass(frequencies, 4200, 1.6)
    return _blown(press, spectrum, attack_seconds=0.03, breath=0.008, cents=12)


def bassoon(press: Press) -> np.ndarray:
    """The same, long and low."""
    frequencies = press.harmonics_hz
    body = formants(frequencies, (480, 0.4, 1.7), (1200, 0.35, 0.7), floor=0.2)
    spectrum = body / press.harmonics**0.7 * lowpass(frequencies, 2200, 1.6)
    return _blown(press, spectrum, attack_seconds=0.035, breath=0.01, cents=8)


def harmonica(press: Press) -> np.ndarray:
    """Free reeds between hands."""
    frequencies = press.harmonics_hz
    body = formants(frequencies, (1000, 0.5, 1.0), (2400, 0.4, 1.2), floor=0.3)
    spectrum = body / press.harmonics**0.6 * lowpass(frequencies, 5000, 1.5)
    return _blown(press, spectrum, attack_seconds=0.03, breath=0.03, cents=20)


def muted_trumpet(press: Press) -> np.ndarray:
    """The mute leaves little below a high, thin resonance."""
    frequencies = press.harmonics_hz
    body = formants(frequencies, (1900, 0.4, 1.8), (3200, 0.3, 1.0), floor=0.15)
    spectrum = body / press.harmonics**0.4 * lowpass(frequencies, 5200, 1.6)
    return 0.6 * _blown(press, spectrum, attack_seconds=0.025, breath=0.01, cents=14)


def trombone(press: Press) -> np.ndarray:
    """A lower trumpet that slides into the note."""
    frequencies = press.harmonics_hz
    body = formants(frequencies, (600, 0.5, 1.6), (1500, 0.4, 0.7), floor=0.3)
    cutoff_hz = 1300 + 1900 * press.velocity
    spectrum = body / press.harmonics**0.5 * lowpass(frequencies, cutoff_hz, 1.6)
    return 0.6 * _blown(
        press, spectrum, attack_seconds=0.04, breath=0.006, cents=8, scoop=0.015
    )


def tuba(press: Press) -> np.ndarray:
    """Round and low."""
    frequencies = press.harmonics_hz
    body = formants(frequencies, (230, 0.6, 1.4), (600, 0.5, 0.5), floor=0.25)
    spectrum = body / press.harmonics**0.7 * lowpass(frequencies, 900, 1.5)
    return 0.7 * _blown(press, spectrum, attack_seconds=0.05, breath=0.008, cents=4)


def french_horn(press: Press) -> np.ndarray:
    """Warm brass, turned away."""
    frequencies = press.harmonics_hz
    body = formants(frequencies, (450, 0.5, 1.5), (900, 0.4, 0.6), floor=0.3)
    cutoff_hz = 900 + 1300 * press.velocity
    spectrum = body / press.harmonics**0.6 * lowpass(frequencies, cutoff_hz, 1.6)
    return 0.6 * _blown(press, spectrum, attack_seconds=0.06, breath=0.006, cents=5)


def _blown(
    press: Press,
    spectrum: np.ndarray,
    *,
    attack_seconds: float,
    breath: float,
    cents: float,
    scoop: float = 0.0,
) -> np.ndarray:
    """A wind voice: brightness follows the breath."""
    count = press.num_samples
    soft = 0.6 * spectrum * np.arange(1, len(spectrum) + 1) ** -0.9
    track = osc.vibrato(count, press.hz, rate_hz=5.2, cents=cents)
    track = track * (1.0 - np.float32(scoop) * press.curve((0.0, 1.0), (0.07, 0.0)))
    audio = osc.harmonic_tone(
        track, np.stack([soft, spectrum]), frame_seconds=2 * attack_seconds
    )
    sway = 1.0 + 0.08 * np.sin(2 * np.pi * 5.2 * osc.seconds_axis(count))
    wind = breath * osc.noise(count, press.rng, 1000, 6000)
    shape = ((0.0, 0.0), (attack_seconds, 1.0), (3 * attack_seconds, 0.85))
    return 0.7 * (audio * sway + wind) * press.curve(*shape)


def brass_section(press: Press) -> np.ndarray:
    """Several horns that swell into the note."""
    frequencies = press.harmonics_hz
    body = formants(frequencies, (500, 0.7, 1.2), (1200, 0.5, 0.8), floor=0.3)
    cutoff_hz = 1200 + 1800 * press.velocity
    full = body / press.harmonics**0.6 * lowpass(frequencies, cutoff_hz, 1.7)
    soft = full * press.harmonics**-0.6
    audio = osc.ensemble(
        press.num_samples,
        press.hz,
        np.stack([soft, full]),
        cents=(-7.0, 1.0, 9.0),
        vibrato_cents=4,
        frame_seconds=0.09,
    )
    return 0.5 * audio * press.curve((0.0, 0.0), (0.04, 1.0), (0.2, 0.8))
