"""The player of a SoundFont, and what it leaves to the oscillators.

Which timbres and kits are recordings is decided here and nowhere else: what is acoustic
or electric has a number of General MIDI, what is electronic has none.
"""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
from scipy import signal

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.piece import DrumHit, Note
from musiclm_jax.data.synth.players import player
from musiclm_jax.data.synth.players.oscillators import Oscillators
from musiclm_jax.data.synth.players.soundfont import (
    DRUM_BANK,
    SoundFont,
    Stroke,
    open_soundfont,
    try_out,
)

INSTRUMENTS = {
    "piano": (0, 1), "electric piano": (4, 2), "clavinet": (7,), "harpsichord": (6,),
    "organ": (16, 18), "church organ": (19,), "accordion": (21, 23),
    "violin": (40, 110), "cello": (42,), "string section": (48, 49),
    "pizzicato strings": (45,), "acoustic guitar": (25,), "nylon guitar": (24,),
    "electric guitar": (27, 26), "distorted guitar": (30, 29), "banjo": (105,),
    "harp": (46,), "sitar": (104,), "koto": (107,), "upright bass": (32,),
    "bass guitar": (33, 34), "flute": (73,), "recorder": (74,), "clarinet": (71,),
    "oboe": (68,), "bassoon": (70,), "harmonica": (22,), "saxophone": (66, 65),
    "trumpet": (56,), "muted trumpet": (59,), "trombone": (57,), "tuba": (58,),
    "french horn": (60,), "brass section": (61,), "marimba": (12,), "xylophone": (13,),
    "vibraphone": (11,), "glockenspiel": (9,), "music box": (10,), "kalimba": (108,),
    "steel drums": (114,), "choir": (52, 53),
}  # fmt: skip
"""Timbre -> program numbers, from zero, of which a clip takes one."""

KITS = {
    "acoustic": (0, 1, 2, 3), "room": (8, 9), "power": (16, 17), "jazz": (32, 33),
    "brushes": (40, 41), "electro": (24,), "808": (25,), "marching": (48,),
    "percussion": (0,),
}  # fmt: skip
"""Kit -> program numbers in the bank of drums, of which a clip takes one."""

# Sound -> its key in General MIDI, and its peak: files differ in how kits are mixed.
_KEYS = {
    "kick": (36, 1.0), "snare": (38, 0.85), "rim": (37, 0.5), "clap": (39, 0.6),
    "closed hat": (42, 0.26), "open hat": (46, 0.32), "ride": (51, 0.3),
    "crash": (49, 0.5), "low tom": (45, 0.85), "mid tom": (47, 0.8),
    "high tom": (50, 0.75), "shaker": (82, 0.22), "tambourine": (54, 0.25),
    "cowbell": (56, 0.35), "high conga": (63, 0.6), "low conga": (64, 0.65),
    "claves": (75, 0.4), "noise": (42, 0.25),
}  # fmt: skip
_KIT_KEYS = {"marching": {"crash": (57, 0.5), "ride": (55, 0.3), "kick": (36, 1.0)}}
# Drums that are bigger than any kit's; a program of its own plays them.
_TAIKO_PROGRAM = 116
_TAIKO_KEYS = {"kick": (36, 1.0), "low tom": (45, 0.9), "mid tom": (50, 0.8),
               "high tom": (57, 0.7)}  # fmt: skip

# Files vary the loudness with the velocity, few the tone: up to a velocity, sound is
# rolled off above a frequency.
_LAYERS = ((0.45, 1800.0), (0.7, 4500.0), (1.01, None))
_STROKE_SECONDS = {"crash": 2.0, "ride": 1.2, "open hat": 0.8}
_STRUCK_SECONDS = 0.5
_DRUM_LAYERS = (0.4, 0.75, 1.0)


