"""From a note to its sound.

A voice gives the sound of a key that is held; `render_note` adds the release and keeps
what was rendered, because music repeats its notes.
"""

import functools
import zlib
from collections.abc import Callable

import numpy as np

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.voices import electronic, plucked, struck, sustained
from musiclm_jax.data.synth.voices.press import Press

VOICES: dict[str, tuple[Callable[[Press], np.ndarray], float]] = {
    "piano": (struck.piano, 0.18),
    "electric piano": (struck.electric_piano, 0.15),
    "organ": (sustained.organ, 0.06),
    "violin": (sustained.violin, 0.12),
    "cello": (sustained.cello, 0.15),
    "string section": (sustained.string_section, 0.3),
    "acoustic guitar": (plucked.acoustic_guitar, 0.25),
    "electric guitar": (plucked.electric_guitar, 0.12),
    "distorted guitar": (plucked.distorted_guitar, 0.05),
    "harp": (plucked.harp, 0.9),
    "upright bass": (plucked.upright_bass, 0.1),
    "bass guitar": (plucked.bass_guitar, 0.06),
    "flute": (sustained.flute, 0.1),
    "clarinet": (sustained.clarinet, 0.08),
    "saxophone": (sustained.saxophone, 0.09),
    "trumpet": (sustained.trumpet, 0.07),
    "brass section": (sustained.brass_section, 0.1),
    "marimba": (struck.marimba, 0.5),
    "vibraphone": (struck.vibraphone, 0.7),
    "music box": (struck.music_box, 1.2),
    "chip lead": (electronic.chip_lead, 0.012),
    "chip bass": (electronic.chip_bass, 0.012),
    "saw lead": (electronic.saw_lead, 0.12),
    "warm pad": (electronic.warm_pad, 0.8),
    "synth bass": (electronic.synth_bass, 0.05),
}
"""Timbre -> its voice, and the seconds in which it falls silent when released."""

# Notes are rendered at a few lengths and strengths, so that they can be used again.
_LENGTHS_SECONDS = (0.2, 0.45, 0.9, 1.8, 3.6, 7.2, 14.4)
_VELOCITIES = (0.35, 0.6, 0.9)
_SHORTEST_SECONDS = 0.01
_ATTACK_SECONDS = 0.001
_CACHED_NOTES = 1500


def render_note(
    timbre: str, pitch: float, duration_seconds: float, velocity: float
) -> np.ndarray:
    """Renders a note.

    Args:
        timbre: a name of `VOICES`.
        pitch: MIDI number.
        duration_seconds: until the key is released; the sound goes on for a while.
        velocity: 0 to 1; changes loudness and tone.

    Returns:
        [sample], float32. The same arguments give the same bytes.
    """
    _, release_seconds = VOICES[timbre]
    held_seconds = max(duration_seconds, _SHORTEST_SECONDS)
    needed = held_seconds + release_seconds
    rendered = next(
        (s for s in _LENGTHS_SECONDS if s >= needed), float(np.ceil(needed))
    )
    strength = min(_VELOCITIES, key=lambda v: abs(v - velocity))
    held = int(held_seconds * osc.SAMPLE_RATE)
    end = int(needed * osc.SAMPLE_RATE)
    audio = _held(timbre, float(pitch), rendered, strength)[:end].copy()
    # A squared ramp: close to exponential, but it reaches zero.
    audio[held:] *= np.linspace(1.0, 0.0, len(audio) - held, dtype=np.float32) ** 2
    # Loudness grows faster than velocity, as on keyboards.
    return audio * np.float32(velocity**1.3)


@functools.lru_cache(maxsize=_CACHED_NOTES)
def _held(timbre: str, pitch: float, seconds: float, velocity: float) -> np.ndarray:
    """A held key, with chance fixed by the note itself. Not to be written to."""
    voice, _ = VOICES[timbre]
    label = f"{timbre}/{pitch:.2f}/{velocity:.2f}"
    rng = np.random.default_rng(zlib.crc32(label.encode()))
    num_samples = int(np.ceil(seconds * osc.SAMPLE_RATE))
    audio = voice(Press(num_samples, pitch, velocity, rng)).astype(np.float32)
    attack = int(_ATTACK_SECONDS * osc.SAMPLE_RATE)
    audio[:attack] *= np.linspace(0.0, 1.0, attack, dtype=np.float32)
    audio.flags.writeable = False
    return audio
