"""The styles, as plain data."""

from musiclm_jax.data.synth.styles import Part, Style, Weighted

_STEADY_OR_DROP: Weighted = (("steady", 0.4), ("builds", 0.3), ("drops", 0.3))
_NO_KIT: Weighted = (("acoustic", 1.0),)

STYLES = {
    "arcade game": Style(
        tempo=(0.0, 0.3, 0.7), minor=0.4, energy=(0.05, 0.35, 0.6),
        drums=0.75, kits=(("chip", 1.0),),
        grooves=("chip", "chip", "chip busy"),
        leads=(("chip lead", 0.75), ("music box", 0.12), ("electric guitar", 0.13)),
        parts=(
            Part(
                "chords", (("chip lead", 1.0),), ("arpeggio", "arpeggio wide"),
                centre=64, gain_db=-11,
            ),
            Part(
                "bass", (("chip bass", 1.0),), ("octaves", "chip", "eighths"),
                gain_db=-3,
            ),
        ),
        colour="triad", spaces=(("dry", 1.0),), dynamics=_STEADY_OR_DROP,
        drums_db=-2, humanise_seconds=0.0,
    ),
    "ambient": Style(
        tempo=(0.75, 0.25, 0.0), minor=0.5, energy=(0.85, 0.15, 0.0),
        drums=0.1, kits=(("electronic", 1.0),), grooves=("pulse", "pulse", "shaker"),
        leads=(
            ("flute", 0.3), ("electric piano", 0.3), ("harp", 0.15),
            ("vibraphone", 0.15), ("violin", 0.1),
        ),
        parts=(
            Part("pad", (("warm pad", 1.0),), ("whole",), centre=58, gain_db=-6),
            Part(
                "bass", (("synth bass", 0.4), ("warm pad", 0.6)), ("drone",),
                gain_db=-6,
            ),
        ),
        colour="ninth", spaces=(("cathedral", 1.0),), humanise_seconds=0.02,
        waltz=0.1, drums_db=0,
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
            Part(
                "chords", (("electric piano", 0.7), ("piano", 0.3)),
                ("halves", "late", "charleston"),
                centre=58, gain_db=-8,
            ),
            Part(
                "bass", (("bass guitar", 0.6), ("upright bass", 0.4)),
                ("lazy", "boom bap"),
                gain_db=-3,
            ),
        ),
        colour="seventh", spaces=(("room", 0.8), ("dry", 0.2)), swing=0.3,
        drums_db=-2, humanise_seconds=0.012, tone_hz=3800.0, crackle=0.02,
    ),
    "string quartet": Style(
        tempo=(0.3, 0.4, 0.3), minor=0.5, energy=(0.35, 0.4, 0.25),
        drums=0.0, kits=_NO_KIT, grooves=("pulse", "pulse", "pulse"),
        leads=(("violin", 0.75), ("cello", 0.25)),
        parts=(
            Part(
                "chords", (("violin", 1.0),), ("halves", "quarters", "pulse"),
                centre=60, gain_db=-10,
            ),
            Part(
                "bass", (("cello", 1.0),), ("halves", "quarters", "walking"),
                gain_db=-6,
            ),
        ),
        colour="triad", spaces=(("hall", 0.6), ("room", 0.4)), waltz=0.25,
        humanise_seconds=0.012,
    ),
    "solo piano": Style(
        tempo=(0.4, 0.35, 0.25), minor=0.5, energy=(0.5, 0.35, 0.15),
        drums=0.0, kits=_NO_KIT, grooves=("pulse", "pulse", "pulse"),
        leads=(("piano", 1.0),),
        parts=(
            Part(
                "chords", (("piano", 1.0),),
                ("arpeggio slow", "alberti", "rolling", "quarters"),
                centre=53, gain_db=-9,
            ),
            Part(
                "bass", (("piano", 1.0),), ("drone", "halves"),
                gain_db=-9, presence=0.7,
            ),
        ),
        colour="triad", spaces=(("room", 0.6), ("hall", 0.4)), waltz=0.3,
        humanise_seconds=0.012,
    ),
    "rock": Style(
        tempo=(0.05, 0.4, 0.55), minor=0.55, energy=(0.0, 0.25, 0.75),
        drums=0.95, kits=(("acoustic", 1.0),),
        grooves=("half time", "rock", "rock drive"),
        leads=(
            ("distorted guitar", 0.6), ("organ", 0.2), ("piano", 0.1),
            ("saxophone", 0.1),
        ),
        parts=(
            Part(
                "chords", (("distorted guitar", 1.0),),
                ("power hold", "power", "gallop"),
                centre=48, gain_db=-11,
            ),
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
            Part(
                "chords", (("saw lead", 1.0),), ("stabs", "stabs syncopated"),
                centre=62, gain_db=-14, presence=0.7,
            ),
            Part(
                "bass", (("synth bass", 1.0),), ("offbeat", "rolling", "acid"),
                gain_db=-2,
            ),
        ),
        colour="triad", spaces=(("room", 0.7), ("hall", 0.3)),
        dynamics=_STEADY_OR_DROP,
        drums_db=1, humanise_seconds=0.0,
    ),
    "folk guitar": Style(
        tempo=(0.25, 0.5, 0.25), minor=0.3, energy=(0.4, 0.5, 0.1),
        drums=0.15, kits=(("brushes", 1.0),), grooves=("shaker", "folk", "folk"),
        leads=(("acoustic guitar", 0.5), ("flute", 0.2), ("violin", 0.3)),
        parts=(
            Part(
                "chords", (("acoustic guitar", 1.0),),
                ("fingers slow", "fingers", "travis", "strum", "strum busy"),
                centre=54, gain_db=-9,
            ),
            Part(
                "bass", (("upright bass", 1.0),), ("root fifth",),
                gain_db=-6, presence=0.35,
            ),
        ),
        colour="triad", spaces=(("room", 0.7), ("dry", 0.3)), waltz=0.25,
        drums_db=1, humanise_seconds=0.01,
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
            Part(
                "chords", (("piano", 1.0),), ("charleston", "comp", "comp busy"),
                centre=57, gain_db=-13,
            ),
            Part(
                "bass", (("upright bass", 1.0),),
                ("root fifth", "walking", "walking down"),
                gain_db=-3,
            ),
        ),
        colour="seventh", spaces=(("room", 1.0),), swing=0.33, drums_db=-1,
        humanise_seconds=0.012,
    ),
    "film score": Style(
        tempo=(0.5, 0.3, 0.2), minor=0.7, energy=(0.25, 0.35, 0.4),
        drums=0.5, kits=(("marching", 1.0),), grooves=("taiko", "taiko", "taiko busy"),
        leads=(("string section", 0.4), ("brass section", 0.3), ("flute", 0.15),
               ("piano", 0.15)),
        parts=(
            Part(
                "pad", (("string section", 1.0),), ("whole", "halves"),
                centre=60, gain_db=-10,
            ),
            Part(
                "counter", (("brass section", 0.5), ("harp", 0.5)),
                ("arpeggio slow", "arpeggio up"),
                centre=55, gain_db=-13, presence=0.5,
            ),
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
            Part(
                "chords", (("electric guitar", 0.7), ("piano", 0.3)), ("skank",),
                centre=62, gain_db=-8,
            ),
            Part(
                "counter", (("organ", 1.0),), ("bubble",),
                centre=57, gain_db=-14, presence=0.5,
            ),
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
            Part("pad", (("warm pad", 1.0),), ("whole",), centre=60, gain_db=-9),
            Part("bass", (("synth bass", 1.0),), ("eighths",), gain_db=-3),
            Part(
                "counter", (("chip lead", 0.5), ("saw lead", 0.5)), ("arpeggio",),
                centre=69, gain_db=-15, presence=0.4,
            ),
        ),
        colour="triad", spaces=(("hall", 1.0),), dynamics=_STEADY_OR_DROP,
        drums_db=-1, humanise_seconds=0.0,
    ),
    "music box lullaby": Style(
        tempo=(0.7, 0.3, 0.0), minor=0.2, energy=(0.95, 0.05, 0.0),
        drums=0.0, kits=_NO_KIT, grooves=("pulse", "pulse", "pulse"),
        leads=(("music box", 0.75), ("flute", 0.15), ("harp", 0.1)),
        parts=(
            Part(
                "chords", (("music box", 1.0),),
                ("arpeggio slow", "fingers slow", "arpeggio up"),
                centre=72, gain_db=-9,
            ),
        ),
        colour="open", spaces=(("room", 0.5), ("hall", 0.5)), waltz=0.5,
    ),
    "brass march": Style(
        tempo=(0.0, 0.65, 0.35), minor=0.2, energy=(0.0, 0.4, 0.6),
        drums=0.85, kits=(("marching", 1.0),), grooves=("march", "march", "march busy"),
        leads=(("trumpet", 0.65), ("flute", 0.2), ("clarinet", 0.15)),
        parts=(
            Part(
                "chords", (("brass section", 1.0),), ("oom pah", "oom pah busy"),
                centre=55, gain_db=-8,
            ),
            Part(
                "bass", (("brass section", 1.0),), ("march", "march busy"),
                gain_db=-4,
            ),
        ),
        colour="triad", spaces=(("hall", 0.6), ("room", 0.4)), drums_db=-3,
    ),
    "bossa nova": Style(
        tempo=(0.15, 0.6, 0.25), minor=0.45, energy=(0.6, 0.4, 0.0),
        drums=0.8, kits=(("brushes", 1.0),), grooves=("bossa soft", "bossa", "bossa"),
        leads=(("flute", 0.3), ("saxophone", 0.2), ("acoustic guitar", 0.3),
               ("piano", 0.2)),
        parts=(
            Part(
                "chords", (("acoustic guitar", 1.0),), ("bossa slow", "bossa"),
                centre=57, gain_db=-9,
            ),
            Part("bass", (("upright bass", 1.0),), ("bossa",), gain_db=-4),
        ),
        colour="seventh", spaces=(("room", 1.0),), drums_db=0, humanise_seconds=0.008,
    ),
    "funk": Style(
        tempo=(0.0, 0.85, 0.15), minor=0.6, energy=(0.0, 0.35, 0.65),
        drums=0.97, kits=(("acoustic", 1.0),),
        grooves=("funk sparse", "funk", "funk busy"),
        leads=(("brass section", 0.35), ("saxophone", 0.2), ("organ", 0.25),
               ("electric guitar", 0.2)),
        parts=(
            Part(
                "chords", (("electric guitar", 1.0),), ("chuck sparse", "chuck"),
                centre=65, gain_db=-9,
            ),
            Part("bass", (("bass guitar", 1.0),), ("syncopated", "slap"), gain_db=-1),
        ),
        colour="ninth", spaces=(("dry", 0.6), ("room", 0.4)), drums_db=-2,
        dynamics=_STEADY_OR_DROP,
    ),
}  # fmt: skip
