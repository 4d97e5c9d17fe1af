"""Grooves of drums by metre: those of three beats and of six eighths beside the fours.

Bars of both have twelve steps.
"""

from musiclm_jax.data.synth.grooves import FOURS, Groove

THREES: dict[str, Groove] = {
    "waltz soft": {"kick": "x...........", "rim": "....o...o..."},
    "waltz": {"kick": "X...........", "snare": "....x...x...", "ride": "x...x...x..."},
    "waltz swing": {
        "ride": "X...x.x.x...",
        "closed hat": "....x.......",
        "kick": "o.......o...",
    },
    "waltz rock": {
        "kick": "X.........x.",
        "snare": "....X...X...",
        "closed hat": "x.x.x.x.x.x.",
    },
    "waltz march": {"kick": "X...........", "snare": "....X.xxX.x."},
    "waltz taiko": {"low tom": "X.......x.x.", "kick": "X..........."},
}
"""Grooves of three beats."""

SIXES: dict[str, Groove] = {
    "six soft": {"kick": "x...........", "shaker": "x.o.o.x.o.o."},
    "six": {
        "kick": "X.........x.",
        "snare": "......X.....",
        "closed hat": "x.x.x.x.x.x.",
    },
    "six ride": {
        "kick": "X...x.......",
        "snare": "......X...o.",
        "ride": "X.x.x.X.x.x.",
    },
    "six march": {"kick": "X.....x.....", "snare": "x.x.xxX.x.x."},
    "six jig": {"kick": "X.....X.....", "tambourine": "x.x.x.X.x.x."},
    "six taiko": {"low tom": "X.x.x.X.x.xx", "kick": "X..........."},
}
"""Grooves of six eighths, two steps an eighth."""

# By what a kit is played like; from calm to energetic.
_SOFT, _LOUD, _SWUNG = "soft", "loud", "swung"
_MARCHED, _DEEP = "marched", "deep"
_KIT_MANNERS = {
    "acoustic": _LOUD, "room": _LOUD, "power": _LOUD, "jazz": _SWUNG,
    "brushes": _SOFT, "electronic": _LOUD, "electro": _LOUD, "808": _LOUD,
    "chip": _LOUD, "marching": _MARCHED, "taiko": _DEEP, "percussion": _SOFT,
}  # fmt: skip
OTHER_METRES: dict[int, dict[str, tuple[str, str, str]]] = {
    3: {
        _SOFT: ("waltz soft", "waltz soft", "waltz"),
        _LOUD: ("waltz", "waltz rock", "waltz rock"),
        _SWUNG: ("waltz swing", "waltz swing", "waltz swing"),
        _MARCHED: ("waltz soft", "waltz march", "waltz march"),
        _DEEP: ("waltz taiko", "waltz taiko", "waltz taiko"),
    },
    2: {
        _SOFT: ("six soft", "six soft", "six jig"),
        _LOUD: ("six", "six", "six ride"),
        _SWUNG: ("six ride", "six ride", "six ride"),
        _MARCHED: ("six march", "six march", "six march"),
        _DEEP: ("six taiko", "six taiko", "six taiko"),
    },
}
"""Beats in a bar -> manner -> groove of each energy."""

GROOVES = {4: FOURS, 3: THREES, 2: SIXES}
"""Beats in a bar -> name -> groove."""


def in_metre(beats_per_bar: int, kit: str, energy: int) -> str:
    """Names the groove of a metre other than four beats.

    Args:
        beats_per_bar: 3, or 2 of three eighths each.
        kit: a name of `piece.DRUM_KITS`.
        energy: 0 to 2, calm to energetic.
    """
    return OTHER_METRES[beats_per_bar][_KIT_MANNERS[kit]][energy]
