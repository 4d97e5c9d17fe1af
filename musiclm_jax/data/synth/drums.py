"""Drum kits: every stroke is a short, fixed sound."""

import functools
import zlib

import numpy as np

from musiclm_jax.data.synth import oscillators as osc

# Kit -> (kick pitch in Hz, kick length in s, snare tone in Hz, snare length in s,
# snare noise share, brightness of the metal).
_KITS = {
    "acoustic": (52.0, 0.16, 190.0, 0.11, 0.6, 1.0),
    "room": (50.0, 0.2, 180.0, 0.16, 0.65, 1.0),
    "power": (48.0, 0.2, 170.0, 0.2, 0.7, 1.1),
    "jazz": (62.0, 0.14, 220.0, 0.1, 0.7, 0.9),
    "brushes": (60.0, 0.12, 210.0, 0.18, 0.9, 0.8),
    "electronic": (45.0, 0.28, 180.0, 0.14, 0.75, 1.2),
    "electro": (55.0, 0.18, 200.0, 0.18, 0.8, 1.1),
    "808": (42.0, 0.45, 200.0, 0.1, 0.6, 1.3),
    "chip": (70.0, 0.09, 240.0, 0.09, 1.0, 1.0),
    "marching": (65.0, 0.25, 260.0, 0.1, 0.85, 1.0),
    "taiko": (55.0, 0.35, 150.0, 0.15, 0.4, 0.9),
    "percussion": (60.0, 0.14, 220.0, 0.1, 0.6, 0.9),
}
_GATED_KITS = ("electronic", "electro")


@functools.cache
def render_hit(kit: str, sound: str) -> np.ndarray:
    """Renders a stroke at full velocity.

    Args:
        kit: a name of `piece.DRUM_KITS` other than "none".
        sound: a name of `piece.DRUM_SOUNDS`.

    Returns:
        [sample], float32. Not to be written to.
    """
    rng = np.random.default_rng(zlib.crc32(f"{kit}/{sound}".encode()))
    audio = _STROKES[sound](kit, rng).astype(np.float32)
    audio[-120:] *= np.linspace(1.0, 0.0, 120, dtype=np.float32)
    audio.flags.writeable = False
    return audio


def _samples(seconds: float) -> int:
    """Length of a stroke."""
    return int(seconds * osc.SAMPLE_RATE)


def _drop(num_samples: int, start_hz: float, end_hz: float, fall: float) -> np.ndarray:
    """A sine whose pitch falls."""
    track = end_hz + (start_hz - end_hz) * osc.decay(num_samples, fall)
    return np.sin(2 * np.pi * np.cumsum(track) / osc.SAMPLE_RATE)


def _kick(kit: str, rng: np.random.Generator) -> np.ndarray:
    """A skin that falls in pitch, and the beater."""
    hz, length, *_ = _KITS[kit]
    n = _samples(4 * length)
    body = _drop(n, 4.5 * hz, hz, 0.022) * osc.decay(n, length)
    if kit == "chip":
        body = np.round(body * 4) / 4
    click = osc.noise(n, rng, 1500, 5000) * osc.decay(n, 0.004)
    return body + 0.15 * click


def _snare(kit: str, rng: np.random.Generator) -> np.ndarray:
    """A skin and its wires."""
    *_, hz, length, share, _ = _KITS[kit]
    n = _samples(5 * length)
    wires = osc.noise(n, rng, 1200 if kit != "brushes" else 2500, 9000)
    wires = wires * osc.decay(n, length)
    if kit == "brushes":
        wires = wires * osc.curve(n, (0.0, 0.2), (0.03, 1.0))
    if kit in _GATED_KITS:  # gated: the tail stays up, then stops
        wires = wires * osc.curve(n, (0.0, 1.0), (0.2, 1.4), (0.24, 0.1))
    skin = _drop(n, 1.5 * hz, hz, 0.02) * osc.decay(n, 0.06)
    return 0.35 * share * wires + (1.2 - share) * skin


def _rim(kit: str, rng: np.random.Generator) -> np.ndarray:
    """Stick on the rim."""
    n = _samples(0.08)
    ring = osc.partials(
        n, np.array([820.0, 1720.0]), np.array([0.5, 0.4]), np.array([0.012, 0.009])
    )
    return ring + 0.15 * osc.noise(n, rng, 1500, 4000) * osc.decay(n, 0.005)


def _clap(kit: str, rng: np.random.Generator) -> np.ndarray:
    """Several hands, not quite together."""
    n = _samples(0.3)
    shape = 0.6 * osc.decay(n, 0.07)
    for start in (0.0, 0.011, 0.023):
        late = np.roll(osc.decay(n, 0.006), _samples(start))
        late[: _samples(start)] = 0.0
        shape = np.maximum(shape, late)
    return 0.45 * osc.noise(n, rng, 900, 3500) * shape