@dataclasses.dataclass(frozen=True)
class Sampled:
    """Plays recordings where there are some, and passes on the rest.

    Attributes:
        path: of the SoundFont.
        electronic: plays what has no recording.
    """

    path: str
    electronic: Oscillators = dataclasses.field(default_factory=Oscillators)

    def check(self) -> None:
        """Looks whether the SoundFont has all that may be asked of it.

        Raises:
            ValueError: it has not, or it cannot be read; see `SoundFont`.
            OSError: there is no such file.
        """
        try_out(self.path)
        font = open_soundfont(self.path)
        instruments = INSTRUMENTS | {"taiko": (_TAIKO_PROGRAM,)}
        for bank, table in ((0, instruments), (DRUM_BANK, KITS)):
            lacking = [
                f"{name} ({' or '.join(map(str, numbers))})"
                for name, numbers in table.items()
                if not any(font.has(bank, number) for number in numbers)
            ]
            if lacking:
                kind = "drum kit" if bank == DRUM_BANK else "instrument"
                raise ValueError(
                    f"SoundFont {self.path} has no {kind} of General MIDI for "
                    f"{', '.join(lacking)}; one with all of them is FluidR3_GM.sf2"
                )

    def play(self, notes: Sequence[Note], num_samples: int, variant: int) -> np.ndarray:
        """Plays the notes of one timbre, [sample]."""
        timbre = notes[0].timbre
        if timbre not in INSTRUMENTS:
            return self.electronic.play(notes, num_samples, variant)
        font = open_soundfont(self.path)
        program = _choose(font, 0, INSTRUMENTS[timbre], variant)
        bus = np.zeros(num_samples, np.float32)
        softest = 0.0
        for loudest, cutoff_hz in _LAYERS:
            strokes = [
                Stroke(
                    note.start_seconds,
                    note.start_seconds + note.duration_seconds,
                    round(note.pitch),
                    # Loudness grows faster than velocity, as on keyboards.
                    note.velocity**1.4,
                )
                for note in notes
                if softest <= note.velocity < loudest
            ]
            softest = loudest
            if strokes:
                layer = font.play(0, program, strokes, num_samples)
                bus += layer if cutoff_hz is None else _soften(layer, cutoff_hz)
        return bus

    def drum(
        self, kit: str, hits: Sequence[DrumHit], num_samples: int, variant: int
    ) -> np.ndarray:
        """Plays the strokes on a kit, [sample]."""
        if kit != "taiko" and kit not in KITS:
            return self.electronic.drum(kit, hits, num_samples, variant)
        bus = np.zeros(num_samples, np.float32)
        for hit, end_seconds in player.choked(hits):
            sound = _stroke(self.path, kit, hit.sound, _layer(hit.velocity), variant)
            sound = player.cut(sound, end_seconds - hit.start_seconds)
            player.add(bus, sound * np.float32(hit.velocity**1.4), hit.start_seconds)
        return bus


def _choose(font: SoundFont, bank: int, numbers: Sequence[int], variant: int) -> int:
    """One of the numbers that the file has."""
    there = [number for number in numbers if font.has(bank, number)]
    return there[variant % len(there)]


def _soften(audio: np.ndarray, cutoff_hz: float) -> np.ndarray:
    """Takes brightness away, as a soft touch does, [sample]."""
    numerator, denominator = signal.butter(1, cutoff_hz, fs=osc.SAMPLE_RATE)
    return signal.lfilter(numerator, denominator, audio).astype(np.float32)


def _layer(velocity: float) -> int:
    """How hard a drum is struck, in steps."""
    return sum(velocity > most for most in _DRUM_LAYERS[:-1])


@functools.lru_cache(maxsize=2000)
def _stroke(path: str, kit: str, sound: str, layer: int, variant: int) -> np.ndarray:
    """One stroke as hard as its layer, at the peak of its sound; not to be written."""
    font = open_soundfont(path)
    if kit == "taiko" and sound in _TAIKO_KEYS:
        bank, program = 0, _TAIKO_PROGRAM
        key, peak = _TAIKO_KEYS[sound]
    else:
        kit = "marching" if kit == "taiko" else kit
        bank, program = DRUM_BANK, _choose(font, DRUM_BANK, KITS[kit], variant)
        key, peak = _KIT_KEYS.get(kit, {}).get(sound, _KEYS[sound])
    seconds = _STROKE_SECONDS.get(sound, _STRUCK_SECONDS)
    struck = Stroke(0.0, seconds, key, _DRUM_LAYERS[layer])
    audio = font.play(bank, program, [struck], round(seconds * osc.SAMPLE_RATE))
    if layer < len(_LAYERS) - 1:
        audio = _soften(audio, 2.0 * _LAYERS[layer][1])
    audio = audio * np.float32(peak / (np.abs(audio).max() + 1e-9))
    # It may ring on beyond what is kept.
    audio = player.cut(audio, seconds - 1.0 / osc.SAMPLE_RATE)
    audio.flags.writeable = False
    return audio
