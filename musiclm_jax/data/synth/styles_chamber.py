"""Styles without a rhythm section, as plain data: rooms, halls, streets."""

from musiclm_jax.data.synth.melody import Idiom
from musiclm_jax.data.synth.styles import Part, Style, Weighted

_NO_KIT: Weighted = (("percussion", 1.0),)
_NO_GROOVES = (("pulse",), ("pulse",), ("pulse",))

STYLES = {
    "string quartet": Style(
        tempo=(0.3, 0.4, 0.3), minor=0.5, energy=(0.35, 0.4, 0.25),
        drums=0.0, kits=_NO_KIT, grooves=_NO_GROOVES,
        leads=(("violin", 0.75), ("cello", 0.25)),
        parts=(
            Part(
                "chords", (("violin", 0.7), ("pizzicato strings", 0.15),
                           ("string section", 0.15)),
                ("whole", "halves", "half and quarters", "quarters", "spiccato"),
                centre=62, gain_db=-9,
            ),
            Part(
                "bass", (("cello", 1.0),),
                ("halves", "root fifth", "quarters", "eighths"), gain_db=-6,
            ),
        ),
        colours=("triad", "plain triad", "seventh"),
        idiom=Idiom(
            (("even", 0.35), ("dotted", 0.2), ("long", 0.2), ("running", 0.25)),
            ("song", "march"),
        ),
        spaces=(("hall", 0.6), ("room", 0.4)), waltz=0.2, six=0.06,
        humanise_seconds=0.012,
    ),
    "solo piano": Style(
        tempo=(0.4, 0.35, 0.25), minor=0.5, energy=(0.5, 0.35, 0.15),
        drums=0.0, kits=_NO_KIT, grooves=_NO_GROOVES,
        leads=(("piano", 1.0),),
        parts=(
            Part(
                "chords", (("piano", 1.0),),
                ("whole", "arpeggio slow", "boom chick", "alberti", "rolling",
                 "arpeggio leap", "quarters", "ostinato"),
                centre=55, gain_db=-9,
            ),
            Part(
                "bass", (("piano", 1.0),), ("drone", "halves", "root fifth"),
                gain_db=-10, presence=0.7,
            ),
        ),
        colours=("triad", "open", "added", "seventh"),
        idiom=Idiom(
            (("even", 0.25), ("long", 0.2), ("running", 0.2), ("dotted", 0.15),
             ("triplet", 0.1), ("syncopated", 0.1)),
            ("song", "epic", "jazz"),
        ),
        spaces=(("room", 0.6), ("hall", 0.4)), waltz=0.2, six=0.1,
        humanise_seconds=0.012,
    ),
    "folk guitar": Style(
        tempo=(0.25, 0.45, 0.3), minor=0.3, energy=(0.4, 0.45, 0.15),
        drums=0.2, kits=(("brushes", 0.6), ("percussion", 0.4)),
        grooves=(("shaker",), ("folk", "shaker", "train"), ("stomp", "train", "folk")),
        leads=(("acoustic guitar", 0.33), ("flute", 0.1), ("violin", 0.2),
               ("banjo", 0.12), ("harmonica", 0.13), ("accordion", 0.07),
               ("recorder", 0.05)),
        parts=(
            Part(
                "chords", (("acoustic guitar", 0.9), ("nylon guitar", 0.1)),
                ("fingers slow", "fingers", "fingers roll", "travis", "boom chick",
                 "strum down", "strum", "strum island", "strum busy"),
                centre=56, gain_db=-8,
            ),
            Part(
                "bass", (("upright bass", 1.0),), ("root fifth", "two feel"),
                gain_db=-7, presence=0.35,
            ),
        ),
        colours=("triad", "added"),
        idiom=Idiom(
            (("even", 0.4), ("dotted", 0.2), ("running", 0.2), ("syncopated", 0.2)),
            ("song", "march"),
        ),
        spaces=(("room", 0.7), ("dry", 0.3)), waltz=0.18, six=0.15,
        drums_db=1, humanise_seconds=0.01,
    ),
    "film score": Style(
        tempo=(0.45, 0.3, 0.25), minor=0.7, energy=(0.25, 0.35, 0.4),
        drums=0.5, kits=(("taiko", 0.65), ("marching", 0.35)),
        grooves=(("taiko",), ("taiko", "taiko pulse"), ("taiko busy", "taiko pulse")),
        leads=(("string section", 0.3), ("french horn", 0.2), ("brass section", 0.14),
               ("violin", 0.08), ("oboe", 0.08), ("flute", 0.08), ("piano", 0.06),
               ("choir", 0.06)),
        parts=(
            Part(
                "pad", (("string section", 0.85), ("choir", 0.15)),
                ("whole", "halves", "half and quarters", "tremolo"),
                centre=62, gain_db=-8,
            ),
            Part(
                "counter", (("string section", 0.35), ("harp", 0.25), ("choir", 0.1),
                            ("pizzicato strings", 0.1), ("french horn", 0.2)),
                ("arpeggio slow", "whole", "arpeggio up", "spiccato", "ostinato",
                 "spiccato busy"),
                centre=58, gain_db=-11, presence=0.7,
            ),
            Part(
                "double", (("french horn", 0.4), ("string section", 0.6)),
                ("octave below", "octave above"), gain_db=-7, presence=0.4,
            ),
            Part(
                "bass", (("cello", 0.6), ("trombone", 0.25), ("tuba", 0.15)),
                ("drone", "halves", "quarters", "eighths"), gain_db=-6,
            ),
        ),
        colours=("triad", "spread", "added"),
        idiom=Idiom(
            (("long", 0.5), ("dotted", 0.25), ("even", 0.15), ("triplet", 0.1)),
            ("epic", "still"),
        ),
        spaces=(("hall", 0.7), ("cathedral", 0.3)), waltz=0.12, six=0.08,
        dynamics=(("steady", 0.25), ("builds", 0.5), ("relaxes", 0.1),
                  ("enters", 0.15)),
        humanise_seconds=0.01, drums_db=1,
    ),
    "music box lullaby": Style(
        tempo=(0.7, 0.3, 0.0), minor=0.2, energy=(0.95, 0.05, 0.0),
        drums=0.0, kits=_NO_KIT, grooves=_NO_GROOVES,
        leads=(("music box", 0.6), ("glockenspiel", 0.12), ("hummed voice", 0.1),
               ("kalimba", 0.06), ("flute", 0.06), ("harp", 0.06)),
        parts=(
            Part(
                "chords", (("music box", 1.0),),
                ("whole", "arpeggio slow", "fingers slow", "arpeggio up"),
                centre=72, gain_db=-9,
            ),
        ),
        colours=("open", "plain triad"),
        idiom=Idiom((("even", 0.5), ("long", 0.3), ("dotted", 0.2)), ("song", "march")),
        spaces=(("room", 0.5), ("hall", 0.5)), waltz=0.4, six=0.2, bpm=(50.0, 112.0),
        dynamics=(("steady", 0.5), ("relaxes", 0.3), ("enters", 0.2)),
    ),
    "brass march": Style(
        tempo=(0.05, 0.6, 0.35), minor=0.2, energy=(0.05, 0.4, 0.55),
        drums=0.85, kits=(("marching", 1.0),),
        grooves=(("march",), ("march", "march steady"), ("march busy", "march roll",
                 "march steady")),
        leads=(("trumpet", 0.5), ("flute", 0.12), ("clarinet", 0.14),
               ("brass section", 0.12), ("accordion", 0.06), ("trombone", 0.06)),
        parts=(
            Part(
                "chords", (("brass section", 0.4), ("french horn", 0.4),
                           ("trombone", 0.2)),
                ("oom pah", "oom pah", "oom pah busy", "fanfare"),
                centre=58, gain_db=-8,
            ),
            Part(
                "double", (("clarinet", 0.4), ("flute", 0.25), ("trumpet", 0.35)),
                ("octave above", "unison", "octave below"),
                gain_db=-8, presence=0.55,
            ),
            Part("bass", (("tuba", 0.9), ("trombone", 0.1)), ("march", "march busy"),
                 gain_db=-4),
        ),
        colours=("plain triad", "triad"),
        idiom=Idiom(
            (("dotted", 0.4), ("even", 0.35), ("running", 0.15), ("triplet", 0.1)),
            ("march", "song"),
        ),
        spaces=(("hall", 0.5), ("room", 0.5)), drums_db=-3, six=0.12, waltz=0.04,
        bpm=(70.0, 150.0),
    ),
}  # fmt: skip
