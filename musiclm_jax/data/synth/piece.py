"""The composed truth of a clip, before any sound: what is played, when, and by whom.

Captions are written from this value and audio is rendered from it, so the two can
not disagree. The tables name everything that a piece may hold.
"""

import dataclasses

_FAMILY_TIMBRES = {
    "keys": (
        "piano", "electric piano", "clavinet", "harpsichord", "organ", "church organ",
        "accordion",
    ),
    "strings": ("violin", "cello", "string section"),
    "plucked": (
        "acoustic guitar", "nylon guitar", "electric guitar", "distorted guitar",
        "banjo", "harp", "sitar", "koto", "pizzicato strings", "upright bass",
        "bass guitar",
    ),
    "winds": (
        "flute", "recorder", "clarinet", "oboe", "bassoon", "harmonica", "saxophone",
        "trumpet", "muted trumpet", "trombone", "tuba", "french horn", "brass section",
    ),
    "mallets": (
        "marimba", "xylophone", "vibraphone", "glockenspiel", "music box", "kalimba",
        "steel drums",
    ),
    "synth": (
        "chip lead", "chip bass", "saw lead", "warm pad", "synth bass", "synth pluck",
        "synth brass",
    ),
    "voice": ("hummed voice", "sung voice", "whistle", "choir"),
}  # fmt: skip
TIMBRES = {
    timbre: family for family, timbres in _FAMILY_TIMBRES.items() for timbre in timbres
}
"""Name of a timbre -> its family. Brass counts as winds, a whistle as a voice."""

FAMILIES = tuple(_FAMILY_TIMBRES)
NOTHING = "none"
"""Stands for the lead, its family, key, mode and kit of music that has none."""

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
    "solo passage",
    "drums alone",
)

TEMPO_CLASSES = {"slow": (48.0, 84.0), "medium": (90.0, 118.0), "fast": (128.0, 184.0)}
"""Class -> range of beats per minute; the gaps keep the classes audibly apart."""

METRES = {4: "4/4", 3: "3/4", 2: "6/8"}
"""Beats in a bar -> its name; the beat of six eighths is three of them."""

ENERGIES = ("calm", "moderate", "energetic")
MODES = ("major", "minor")
KEYS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
ROLES = ("lead", "double", "counter", "chords", "pad", "bass")
REGISTERS = ("low", "middle", "high")
DRUM_KITS = (
    "acoustic", "room", "power", "jazz", "brushes", "electronic", "electro", "808",
    "chip", "marching", "taiko", "percussion", NOTHING,
)  # fmt: skip
DRUM_SOUNDS = (
    "kick", "snare", "rim", "clap", "closed hat", "open hat", "ride", "crash",
    "low tom", "mid tom", "high tom", "shaker", "tambourine", "cowbell", "high conga",
    "low conga", "claves", "noise",
)  # fmt: skip
SPACES = {"dry": 0.25, "room": 0.7, "hall": 1.8, "cathedral": 3.5}
"""Name of a space -> its reverberation time in seconds."""
DYNAMICS = ("steady", "builds", "relaxes", "drops", "enters", "stops")
"""How a clip moves: level, growing parts, thinning parts, parts that pause, a melody
that comes in after the others, or everybody silent for a moment."""


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
        beats_per_bar: a key of METRES.
        key: tonic, a name of KEYS, or NOTHING.
        mode: a name of MODES, or NOTHING.
        energy: a name of ENERGIES.
        has_drums: whether any drum is heard.
        drum_kit: a name of DRUM_KITS; NOTHING without drums.
        lead: timbre of the melody, or NOTHING.
        lead_family: TIMBRES[lead], or NOTHING.
        register: where the melody lies among what the timbre can play, a name of
            REGISTERS.
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
    register: str
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
            (self.beats_per_bar, METRES),
            (self.key, (*KEYS, NOTHING)),
            (self.mode, (*MODES, NOTHING)),
            (self.energy, ENERGIES),
            (self.drum_kit, DRUM_KITS),
            (self.lead, (*TIMBRES, NOTHING)),
            (self.register, REGISTERS),
            (self.dynamics, DYNAMICS),
            (self.space, SPACES),
        ):
            if value not in allowed:
                raise ValueError(
                    f"{value!r} is not one of {', '.join(map(str, allowed))}"
                )
        if self.has_drums == (self.drum_kit == NOTHING):
            raise ValueError(
                f"has_drums={self.has_drums} does not fit drum kit {self.drum_kit!r}"
            )

    @property
    def metre(self) -> str:
        """How the bars are counted, such as "4/4"."""
        return METRES[self.beats_per_bar]
