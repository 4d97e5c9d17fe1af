"""Plucked voices: guitars, harp and basses."""

import numpy as np

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.voices.press import Press


def acoustic_guitar(press: Press) -> np.ndarray:
    """Steel strings and the thump of the box."""
    audio = _string(press, bright=0.75, sustain=0.9, damping=0.22, position=0.21)
    box = osc.partials(
        press.num_samples,
        np.array([105.0, 210.0]),
        np.array([0.18, 0.1]),
        np.array([0.05, 0.04]),
    )
    return audio + press.velocity * box


def electric_guitar(press: Press) -> np.ndarray:
    """Clean, with the comb of a pickup."""
    return _string(press, bright=0.68, sustain=1.2, damping=0.25, position=0.13)


def distorted_guitar(press: Press) -> np.ndarray:
    """The string alone: the amplifier distorts the sum of the strings in the mix."""
    return _string(press, bright=0.85, sustain=2.5, damping=0.12, position=0.12)


def harp(press: Press) -> np.ndarray:
    """Round, long ringing."""
    return _string(press, bright=0.5, sustain=1.1, damping=0.35, position=0.45)


def upright_bass(press: Press) -> np.ndarray:
    """Gut strings under fingers."""
    audio = _string(press, bright=0.3, sustain=0.35, damping=0.5, position=0.3)
    thump = press.burst(0.015, 60, 400)
    audio[: len(thump)] += 0.15 * press.velocity * thump
    return audio


def bass_guitar(press: Press) -> np.ndarray:
    """Round-wound strings."""
    return _string(press, bright=0.62, sustain=0.6, damping=0.18, position=0.15)


def nylon_guitar(press: Press) -> np.ndarray:
    """Softer strings under fingers."""
    return _string(press, bright=0.5, sustain=0.8, damping=0.3, position=0.3)


def banjo(press: Press) -> np.ndarray:
    """A skin gives the string no time."""
    return _string(press, bright=0.9, sustain=0.3, damping=0.1, position=0.1)


def sitar(press: Press) -> np.ndarray:
    """A buzzing bridge."""
    return _string(press, bright=0.95, sustain=1.4, damping=0.03, position=0.08)


def koto(press: Press) -> np.ndarray:
    """Taut silk."""
    return _string(press, bright=0.8, sustain=0.7, damping=0.3, position=0.12)


def pizzicato_strings(press: Press) -> np.ndarray:
    """Bowed instruments, plucked."""
    return _string(press, bright=0.4, sustain=0.18, damping=0.4, position=0.3)


def harpsichord(press: Press) -> np.ndarray:
    """Quills on wire."""
    return _string(press, bright=0.95, sustain=0.9, damping=0.06, position=0.09)


def clavinet(press: Press) -> np.ndarray:
    """Strings hit against an anvil, through a pickup."""
    return _string(press, bright=0.8, sustain=0.35, damping=0.12, position=0.11)


def _string(
    press: Press, *, bright: float, sustain: float, damping: float, position: float
) -> np.ndarray:
    """A plucked string; harder plucks are brighter, lower strings ring longer."""
    return 0.7 * osc.plucked_string(
        press.num_samples,
        press.hz,
        press.rng,
        brightness=min(1.0, bright * (0.75 + 0.4 * press.velocity)),
        sustain_seconds=sustain * 2 ** (-(press.pitch - 60) / 24),
        damping=damping,
        position=position,
    )
