"""From a note to its sound.

A voice gives the sound of a key that is held; `render_note` adds the release and keeps
what was rendered, because music repeats its notes.
"""

import functools
import zlib
from collections.abc import Callable

import numpy as np

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.voices import blown, electronic, plucked, struck, sustained
from musiclm_jax.data.synth.voices.press import Press

VOICES: dict[str, tuple[Callable[[Press], np.ndarray], float]] = {
    "piano": (struck.piano, 0.18),
    "electric piano": (struck.electric_piano, 0.15),
    "clavinet": (plucked.clavinet, 0.05),
    "harpsichord": (plucked.harpsichord, 0.15),
    "organ": (sustained.organ, 0.06),
    "church organ": (sustained.church_organ, 0.3),
    "accordion": (sustained.accordion, 0.06),
    "violin": (sustained.violin, 0.12),
    "cello": (sustained.cello, 0.15),
    "string section": (sustained.string_section, 0.3),
    "pizzicato strings": (plucked.pizzicato_strings, 0.2),
    "acoustic guitar": (plucked.acoustic_guitar, 0.25),
    "nylon guitar": (plucked.nylon_guitar, 0.25),
    "electric guitar": (plucked.electric_guitar, 0.12),
    "distorted guitar": (plucked.distorted_guitar, 0.05),
    "banjo": (plucked.banjo, 0.2),
    "harp": (plucked.harp, 0.9),
    "sitar": (plucked.sitar, 0.6),
    "koto": (plucked.koto, 0.5),
    "upright bass": (plucked.upright_bass, 0.1),
    "bass guitar": (plucked.bass_guitar, 0.06),
    "flute": (blown.flute, 0.1),
    "recorder": (blown.recorder, 0.07),
    "clarinet": (blown.clarinet, 0.08),
    "oboe": (blown.oboe, 0.08),
    "bassoon": (blown.bassoon, 0.08),
    "harmonica": (blown.harmonica, 0.06),
    "saxophone": (blown.saxophone, 0.09),
    "trumpet": (blown.trumpet, 0.07),
    "muted trumpet": (blown.muted_trumpet, 0.07),
    "trombone": (blown.trombone, 0.09),
    "tuba": (blown.tuba, 0.1),
    "french horn": (blown.french_horn, 0.12),
    "brass section": (blown.brass_section, 0.1),
    "choir": (sustained.choir, 0.35),
    "marimba": (struck.marimba, 0.5),
    "xylophone": (struck.xylophone, 0.3),
    "vibraphone": (struck.vibraphone, 0.7),
    "glockenspiel": (struck.glockenspiel, 1.2),
    "music box": (struck.music_box, 1.2),
    "kalimba": (struck.kalimba, 0.8),
    "steel drums": (struck.steel_drums, 0.6),
    "chip lead": (electronic.chip_lead, 0.012),
    "chip bass": (electronic.chip_bass, 0.012),
    "saw lead": (electronic.saw_lead, 0.12),
    "warm pad": (electronic.warm_pad, 0.8),
    "synth bass": (electronic.synth_bass, 0.05),
    "synth pluck": (electronic.synth_pluck, 0.15),
    "synth brass": (electronic.synth_brass, 0.12),
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