def _metal(seconds: float, bright: float, rng: np.random.Generator, tau: float):
    """Inharmonic clatter and hiss."""
    n = _samples(seconds)
    hz = np.array([3110.0, 4570.0, 5310.0, 6790.0, 8230.0, 9410.0]) * (
        0.9 + 0.1 * bright
    )
    ring = osc.partials(n, hz, np.full(6, 0.12), np.full(6, tau))
    return 0.6 * ring + 0.25 * osc.noise(n, rng, 5500, 11500) * osc.decay(n, tau)


def _closed_hat(kit: str, rng: np.random.Generator) -> np.ndarray:
    """Short."""
    return 0.7 * _metal(0.14, _KITS[kit][-1], rng, 0.025)


def _open_hat(kit: str, rng: np.random.Generator) -> np.ndarray:
    """Long."""
    return 0.7 * _metal(0.5, _KITS[kit][-1], rng, 0.14)


def _ride(kit: str, rng: np.random.Generator) -> np.ndarray:
    """A ping over a wash."""
    wash = _metal(0.9, 0.6, rng, 0.25)
    ping = osc.partials(
        len(wash),
        np.array([2890.0, 4350.0]),
        np.array([0.3, 0.2]),
        np.array([0.1, 0.1]),
    )
    return 0.45 * wash + ping


def _crash(kit: str, rng: np.random.Generator) -> np.ndarray:
    """Everything, slowly dying."""
    n = _samples(1.8)
    wash = 0.35 * osc.noise(n, rng, 2500, 11000) * osc.decay(n, 0.45)
    wash[: _samples(1.5)] += 0.5 * _metal(1.5, 0.8, rng, 0.4)
    return wash


def _tom(hz: float, rng: np.random.Generator) -> np.ndarray:
    """A tuned skin."""
    n = _samples(0.6)
    skin = _drop(n, 1.6 * hz, hz, 0.04) * osc.decay(n, 0.15)
    return skin + 0.08 * osc.noise(n, rng, 800, 4000) * osc.decay(n, 0.01)


def _shaker(kit: str, rng: np.random.Generator) -> np.ndarray:
    """Seeds in a can: a swell, not a stroke."""
    n = _samples(0.12)
    shape = osc.curve(n, (0.0, 0.0), (0.03, 1.0), (0.11, 0.0))
    return 0.3 * osc.noise(n, rng, 5000, 10000) * shape


def _noise(kit: str, rng: np.random.Generator) -> np.ndarray:
    """A burst of coarse noise, as sound chips make it."""
    n = _samples(0.08)
    held = np.repeat(rng.uniform(-1, 1, n // 3 + 1), 3)[:n]
    return 0.35 * held * osc.decay(n, 0.02)


def _tambourine(kit: str, rng: np.random.Generator) -> np.ndarray:
    """Jingles, shaken."""
    jingles = _metal(0.2, 1.3, rng, 0.05)
    return 0.8 * jingles * osc.curve(len(jingles), (0.0, 0.3), (0.012, 1.0))


def _cowbell(kit: str, rng: np.random.Generator) -> np.ndarray:
    """Two squares that do not fit together."""
    n = _samples(0.3)
    hz = np.array([562.0, 845.0, 1686.0, 2535.0])
    taus = np.array([0.07, 0.09, 0.03, 0.03])
    return osc.partials(n, hz, np.array([0.5, 0.5, 0.2, 0.2]), taus)


def _claves(kit: str, rng: np.random.Generator) -> np.ndarray:
    """Two sticks."""
    hz, gain = np.array([2480.0, 4900.0]), np.array([0.8, 0.15])
    return osc.partials(_samples(0.12), hz, gain, np.array([0.02, 0.008]))


def _conga(hz: float, rng: np.random.Generator) -> np.ndarray:
    """A skin under an open hand."""
    n = _samples(0.4)
    skin = _drop(n, 1.15 * hz, hz, 0.015) * osc.decay(n, 0.08)
    return skin + 0.12 * osc.noise(n, rng, 900, 3500) * osc.decay(n, 0.006)


_STROKES = {
    "kick": _kick,
    "snare": _snare,
    "rim": _rim,
    "clap": _clap,
    "closed hat": _closed_hat,
    "open hat": _open_hat,
    "ride": _ride,
    "crash": _crash,
    "low tom": lambda kit, rng: _tom(85.0, rng),
    "mid tom": lambda kit, rng: _tom(110.0, rng),
    "high tom": lambda kit, rng: _tom(140.0, rng),
    "high conga": lambda kit, rng: _conga(330.0, rng),
    "low conga": lambda kit, rng: _conga(220.0, rng),
    "tambourine": _tambourine,
    "cowbell": _cowbell,
    "claves": _claves,
    "shaker": _shaker,
    "noise": _noise,
}
