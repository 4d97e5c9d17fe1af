"""What a style is made of.

A style leans, it does not decide: tempo, mode, energy, drums and lead are drawn from
its weights, so that none of them can be told from the style alone.
"""

import dataclasses

from musiclm_jax.data.synth.melody import Idiom

Weighted = tuple[tuple[str, float], ...]

SAME = "the lead's"
"""Timbre of a part that is played on the instrument of the melody."""

DOUBLES = {"octave above": 12, "octave below": -12, "unison": 0}
"""Pattern of a part that doubles the melody -> semitones from it."""


@dataclasses.dataclass(frozen=True)
class Part:
    """An accompanying part.

    Attributes:
        role: a name of `piece.ROLES`.
        timbres: weighted choice, of timbres or SAME.
        patterns: names in `patterns.CHORDS` or `patterns.BASS`, from sparse to busy;
            energy chooses among them. A part that doubles the melody has one of
            DOUBLES.
        centre: MIDI number around which it plays; ignored for the bass.
        gain_db: loudness relative to the lead.
        presence: probability that a clip has this part.
    """

    role: str
    timbres: Weighted
    patterns: tuple[str, ...]
    centre: float = 60.0
    gain_db: float = -6.0
    presence: float = 1.0


@dataclasses.dataclass(frozen=True)
class Style:
    """The leanings of a style.

    Attributes:
        tempo: weights of slow, medium, fast.
        minor: probability of the minor mode.
        energy: weights of calm, moderate, energetic.
        drums: probability of drums.
        kits: weighted drum kits.
        grooves: of calm, moderate and energetic pieces each some names in
            `grooves.FOURS`.
        drums_db: loudness of the drums relative to the lead.
        leads: weighted timbres of the melody.
        parts: the accompaniment.
        colours: names of `harmony.COLOURS`, one of which a piece keeps to.
        idiom: of its melodies.
        bpm: slowest and fastest tempo, within those of the tempo classes.
        swing: delay of the off-beat, as a share of an eighth.
        waltz: probability of three beats a bar.
        six: probability of six eighths a bar.
        spaces: weighted names of `piece.SPACES`.
        dynamics: weighted names of `piece.DYNAMICS`.
        humanise_seconds: spread of the players' timing; zero are machines, which keep
            their touch as well.
        late_seconds: how far the melody lies behind the beat.
        tone_hz: where the master's high end rolls off.
        crackle: level of the noise of an old record.
        share: how often the style is drawn, relative to the others.
    """

    tempo: tuple[float, float, float]
    minor: float
    energy: tuple[float, float, float]
    drums: float
    kits: Weighted
    grooves: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    leads: Weighted
    parts: tuple[Part, ...]
    colours: tuple[str, ...]
    idiom: Idiom
    spaces: Weighted
    bpm: tuple[float, float] = (48.0, 184.0)
    dynamics: Weighted = (
        ("steady", 0.4), ("builds", 0.2), ("relaxes", 0.12), ("enters", 0.18),
        ("stops", 0.1),
    )  # fmt: skip
    drums_db: float = -3.0
    swing: float = 0.0
    waltz: float = 0.0
    six: float = 0.0
    humanise_seconds: float = 0.006
    late_seconds: float = 0.0
    tone_hz: float = 11_000.0
    crackle: float = 0.0
    share: float = 1.0


LEAD_CENTRES = {
    "piano": 72, "electric piano": 69, "clavinet": 64, "harpsichord": 70, "organ": 70,
    "church organ": 69, "accordion": 72, "violin": 76, "cello": 57,
    "string section": 70, "pizzicato strings": 69, "acoustic guitar": 67,
    "nylon guitar": 66, "electric guitar": 67, "distorted guitar": 67, "banjo": 69,
    "harp": 72, "sitar": 64, "koto": 71, "upright bass": 43, "bass guitar": 43,
    "flute": 79, "recorder": 79, "clarinet": 70, "oboe": 74, "bassoon": 55,
    "harmonica": 74, "saxophone": 65, "trumpet": 71, "muted trumpet": 71,
    "trombone": 57, "tuba": 43, "french horn": 60, "brass section": 64, "marimba": 70,
    "xylophone": 79, "vibraphone": 70, "glockenspiel": 86, "music box": 84,
    "kalimba": 74, "steel drums": 72, "chip lead": 76, "chip bass": 48, "saw lead": 71,
    "synth bass": 45, "synth pluck": 72, "synth brass": 66, "hummed voice": 60,
    "sung voice": 66, "whistle": 84, "choir": 66,
}  # fmt: skip
"""Timbre -> MIDI number around which it plays a melody."""

POLYPHONIC = (
    "piano", "electric piano", "clavinet", "harpsichord", "organ", "church organ",
    "accordion", "acoustic guitar", "nylon guitar", "electric guitar", "banjo", "harp",
    "koto", "marimba", "vibraphone", "music box", "kalimba", "steel drums", "choir",
    "string section", "pizzicato strings", "brass section",
)  # fmt: skip
"""Timbres that can play chords below their own melody."""
