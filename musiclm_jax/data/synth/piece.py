"""The composed truth of a clip, before any sound: what is played, when, and by whom.

Captions are written from this value and audio is rendered from it, so the two can
not disagree. The tables name everything that a piece may hold.
"""

import dataclasses

TIMBRES = {
    "piano": "keys",
    "electric piano": "keys",
    "organ": "keys",
    "violin": "strings",
    "cello": "strings",
    "string section": "strings",
    "acoustic guitar": "plucked",
    "electric guitar": "plucked",
    "distorted guitar": "plucked",
    "harp": "plucked",
    "upright bass": "plucked",
    "bass guitar": "plucked",
    "flute": "winds",
    "clarinet": "winds",
    "saxophone": "winds",
    "trumpet": "winds",
    "brass section": "winds",
    "marimba": "mallets",
    "vibraphone": "mallets",
    "music box": "mallets",
    "chip lead": "synth",
    "chip bass": "synth",
    "saw lead": "synth",
    "warm pad": "synth",
    "synth bass": "synth",
}
"""Name of a timbre -> its family. Brass counts as winds."""

FAMILIES = ("keys", "strings", "plucked", "winds", "mallets", "synth")

STYLES = (
    "arcade game",
    "ambient",
    "lo-fi hip hop",
    "string quartet",
    "solo piano",
    "rock",
    "techno",
    "folk guitar",
    "jazz trio",
    "film score",
    "reggae",
    "synthwave",
    "music box lullaby",
    "brass march",
    "bossa nova",
    "funk",
)

TEMPO_CLASSES = {"slow": (56.0, 82.0), "medium": (92.0, 116.0), "fast": (130.0, 168.0)}
"""Class -> range of beats per minute; the gaps keep the classes audibly apart."""

ENERGIES = ("calm", "moderate", "energetic")
MODES = ("major", "minor")
KEYS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
ROLES = ("lead", "counter", "chords", "pad", "bass")
DRUM_KITS = ("acoustic", "brushes", "electronic", "chip", "marching", "none")
DRUM_SOUNDS = (
    "kick", "snare", "rim", "clap", "closed hat", "open hat", "ride", "crash",
    "low tom", "high tom", "shaker", "noise",
)  # fmt: skip
SPACES = {"dry": 0.25, "room": 0.7, "hall": 1.8, "cathedral": 3.5}
"""Name of a space -> its reverberation time in seconds."""
DYNAMICS = ("steady", "builds", "relaxes", "drops")
"""How a clip moves: level, growing parts, thinning parts, or parts that pause."""


@dataclasses.dataclass(frozen=True)
class Note:
    """One pitched note.

    Attributes:
        start_seconds: onset, from the start of the clip.
        duration_seconds: time until the key is released.
        pitch: MIDI number; 69 is 440 Hz, fractions are cents.
        velocity: 0 to 1.
        timbre: a name of TIMBRES.
        role: a name of ROLES.
    """

    start_seconds: float
    duration_seconds: float
    pitch: float
    velocity: float
    timbre: str
    role: str


@dataclasses.dataclass(frozen=True)
class DrumHit:
    """One stroke.

    Attributes:
        start_seconds: onset, from the start of the clip.
        sound: a name of DRUM_SOUNDS.
        velocity: 0 to 1.
    """

    start_seconds: float
    sound: str
    velocity: float


@dataclasses.dataclass(frozen=True)
class Section:
    """A stretch of the form.

    Attributes:
        start_seconds: onset, from the start of the clip.
        name: letter of its melody and chords ("A", "B").
        roles: roles that play in it; "drums" stands for the drum kit.
    """

    start_seconds: float
    name: str
    roles: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Piece:
    """Everything that is true of a clip.

    Attributes:
        name: unique within a corpus.
        style: a name of STYLES.
        tempo_bpm: beats per minute.
        tempo_class: the key of TEMPO_CLASSES whose range holds tempo_bpm.
        beats_per_bar: 4 or 3.
        key: tonic, a name of KEYS.
        mode: a name of MODES.
        energy: a name of ENERGIES.
        has_drums: whether any drum is heard.
        drum_kit: a name of DRUM_KITS; "none" without drums.
        lead: timbre of the melody.
        lead_family: TIMBRES[lead].
        instruments: timbres that are heard, the lead first, without repeats.
        melody_id: pieces of one corpus with equal ids share their melody.
        chords: chord symbols in order of appearance ("Am7"), one a bar.
        dynamics: a name of DYNAMICS.
        space: a name of SPACES.
        clip_seconds: length of the clip.
        sections: in order; the first starts at 0.
        notes: by start.
        hits: drum strokes by start.
        seed: seeds what is left to chance in rendering (noise, not notes).
    """

    name: str
    style: str
    tempo_bpm: float
    tempo_class: str
    beats_per_bar: int
    key: str
    mode: str
    energy: str
    has_drums: bool
    drum_kit: str
    lead: str
    lead_family: str
    instruments: tuple[str, ...]
    melody_id: int
    chords: tuple[str, ...]
    dynamics: str
    space: str
    clip_seconds: float
    sections: tuple[Section, ...]
    notes: tuple[Note, ...]
    hits: tuple[DrumHit, ...]
    seed: int

    def __post_init__(self):
        for value, allowed in (
            (self.style, STYLES),
            (self.tempo_class, TEMPO_CLASSES),
            (self.key, KEYS),
            (self.mode, MODES),
            (self.energy, ENERGIES),
            (self.drum_kit, DRUM_KITS),
            (self.lead, TIMBRES),
            (self.dynamics, DYNAMICS),
            (self.space, SPACES),
        ):
            if value not in allowed:
                raise ValueError(f"{value!r} is not one of {', '.join(allowed)}")
        if self.has_drums == (self.drum_kit == "none"):
            raise ValueError(
                f"has_drums={self.has_drums} does not fit drum kit {self.drum_kit!r}"
            )
