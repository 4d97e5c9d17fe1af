"""Styles of machines, as plain data: chips, synthesisers, samplers."""

from musiclm_jax.data.synth.melody import Idiom
from musiclm_jax.data.synth.styles import Part, Style, Weighted

_LOOPED: Weighted = (
    ("steady", 0.35), ("builds", 0.25), ("drops", 0.2), ("enters", 0.15),
    ("stops", 0.05),
)  # fmt: skip

STYLES = {
    "arcade game": Style(
        tempo=(0.05, 0.3, 0.65), minor=0.4, energy=(0.1, 0.35, 0.55),
        drums=0.75, kits=(("chip", 1.0),),
        grooves=(
            ("chip", "pulse"), ("chip", "chip busy"), ("chip busy", "chip gallop"),
        ),
        leads=(("chip lead", 0.75), ("music box", 0.08), ("glockenspiel", 0.07),
               ("electric guitar", 0.1)),
        parts=(
            Part(
                "chords", (("chip lead", 1.0),),
                ("quarters", "arpeggio up", "arpeggio", "arpeggio wide",
                 "arpeggio down", "arpeggio turn"),
                centre=64, gain_db=-11,
            ),
            Part(
                "bass", (("chip bass", 1.0),),
                ("halves", "octaves", "chip", "eighths", "gallop"), gain_db=-3,
            ),
            Part(
                "double", (("chip lead", 1.0),), ("octave below", "unison"),
                gain_db=-12, presence=0.2,
            ),
        ),
        colours=("triad", "plain triad"),
        idiom=Idiom(
            (("even", 0.25), ("running", 0.35), ("syncopated", 0.25), ("dotted", 0.15)),
            ("song", "epic"),
        ),
        spaces=(("dry", 1.0),), dynamics=_LOOPED, waltz=0.05,
        drums_db=-2, humanise_seconds=0.0,
    ),
    "ambient": Style(
        tempo=(0.75, 0.25, 0.0), minor=0.5, energy=(0.85, 0.15, 0.0),
        drums=0.1, kits=(("electronic", 0.6), ("percussion", 0.4)),
        grooves=(("pulse",), ("pulse", "shaker"), ("shaker", "congas")),
        leads=(
            ("flute", 0.22), ("electric piano", 0.22), ("harp", 0.1), ("kalimba", 0.1),
            ("vibraphone", 0.12), ("violin", 0.07), ("choir", 0.07), ("piano", 0.1),
        ),
        parts=(
            Part(
                "pad", (("warm pad", 0.8), ("choir", 0.1), ("string section", 0.1)),
                ("whole", "late whole", "halves"), centre=60, gain_db=-6,
            ),
            Part(
                "bass", (("synth bass", 0.4), ("warm pad", 0.6)), ("drone",),
                gain_db=-8,
            ),
            Part(
                "counter", (("synth pluck", 0.5), ("harp", 0.3), ("kalimba", 0.2)),
                ("arpeggio slow", "arpeggio up", "arpeggio leap"),
                centre=72, gain_db=-15, presence=0.35,
            ),
        ),
        colours=("ninth", "added", "spread"),
        idiom=Idiom((("long", 0.6), ("sparse", 0.3), ("even", 0.1)), ("still", "epic")),
        spaces=(("cathedral", 0.8), ("hall", 0.2)), humanise_seconds=0.02,
        waltz=0.1, drums_db=0, bpm=(50.0, 100.0),
        dynamics=(("steady", 0.4), ("builds", 0.25), ("relaxes", 0.2),
                  ("enters", 0.15)),
    ),
    "lo-fi hip hop": Style(
        tempo=(0.75, 0.25, 0.0), minor=0.55, energy=(0.6, 0.4, 0.0),
        drums=0.93, kits=(("808", 0.35), ("acoustic", 0.35), ("electronic", 0.3)),
        grooves=(
            ("boom bap soft", "boom bap", "two step"),
            ("boom bap", "boom bap late", "broken", "trap"),
            ("boom bap late", "broken", "trap"),
        ),
        leads=(
            ("electric piano", 0.25), ("electric guitar", 0.15), ("saxophone", 0.12),
            ("vibraphone", 0.12), ("flute", 0.1), ("nylon guitar", 0.1),
            ("kalimba", 0.08), ("muted trumpet", 0.08),
        ),
        parts=(
            Part(
                "chords",
                (("electric piano", 0.55), ("piano", 0.25), ("nylon guitar", 0.2)),
                ("halves", "late", "charleston", "charleston late", "comp two"),
                centre=60, gain_db=-8,
            ),
            Part(
                "bass", (("bass guitar", 0.45), ("upright bass", 0.35),
                         ("synth bass", 0.2)),
                ("sub", "lazy", "boom bap", "boom bap slide"), gain_db=-5,
            ),
        ),
        colours=("seventh", "ninth", "rootless"),
        idiom=Idiom(
            (("syncopated", 0.4), ("sparse", 0.25), ("triplet", 0.15), ("even", 0.2)),
            ("jazz", "song"),
        ),
        spaces=(("room", 0.8), ("dry", 0.2)), swing=0.3, bpm=(66.0, 98.0),
        drums_db=-2, humanise_seconds=0.012, late_seconds=0.012, tone_hz=5200.0,
        crackle=0.02,
    ),
    "techno": Style(
        tempo=(0.0, 0.15, 0.85), minor=0.85, energy=(0.0, 0.25, 0.75),
        drums=0.97, kits=(("electronic", 0.75), ("808", 0.25)),
        grooves=(
            ("four plain",),
            ("four on the floor", "four rumble", "four ride"),
            ("four on the floor busy", "four on the floor", "four rumble", "four ride"),
        ),
        leads=(("saw lead", 0.4), ("synth pluck", 0.25), ("organ", 0.1),
               ("marimba", 0.12), ("synth brass", 0.13)),
        parts=(
            Part(
                "chords", (("saw lead", 0.7), ("synth pluck", 0.3)),
                ("stabs", "stabs late", "stabs syncopated"),
                centre=62, gain_db=-13, presence=0.7,
            ),
            Part(
                "bass", (("synth bass", 1.0),),
                ("offbeat", "rolling", "octaves", "acid"), gain_db=-3,
            ),
            Part(
                "pad", (("warm pad", 1.0),), ("whole",),
                centre=60, gain_db=-15, presence=0.3,
            ),
        ),
        colours=("triad", "plain triad", "power"),
        idiom=Idiom(
            (("syncopated", 0.45), ("running", 0.3), ("even", 0.15), ("sparse", 0.1)),
            ("still", "epic"),
        ),
        spaces=(("room", 0.7), ("hall", 0.3)), bpm=(100.0, 150.0),
        dynamics=_LOOPED, drums_db=1, humanise_seconds=0.0,
    ),
    "synthwave": Style(
        tempo=(0.15, 0.65, 0.2), minor=0.75, energy=(0.1, 0.5, 0.4),
        drums=0.92, kits=(("electro", 0.5), ("electronic", 0.3), ("808", 0.2)),
        grooves=(
            ("synthwave sparse",),
            ("synthwave", "synthwave sparse", "synthwave toms"),
            ("synthwave", "synthwave toms", "disco"),
        ),
        leads=(("saw lead", 0.4), ("synth brass", 0.15), ("synth pluck", 0.12),
               ("electric guitar", 0.15), ("saxophone", 0.18)),
        parts=(
            Part(
                "pad", (("warm pad", 0.8), ("synth brass", 0.2)), ("whole", "halves"),
                centre=60, gain_db=-9,
            ),
            Part(
                "bass", (("synth bass", 1.0),),
                ("eighths", "eighths push", "octaves", "gallop"), gain_db=-4,
            ),
            Part(
                "counter",
                (("synth pluck", 0.5), ("chip lead", 0.2), ("saw lead", 0.3)),
                ("arpeggio", "arpeggio turn", "arpeggio leap"),
                centre=69, gain_db=-14, presence=0.45,
            ),
        ),
        colours=("triad", "added"),
        idiom=Idiom(
            (("long", 0.3), ("dotted", 0.2), ("syncopated", 0.3), ("even", 0.2)),
            ("epic", "song"),
        ),
        spaces=(("hall", 1.0),), dynamics=_LOOPED, bpm=(70.0, 140.0),
        drums_db=-1, humanise_seconds=0.0,
    ),
}  # fmt: skip
