"""One voice without words: hummed, sung on a vowel, or whistled.

A voice is rendered line by line and not note by note, for it glides from one note to
the next.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.piece import Note
from musiclm_jax.data.synth.voices.press import formants

_FRAME_SECONDS = 0.04
_NUM_HARMONICS = 48


@dataclasses.dataclass(frozen=True)
class Singer:
    """How a voice sounds.

    Attributes:
        peaks: formants: each its frequency in Hz, width in octaves, and gain.
        tilt: how fast the harmonics fall, as an exponent.
        floor: gain far from all formants.
        breath: level of the noise, and its band in Hz.
        vibrato_cents: how far it sways.
        vibrato_hz: how fast.
        glide_seconds: from one note to the next.
    """

    peaks: tuple[tuple[float, float, float], ...]
    tilt: float
    floor: float
    breath: tuple[float, float, float]
    vibrato_cents: float
    vibrato_hz: float
    glide_seconds: float


SINGERS = {
    # Closed lips: the nose lets through the lowest harmonics and little else.
    "hummed voice": Singer(
        ((270.0, 0.5, 1.0), (1000.0, 0.4, 0.10), (2300.0, 0.4, 0.05)),
        1.1, 0.01, (0.004, 500.0, 2500.0), 28.0, 5.3, 0.09,
    ),
    "sung voice": Singer(
        ((720.0, 0.32, 1.0), (1180.0, 0.28, 0.7), (2750.0, 0.25, 0.4),
         (3400.0, 0.2, 0.25)),
        0.6, 0.03, (0.012, 1500.0, 7000.0), 35.0, 5.6, 0.07,
    ),
    "whistle": Singer(
        ((1500.0, 2.0, 1.0),),
        4.5, 0.2, (0.03, 900.0, 4000.0), 22.0, 5.8, 0.06,
    ),
}  # fmt: skip
"""Timbre -> its voice."""

_ATTACK_SECONDS, _RELEASE_SECONDS = 0.06, 0.12


def sing(timbre: str, notes: Sequence[Note], num_samples: int) -> np.ndarray:
    """Sings a line; of notes that sound at once, the last is sung.

    Args:
        timbre: a name of `SINGERS`.
        notes: by start.
        num_samples: length.

    Returns:
        [sample], float32.
    """
    singer = SINGERS[timbre]
    pitch = _pitch(singer, notes, num_samples)
    hertz = osc.hertz(pitch).astype(np.float32)
    frame = int(_FRAME_SECONDS * osc.SAMPLE_RATE)
    order = np.arange(1, _NUM_HARMONICS + 1)
    frequencies = hertz[::frame, None] * order
    spectra = formants(frequencies, *singer.peaks, floor=singer.floor)
    spectra = spectra * order**-singer.tilt * (frequencies < 0.45 * osc.SAMPLE_RATE)
    spectra = spectra / np.sqrt(np.square(spectra).sum(axis=1, keepdims=True))
    # Each frame its own table: `harmonic_tone` would leave out what is too high in any.
    tone = osc.harmonic_tone(hertz, spectra, frame_seconds=frame / osc.SAMPLE_RATE)
    level, low_hz, high_hz = singer.breath
    rng = np.random.default_rng(round(1000 * notes[0].start_seconds) + len(notes))
    audio = tone + level * osc.noise(num_samples, rng, low_hz, high_hz)
    return (0.5 * audio * _loudness(notes, num_samples)).astype(np.float32)


def _pitch(singer: Singer, notes: Sequence[Note], num_samples: int) -> np.ndarray:
    """MIDI numbers over time with glides and vibrato, [sample]."""
    track = np.full(num_samples, notes[0].pitch, np.float32)
    depth = np.zeros(num_samples, np.float32)
    # It begins below the first note, as voices do.
    track[: _place(notes[0].start_seconds)] -= 1.0
    for note in notes:
        start = _place(note.start_seconds)
        track[start:] = note.pitch
        held = osc.seconds_axis(max(0, num_samples - start))
        depth[start:] = np.clip((held - 0.22) / 0.3, 0.0, 1.0)
    glide = max(1, _place(singer.glide_seconds) // 2)
    for _ in range(2):  # twice a moving average: no corners
        track = ndimage.uniform_filter1d(track, glide, mode="nearest")
        depth = ndimage.uniform_filter1d(depth, glide, mode="nearest")
    angle = 2 * np.pi * singer.vibrato_hz * osc.seconds_axis(num_samples)
    sway = np.sin(angle + 0.8 * np.sin(0.37 * angle))
    return track + depth * sway * np.float32(singer.vibrato_cents / 100.0)


def _loudness(notes: Sequence[Note], num_samples: int) -> np.ndarray:
    """Swells of the notes, which flow into each other, [sample]."""
    level = np.zeros(num_samples, np.float32)
    for note in notes:
        start = _place(note.start_seconds)
        end = _place(note.start_seconds + note.duration_seconds)
        level[start:end] = note.velocity**1.3
    level = ndimage.uniform_filter1d(level, _place(_ATTACK_SECONDS), mode="constant")
    return ndimage.uniform_filter1d(level, _place(_RELEASE_SECONDS), mode="constant")


def _place(seconds: float) -> int:
    return round(seconds * osc.SAMPLE_RATE)
