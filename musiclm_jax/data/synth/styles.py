"""What makes a style, as plain data.

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


_STEADY_OR_DROP = (("steady", 0.4), ("builds", 0.3), ("drops", 0.3))
_NO_KIT = (("acoustic", 1.0),)

STYLES = {
    "arcade game": Style(
        tempo=(0.0, 0.3, 0.7), minor=0.4, energy=(0.05, 0.35, 0.6),
        drums=0.75, kits=(("chip", 1.0),),
        grooves=("chip", "chip", "chip busy"),
        leads=(("chip lead", 0.75), ("music box", 0.12), ("electric guitar", 0.13)),
        parts=(
            Part("chords", (("chip lead", 1.0),), ("arpeggio", "arpeggio wide"), 64, -9),
            Part("bass", (("chip bass", 1.0),), ("octaves", "chip", "eighths"), gain_db=-3),
        ),
        colour="triad", spaces=(("dry", 1.0),), dynamics=_STEADY_OR_DROP,
        drums_db=-6, humanise_seconds=0.0,
    ),
    "ambient": Style(
        tempo=(0.75, 0.25, 0.0), minor=0.5, energy=(0.85, 0.15, 0.0),
        drums=0.1, kits=(("electronic", 1.0),), grooves=("pulse", "pulse", "shaker"),
        leads=(
            ("flute", 0.3), ("electric piano", 0.3), ("harp", 0.15),
            ("vibraphone", 0.15), ("violin", 0.1),
        ),
        parts=(
            Part("pad", (("warm pad", 1.0),), ("whole",), 58, -4),
            Part("bass", (("synth bass", 0.4), ("warm pad", 0.6)), ("drone",), gain_db=-6),
        ),
        colour="ninth", spaces=(("cathedral", 1.0),), humanise_seconds=0.02,
        waltz=0.1,
    ),
    "lo-fi hip hop": Style(
        tempo=(0.75, 0.25, 0.0), minor=0.55, energy=(0.6, 0.4, 0.0),
        drums=0.93, kits=(("electronic", 0.6), ("acoustic", 0.4)),
        grooves=("boom bap soft", "boom bap", "boom bap"),
        leads=(
            ("electric piano", 0.35), ("electric guitar", 0.2), ("saxophone", 0.15),
            ("vibraphone", 0.15), ("flute", 0.15),
        ),
        parts=(
            Part("chords", (("electric piano", 0.7), ("piano", 0.3)),
                 ("halves", "late", "charleston"), 58, -6),
            Part("bass", (("bass guitar", 0.6), ("upright bass", 0.4)),
                 ("lazy", "boom bap"), gain_db=-3),
        ),
        colour="seventh", spaces=(("room", 0.8), ("dry", 0.2)), swing=0.3,
        drums_db=-2, humanise_seconds=0.012, tone_hz=3800.0, crackle=0.02,
    ),
    "string quartet": Style(
        tempo=(0.3, 0.4, 0.3), minor=0.5, energy=(0.35, 0.4, 0.25),
        drums=0.0, kits=_NO_KIT, grooves=("pulse", "pulse", "pulse"),
        leads=(("violin", 0.75), ("cello", 0.25)),
        parts=(
            Part("chords", (("violin", 1.0),), ("halves", "quarters", "pulse"), 60, -8),
            Part("bass", (("cello", 1.0),), ("halves", "quarters", "walking"), gain_db=-6),
        ),
        colour="triad", spaces=(("hall", 0.6), ("room", 0.4)), waltz=0.25,
        humanise_seconds=0.012,
    ),
    "solo piano": Style(
        tempo=(0.4, 0.35, 0.25), minor=0.5, energy=(0.5, 0.35, 0.15),
        drums=0.0, kits=_NO_KIT, grooves=("pulse", "pulse", "pulse"),
        leads=(("piano", 1.0),),
        parts=(
            Part("chords", (("piano", 1.0),),
                 ("arpeggio slow", "alberti", "rolling", "quarters"), 53, -7),
            Part("bass", (("piano", 1.0),), ("drone", "halves"), gain_db=-9, presence=0.7),
        ),
        colour="triad", spaces=(("room", 0.6), ("hall", 0.4)), waltz=0.3,
        humanise_seconds=0.012,
    ),
    "rock": Style(
        tempo=(0.05, 0.4, 0.55), minor=0.55, energy=(0.0, 0.25, 0.75),
        drums=0.95, kits=(("acoustic", 1.0),),
        grooves=("half time", "rock", "rock drive"),
        leads=(
            ("distorted guitar", 0.6), ("organ", 0.2), ("piano", 0.1), ("saxophone", 0.1),
        ),
        parts=(
            Part("chords", (("distorted guitar", 1.0),),
                 ("power hold", "power", "gallop"), 48, -7),
            Part("bass", (("bass guitar", 1.0),), ("quarters", "eighths"), gain_db=-5),
        ),
        colour="power", spaces=(("room", 1.0),), drums_db=-3,
    ),
    "techno": Style(
        tempo=(0.0, 0.15, 0.85), minor=0.85, energy=(0.0, 0.25, 0.75),
        drums=0.97, kits=(("electronic", 1.0),),
        grooves=("four plain", "four on the floor", "four on the floor busy"),
        leads=(("saw lead", 0.6), ("organ", 0.15), ("marimba", 0.25)),
        parts=(
            Part("chords", (("saw lead", 1.0),), ("stabs", "stabs syncopated"), 62, -10,
                 presence=0.7),
            Part("bass", (("synth bass", 1.0),), ("offbeat", "rolling", "acid"), gain_db=-2),
        ),
        colour="triad", spaces=(("room", 0.7), ("hall", 0.3)), dynamics=_STEADY_OR_DROP,
        drums_db=1, humanise_seconds=0.0,
    ),
    "folk guitar": Style(
        tempo=(0.25, 0.5, 0.25), minor=0.3, energy=(0.4, 0.5, 0.1),
        drums=0.15, kits=(("brushes", 1.0),), grooves=("shaker", "folk", "folk"),
        leads=(("acoustic guitar", 0.5), ("flute", 0.2), ("violin", 0.3)),
        parts=(
            Part("chords", (("acoustic guitar", 1.0),),
                 ("fingers slow", "fingers", "travis", "strum", "strum busy"), 54, -5),
            Part("bass", (("upright bass", 1.0),), ("root fifth",), gain_db=-6,
                 presence=0.35),
        ),
        colour="triad", spaces=(("room", 0.7), ("dry", 0.3)), waltz=0.25,
        humanise_seconds=0.01,
    ),
    "jazz trio": Style(
        tempo=(0.25, 0.25, 0.5), minor=0.4, energy=(0.3, 0.5, 0.2),
        drums=0.85, kits=(("brushes", 0.5), ("acoustic", 0.5)),
        grooves=("brushes", "swing", "swing busy"),
        leads=(
            ("piano", 0.35), ("saxophone", 0.3), ("vibraphone", 0.15),
            ("electric guitar", 0.2),
        ),
        parts=(
            Part("chords", (("piano", 1.0),), ("charleston", "comp", "comp busy"), 57, -9),
            Part("bass", (("upright bass", 1.0),),
                 ("root fifth", "walking", "walking down"), gain_db=-3),
        ),
        colour="seventh", spaces=(("room", 1.0),), swing=0.33, drums_db=-5,
        humanise_seconds=0.012,
    ),
    "film score": Style(
        tempo=(0.5, 0.3, 0.2), minor=0.7, energy=(0.25, 0.35, 0.4),
        drums=0.5, kits=(("marching", 1.0),), grooves=("taiko", "taiko", "taiko busy"),
        leads=(("string section", 0.4), ("brass section", 0.3), ("flute", 0.15),
               ("piano", 0.15)),
        parts=(
            Part("pad", (("string section", 1.0),), ("whole", "halves"), 60, -6),
            Part("counter", (("brass section", 0.5), ("harp", 0.5)),
                 ("arpeggio slow", "arpeggio up"), 55, -11, presence=0.5),
            Part("bass", (("cello", 1.0),), ("drone", "halves", "eighths"), gain_db=-6),
        ),
        colour="triad", spaces=(("hall", 0.7), ("cathedral", 0.3)), waltz=0.15,
        dynamics=(("steady", 0.3), ("builds", 0.6), ("relaxes", 0.1)),
        humanise_seconds=0.012,
    ),
    "reggae": Style(
        tempo=(0.55, 0.45, 0.0), minor=0.4, energy=(0.4, 0.6, 0.0),
        drums=0.95, kits=(("acoustic", 1.0),),
        grooves=("one drop", "one drop", "steppers"),
        leads=(("organ", 0.3), ("trumpet", 0.25), ("electric guitar", 0.25),
               ("saxophone", 0.2)),
        parts=(
            Part("chords", (("electric guitar", 0.7), ("piano", 0.3)), ("skank",), 62, -4),
            Part("counter", (("organ", 1.0),), ("bubble",), 57, -12, presence=0.5),
            Part("bass", (("bass guitar", 1.0),), ("one drop", "steppers"), gain_db=0),
        ),
        colour="triad", spaces=(("room", 0.7), ("hall", 0.3)), drums_db=-2,
    ),
    "synthwave": Style(
        tempo=(0.15, 0.65, 0.2), minor=0.75, energy=(0.1, 0.5, 0.4),
        drums=0.92, kits=(("electronic", 1.0),),
        grooves=("synthwave sparse", "synthwave", "synthwave"),
        leads=(("saw lead", 0.65), ("electric guitar", 0.15), ("saxophone", 0.2)),
        parts=(
            Part("pad", (("warm pad", 1.0),), ("whole",), 60, -7),
            Part("bass", (("synth bass", 1.0),), ("eighths",), gain_db=-3),
            Part("counter", (("chip lead", 0.5), ("saw lead", 0.5)), ("arpeggio",), 69, -13,
                 presence=0.4),
        ),
        colour="triad", spaces=(("hall", 1.0),), dynamics=_STEADY_OR_DROP,
        drums_db=-1, humanise_seconds=0.0,
    ),
    "music box lullaby": Style(
        tempo=(0.7, 0.3, 0.0), minor=0.2, energy=(0.95, 0.05, 0.0),
        drums=0.0, kits=_NO_KIT, grooves=("pulse", "pulse", "pulse"),
        leads=(("music box", 0.75), ("flute", 0.15), ("harp", 0.1)),
        parts=(
            Part("chords", (("music box", 1.0),),
                 ("arpeggio slow", "fingers slow", "arpeggio up"), 72, -7),
        ),
        colour="open", spaces=(("room", 0.5), ("hall", 0.5)), waltz=0.5,
    ),
    "brass march": Style(
        tempo=(0.0, 0.65, 0.35), minor=0.2, energy=(0.0, 0.4, 0.6),
        drums=0.85, kits=(("marching", 1.0),), grooves=("march", "march", "march busy"),
        leads=(("trumpet", 0.65), ("flute", 0.2), ("clarinet", 0.15)),
        parts=(
            Part("chords", (("brass section", 1.0),), ("oom pah", "oom pah busy"), 55, -6),
            Part("bass", (("brass section", 1.0),), ("march", "march busy"), gain_db=-4),
        ),
        colour="triad", spaces=(("hall", 0.6), ("room", 0.4)), drums_db=-4,
    ),
    "bossa nova": Style(
        tempo=(0.15, 0.6, 0.25), minor=0.45, energy=(0.6, 0.4, 0.0),
        drums=0.8, kits=(("brushes", 1.0),), grooves=("bossa soft", "bossa", "bossa"),
        leads=(("flute", 0.3), ("saxophone", 0.2), ("acoustic guitar", 0.3),
               ("piano", 0.2)),
        parts=(
            Part("chords", (("acoustic guitar", 1.0),), ("bossa slow", "bossa"), 57, -5),
            Part("bass", (("upright bass", 1.0),), ("bossa",), gain_db=-4),
        ),
        colour="seventh", spaces=(("room", 1.0),), drums_db=-6, humanise_seconds=0.008,
    ),
    "funk": Style(
        tempo=(0.0, 0.85, 0.15), minor=0.6, energy=(0.0, 0.35, 0.65),
        drums=0.97, kits=(("acoustic", 1.0),),
        grooves=("funk sparse", "funk", "funk busy"),
        leads=(("brass section", 0.35), ("saxophone", 0.2), ("organ", 0.25),
               ("electric guitar", 0.2)),
        parts=(
            Part("chords", (("electric guitar", 1.0),), ("chuck sparse", "chuck"), 65, -6),
            Part("bass", (("bass guitar", 1.0),), ("syncopated", "slap"), gain_db=-1),
        ),
        colour="ninth", spaces=(("dry", 0.6), ("room", 0.4)), drums_db=-2,
        dynamics=_STEADY_OR_DROP,
    ),
}  # fmt: skip

LEAD_CENTRES = {
    "piano": 72, "electric piano": 69, "organ": 70, "violin": 76, "cello": 57,
    "string section": 70, "acoustic guitar": 67, "electric guitar": 67,
    "distorted guitar": 67, "harp": 72, "flute": 79, "clarinet": 70, "saxophone": 65,
    "trumpet": 71, "brass section": 64, "marimba": 72, "vibraphone": 72,
    "music box": 86, "chip lead": 76, "saw lead": 71,
}  # fmt: skip
"""Timbre -> MIDI number around which it plays a melody."""
