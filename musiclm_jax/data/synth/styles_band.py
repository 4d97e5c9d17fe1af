"""Styles of bands with a rhythm section, as plain data."""

from musiclm_jax.data.synth.melody import Idiom
from musiclm_jax.data.synth.styles import Part, Style

STYLES = {
    "rock": Style(
        tempo=(0.1, 0.35, 0.55), minor=0.5, energy=(0.08, 0.27, 0.65),
        drums=0.95, kits=(("acoustic", 0.3), ("room", 0.35), ("power", 0.35)),
        grooves=(
            ("half time", "slow blues", "rock"),
            ("rock", "rock push", "rock ride", "rock toms", "shuffle"),
            ("rock drive", "rock push", "punk", "half time heavy", "rock toms"),
        ),
        leads=(
            ("distorted guitar", 0.5), ("electric guitar", 0.16), ("organ", 0.12),
            ("piano", 0.08), ("saxophone", 0.06), ("harmonica", 0.08),
        ),
        parts=(
            Part(
                "chords", (("distorted guitar", 0.75), ("electric guitar", 0.25)),
                ("power hold", "power push", "strum down", "power", "power stops",
                 "gallop"),
                centre=50, gain_db=-9,
            ),
            Part(
                "bass", (("bass guitar", 1.0),),
                ("pushes", "quarters", "riff", "eighths", "gallop"), gain_db=-5,
            ),
            Part(
                "double", (("distorted guitar", 1.0),), ("octave below",),
                gain_db=-9, presence=0.15,
            ),
        ),
        colours=("power",),
        idiom=Idiom(
            (("even", 0.25), ("syncopated", 0.35), ("running", 0.15), ("dotted", 0.1),
             ("triplet", 0.15)),
            ("song", "blues", "epic"),
        ),
        spaces=(("room", 0.8), ("hall", 0.2)), six=0.08, drums_db=-3,
    ),
    "jazz trio": Style(
        tempo=(0.25, 0.25, 0.5), minor=0.4, energy=(0.3, 0.5, 0.2),
        drums=0.85, kits=(("brushes", 0.4), ("jazz", 0.6)),
        grooves=(
            ("brushes", "swing light"), ("swing", "swing light", "swing busy"),
            ("swing busy", "swing shout", "swing"),
        ),
        leads=(
            ("piano", 0.28), ("saxophone", 0.27), ("vibraphone", 0.1),
            ("electric guitar", 0.13), ("muted trumpet", 0.12), ("clarinet", 0.1),
        ),
        parts=(
            Part(
                "chords", (("piano", 1.0),),
                ("charleston", "charleston late", "comp two", "comp", "comp three",
                 "comp busy"),
                centre=60, gain_db=-11,
            ),
            Part(
                "bass", (("upright bass", 1.0),),
                ("two feel", "root fifth walk", "walking", "walking skip"), gain_db=-4,
            ),
        ),
        colours=("rootless", "ninth", "seventh", "sixth"),
        idiom=Idiom(
            (("syncopated", 0.4), ("triplet", 0.3), ("even", 0.15), ("running", 0.15)),
            ("jazz", "blues"),
        ),
        spaces=(("room", 1.0),), swing=0.33, drums_db=-1, waltz=0.08,
        humanise_seconds=0.012, late_seconds=0.015,
        dynamics=(("steady", 0.5), ("builds", 0.12), ("relaxes", 0.13),
                  ("enters", 0.15), ("stops", 0.1)),
    ),
    "reggae": Style(
        tempo=(0.55, 0.45, 0.0), minor=0.4, energy=(0.4, 0.6, 0.0),
        drums=0.95, kits=(("acoustic", 0.6), ("room", 0.4)),
        grooves=(
            ("one drop", "rockers"), ("one drop", "steppers", "rockers"), ("steppers",),
        ),
        leads=(("organ", 0.22), ("trumpet", 0.18), ("electric guitar", 0.2),
               ("saxophone", 0.15), ("trombone", 0.1), ("steel drums", 0.15)),
        parts=(
            Part(
                "chords", (("electric guitar", 0.7), ("piano", 0.3)),
                ("half skank", "skank", "skank", "skank double"),
                centre=62, gain_db=-7,
            ),
            Part(
                "counter", (("organ", 1.0),), ("bubble", "bubble four"),
                centre=60, gain_db=-12, presence=0.5,
            ),
            Part(
                "bass", (("bass guitar", 1.0),), ("one drop", "roots", "steppers"),
                gain_db=-2,
            ),
        ),
        colours=("triad", "plain triad"),
        idiom=Idiom(
            (("syncopated", 0.4), ("even", 0.3), ("sparse", 0.15), ("triplet", 0.15)),
            ("song", "still"),
        ),
        spaces=(("room", 0.7), ("hall", 0.3)), drums_db=-2, bpm=(62.0, 116.0),
        late_seconds=0.01,
    ),
    "bossa nova": Style(
        tempo=(0.15, 0.6, 0.25), minor=0.45, energy=(0.6, 0.4, 0.0),
        drums=0.8, kits=(("brushes", 0.5), ("percussion", 0.25), ("jazz", 0.25)),
        grooves=(
            ("bossa soft", "congas"), ("bossa", "rumba", "samba", "congas"), ("samba",),
        ),
        leads=(("flute", 0.22), ("saxophone", 0.16), ("nylon guitar", 0.24),
               ("piano", 0.15), ("muted trumpet", 0.08), ("vibraphone", 0.08),
               ("whistle", 0.07)),
        parts=(
            Part(
                "chords", (("nylon guitar", 0.85), ("piano", 0.15)),
                ("bossa slow", "bossa", "bossa split", "montuno"),
                centre=58, gain_db=-8,
            ),
            Part(
                "bass", (("upright bass", 0.8), ("bass guitar", 0.2)),
                ("bossa", "bossa", "samba", "tumbao"), gain_db=-5,
            ),
        ),
        colours=("seventh", "ninth", "sixth"),
        idiom=Idiom(
            (("syncopated", 0.6), ("long", 0.15), ("even", 0.15), ("sparse", 0.1)),
            ("jazz", "song"),
        ),
        spaces=(("room", 1.0),), drums_db=0, humanise_seconds=0.008,
        late_seconds=0.008, bpm=(60.0, 150.0),
    ),
    "funk": Style(
        tempo=(0.05, 0.75, 0.2), minor=0.6, energy=(0.05, 0.35, 0.6),
        drums=0.97, kits=(("acoustic", 0.6), ("power", 0.2), ("room", 0.2)),
        grooves=(
            ("funk sparse", "motown"), ("funk", "funk bell", "disco", "funk sparse"),
            ("funk busy", "funk", "disco", "funk bell"),
        ),
        leads=(("brass section", 0.28), ("saxophone", 0.17), ("organ", 0.17),
               ("electric guitar", 0.15), ("clavinet", 0.12), ("trumpet", 0.11)),
        parts=(
            Part(
                "chords", (("electric guitar", 0.65), ("clavinet", 0.35)),
                ("chuck sparse", "chuck", "chuck sixteens"),
                centre=65, gain_db=-8,
            ),
            Part(
                "bass", (("bass guitar", 1.0),),
                ("funk rest", "syncopated", "disco", "slap"), gain_db=-3,
            ),
            Part(
                "counter", (("brass section", 1.0),), ("stabs late",),
                centre=66, gain_db=-11, presence=0.25,
            ),
        ),
        colours=("ninth", "seventh"),
        idiom=Idiom(
            (("syncopated", 0.55), ("running", 0.25), ("even", 0.1), ("sparse", 0.1)),
            ("still", "blues", "jazz"),
        ),
        spaces=(("dry", 0.5), ("room", 0.5)), drums_db=-2, bpm=(76.0, 134.0),
        dynamics=(("steady", 0.4), ("builds", 0.15), ("drops", 0.2), ("enters", 0.1),
                  ("stops", 0.15)),
    ),
}  # fmt: skip
