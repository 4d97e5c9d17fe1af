"""One player alone: a passage of any instrument or voice, or a drummer's."""

from musiclm_jax.data.synth import piece
from musiclm_jax.data.synth.melody import Idiom
from musiclm_jax.data.synth.rhythms import FEELS
from musiclm_jax.data.synth.styles import LEAD_CENTRES, SAME, Part, Style

_EVERY_SPACE = (("dry", 0.25), ("room", 0.4), ("hall", 0.25), ("cathedral", 0.1))
# Nothing else in the corpus sings, hums or whistles so plainly.
_OFTEN = {"hummed voice": 3.0, "whistle": 3.0, "sung voice": 2.0}

STYLES = {
    "solo passage": Style(
        tempo=(0.35, 0.35, 0.3), minor=0.5, energy=(0.4, 0.35, 0.25),
        drums=0.0, kits=(("percussion", 1.0),),
        grooves=(("pulse",), ("pulse",), ("pulse",)),
        leads=tuple((timbre, _OFTEN.get(timbre, 1.0)) for timbre in LEAD_CENTRES),
        parts=(
            Part(
                "chords", ((SAME, 1.0),),
                ("whole", "arpeggio slow", "halves", "fingers", "strum down", "alberti",
                 "arpeggio up", "rolling"),
                centre=55, gain_db=-8, presence=0.55,
            ),
        ),
        colours=("triad", "plain triad", "open", "seventh"),
        idiom=Idiom(
            tuple((feel, 1.0) for feel in FEELS),
            ("song", "jazz", "blues", "epic", "march"),
        ),
        spaces=_EVERY_SPACE, waltz=0.15, six=0.1, humanise_seconds=0.012,
        dynamics=(("steady", 0.5), ("builds", 0.25), ("relaxes", 0.25)), share=2.0,
    ),
    # What is drummed is another style's.
    "drums alone": Style(
        tempo=(0.25, 0.35, 0.4), minor=0.5, energy=(0.2, 0.4, 0.4),
        drums=1.0, kits=(("acoustic", 1.0),), grooves=(("rock",), ("rock",), ("rock",)),
        leads=((piece.NOTHING, 1.0),), parts=(),
        colours=("triad",), idiom=Idiom((("even", 1.0),), ("song",)),
        spaces=_EVERY_SPACE, six=0.05, waltz=0.05,
        dynamics=(("steady", 0.6), ("builds", 0.25), ("relaxes", 0.15)),
    ),
}  # fmt: skip
