"""What a style is made of.

A style leans, it does not decide: tempo, mode, energy, drums and lead are drawn from
its weights, so that none of them can be told from the style alone.
"""

import dataclasses

Weighted = tuple[tuple[str, float], ...]


@dataclasses.dataclass(frozen=True)
class Part:
    """An accompanying part.

    Attributes:
        role: a name of `piece.ROLES`.
        timbres: weighted choice.
        patterns: names in `patterns.CHORDS` or `patterns.BASS`, from sparse to busy;
            energy chooses among them.
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
        grooves: names in `patterns.GROOVES` for calm, moderate, energetic.
        drums_db: loudness of the drums relative to the lead.
        leads: weighted timbres of the melody.
        parts: the accompaniment.
        colour: a name of `harmony.COLOURS`.
        swing: delay of the off-beat, as a share of an eighth.
        waltz: probability of three beats a bar.
        spaces: weighted names of `piece.SPACES`.
        dynamics: weighted names of `piece.DYNAMICS`.
        humanise_seconds: spread of the players' timing.
        tone_hz: where the master's high end rolls off.
        crackle: level of the noise of an old record.
    """

    tempo: tuple[float, float, float]
    minor: float
    energy: tuple[float, float, float]
    drums: float
    kits: Weighted
    grooves: tuple[str, str, str]
    leads: Weighted
    parts: tuple[Part, ...]
    colour: str
    spaces: Weighted
    dynamics: Weighted = (("steady", 0.5), ("builds", 0.3), ("relaxes", 0.2))
    drums_db: float = -3.0
    swing: float = 0.0
    waltz: float = 0.0
    humanise_seconds: float = 0.006
    tone_hz: float = 11_000.0
    crackle: float = 0.0


LEAD_CENTRES = {
    "piano": 72, "electric piano": 69, "organ": 70, "violin": 76, "cello": 57,
    "string section": 70, "acoustic guitar": 67, "electric guitar": 67,
    "distorted guitar": 67, "harp": 72, "flute": 79, "clarinet": 70, "saxophone": 65,
    "trumpet": 71, "brass section": 64, "marimba": 72, "vibraphone": 72,
    "music box": 86, "chip lead": 76, "saw lead": 71,
}  # fmt: skip
"""Timbre -> MIDI number around which it plays a melody."""
