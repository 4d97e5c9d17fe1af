"""Sustained voices: bows, breath and the organ."""

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
