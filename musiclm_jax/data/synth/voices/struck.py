"""Struck voices: hammers on strings, tines and bars."""

import numpy as np

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.voices.press import Press, lowpass


def piano(press: Press) -> np.ndarray:
    """Stiff strings in pairs and a felt hammer."""
    order = np.arange(1, 15)
    stiffness = 0.0003 * 2 ** ((press.pitch - 60) / 18)
    stretched_hz = press.hz * order * np.sqrt(1.0 + stiffness * order**2)
    tone = order ** (-0.75 - 0.9 * (1 - press.velocity))
    tone = tone * lowpass(order * press.hz, 4200, 1)
    # The hammer's place leaves out the harmonics that have a node there.
    tone = tone * (0.3 + np.abs(np.sin(np.pi * order / 7.5)))
    tau = 1.5 * 2 ** (-(press.pitch - 60) / 16) / (1.0 + 0.28 * (order - 1))
    string = osc.partials(press.num_samples, stretched_hz, tone, tau)
    # The second string of a pair is slightly off: the tone beats and lasts.
    string += osc.partials(
        press.num_samples, stretched_hz[:6] * 1.0009, 0.4 * tone[:6], 1.8 * tau[:6]
    )
    knock = press.burst(0.006, 300, 2500)
    string[: len(knock)] += 0.25 * press.velocity * knock
    return 0.4 * string


def electric_piano(press: Press) -> np.ndarray:
    """A tine: frequency modulation that dies faster than the tone."""
    count = press.num_samples
    angle = np.float32(2 * np.pi * press.hz) * osc.seconds_axis(count)
    index = (0.35 + 1.5 * press.velocity) * osc.decay(count, 0.5) + 0.15
    tone = np.sin(angle + index * np.sin(angle)) * osc.decay(count, 1.3)
    bell_hz = np.array([min(press.hz * 7.0, 5200.0)])
    bell = np.array([0.25 * press.velocity])
    return 0.6 * (tone + osc.partials(count, bell_hz, bell, np.array([0.15])))


def marimba(press: Press) -> np.ndarray:
    """Wood."""
    return _bar(
        press,
        ratios=(1, 3.93, 9.2),
        gains=(1, 0.4, 0.15),
        taus=(0.28, 0.08, 0.03),
        click_hz=900,
    )


def vibraphone(press: Press) -> np.ndarray:
    """Metal with a motor."""
    audio = _bar(
        press,
        ratios=(1, 4.0, 9.9),
        gains=(1, 0.3, 0.08),
        taus=(1.8, 0.7, 0.2),
        click_hz=1500,
    )
    sway = np.sin(2 * np.pi * 5.5 * osc.seconds_axis(press.num_samples))
    return audio * (1.0 + 0.4 * sway)


def music_box(press: Press) -> np.ndarray:
    """A small steel comb."""
    return _bar(
        press,
        ratios=(1, 2.01, 3.0, 5.42, 6.3),
        gains=(1, 0.25, 0.35, 0.3, 0.15),
        taus=(0.9, 0.5, 0.35, 0.15, 0.1),
        click_hz=4000,
    )


def glockenspiel(press: Press) -> np.ndarray:
    """Small steel bars."""
    return _bar(
        press,
        ratios=(1, 2.76, 5.4, 8.9),
        gains=(1, 0.35, 0.2, 0.1),
        taus=(1.1, 0.5, 0.2, 0.1),
        click_hz=4500,
    )


def xylophone(press: Press) -> np.ndarray:
    """Hard wood."""
    return _bar(
        press,
        ratios=(1, 3.0, 6.2, 9.9),
        gains=(1, 0.5, 0.3, 0.2),
        taus=(0.16, 0.07, 0.04, 0.02),
        click_hz=2500,
    )


def kalimba(press: Press) -> np.ndarray:
    """Tongues of metal under thumbs."""
    return _bar(
        press,
        ratios=(1, 5.4, 8.1),
        gains=(1, 0.12, 0.1),
        taus=(0.5, 0.08, 0.05),
        click_hz=1200,
    )


def steel_drums(press: Press) -> np.ndarray:
    """Tuned dents of a drum."""
    return _bar(
        press,
        ratios=(1, 2.0, 3.01, 4.03),
        gains=(1, 0.7, 0.35, 0.2),
        taus=(0.5, 0.35, 0.2, 0.12),
        click_hz=1800,
    )


def _bar(
    press: Press,
    *,
    ratios: tuple[float, ...],
    gains: tuple[float, ...],
    taus: tuple[float, ...],
    click_hz: float,
) -> np.ndarray:
    """A struck bar and the mallet's click; lower bars ring longer."""
    hardness = np.array([1.0] + [press.velocity] * (len(gains) - 1))
    audio = osc.partials(
        press.num_samples,
        press.hz * np.array(ratios),
        np.array(gains) * hardness,
        np.array(taus) * 2 ** (-(press.pitch - 72) / 24),
    )
    click = press.burst(0.004, click_hz, 2 * click_hz)
    audio[: len(click)] += 0.1 * press.velocity * click
    return 0.7 * audio
