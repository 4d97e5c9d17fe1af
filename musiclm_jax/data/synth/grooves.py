"""Grooves of drums, as plain data: one character a step.

"." nothing, "o" ghost, "x" stroke, "X" accent. Bars of four beats have sixteen steps;
bars of three, and of six eighths, have twelve.
"""

Groove = dict[str, str]

FOURS: dict[str, Groove] = {
    "rock": {
        "kick": "X.......x.x.....",
        "snare": "....X.......X...",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "rock push": {
        "kick": "X..x..x...x.....",
        "snare": "....X.......X..o",
        "closed hat": "X.x.X.x.X.x.X.x.",
    },
    "rock ride": {
        "kick": "X.....x.x.......",
        "snare": "....X.......X...",
        "ride": "X.x.X.x.X.x.X.x.",
    },
    "rock drive": {
        "kick": "X.x...x.X.x.....",
        "snare": "....X.......X..o",
        "open hat": "X...X...X...X...",
        "closed hat": "..x...x...x...x.",
    },
    "rock toms": {
        "low tom": "X.x.x.x.X.x.x.x.",
        "snare": "....X.......X...",
        "kick": "X.......X.......",
    },
    "punk": {
        "kick": "X...X...X...X...",
        "snare": "..X...X...X...X.",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "half time": {
        "kick": "X.....x.........",
        "snare": "........X.......",
        "closed hat": "x...x...x...x...",
    },
    "half time heavy": {
        "kick": "X..x......x.....",
        "snare": "........X.......",
        "crash": "X...............",
        "open hat": "....x...x...x...",
    },
    "slow blues": {
        "kick": "X.......X..x....",
        "snare": "....X.......X...",
        "ride": "X..xX..xX..xX..x",
    },
    "motown": {
        "kick": "X.....x.X.....x.",
        "snare": "X...X...X...X...",
        "tambourine": "..x...x...x...x.",
    },
    "disco": {
        "kick": "X...X...X...X...",
        "snare": "....X.......X...",
        "open hat": "..x...x...x...x.",
        "closed hat": "x...x...x...x...",
    },
    "four on the floor": {
        "kick": "X...X...X...X...",
        "clap": "....x.......x...",
        "open hat": "..x...x...x...x.",
    },
    "four on the floor busy": {
        "kick": "X...X...X...X...",
        "clap": "....X.......X..o",
        "closed hat": "xoxoxoxoxoxoxoxo",
        "open hat": "..X...X...X...X.",
    },
    "four plain": {"kick": "X...X...X...X...", "closed hat": "..x...x...x...x."},
    "four rumble": {
        "kick": "X...X...X...X...",
        "rim": "..x..x....x..x..",
        "closed hat": "xxxxxxxxxxxxxxxx",
    },
    "four ride": {
        "kick": "X...X...X...X...",
        "clap": "....X.......X...",
        "ride": "..X...X...X...X.",
        "shaker": "xoxoxoxoxoxoxoxo",
    },
    "broken": {
        "kick": "X..x......x..x..",
        "snare": "....X..o....X...",
        "closed hat": "x.xox.xox.xox.xo",
    },
    "two step": {
        "kick": "X.........x.....",
        "snare": "....X.......X...",
        "closed hat": "x.x.xxx.x.x.xxx.",
    },
    "trap": {
        "kick": "X......x..x.....",
        "snare": "........X.......",
        "closed hat": "x.x.x.xxx.x.xxxx",
        "open hat": "......x.........",
    },
    "boom bap": {
        "kick": "X......x..X.....",
        "snare": "....X.......X...",
        "closed hat": "x.x.x.xox.x.x.x.",
    },
    "boom bap late": {
        "kick": "X..x.....xx.....",
        "snare": "....X.......X..o",
        "closed hat": "x.x.x.x.x.x.x.x.",
        "shaker": "..o...o...o...o.",
    },
    "boom bap soft": {
        "kick": "X.........x.....",
        "rim": "....X.......X...",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "swing": {
        "ride": "X...x.x.X...x.x.",
        "closed hat": "....x.......x...",
        "kick": "o.......o.......",
    },
    "swing light": {"ride": "X...x.x.X...x.x.", "closed hat": "....x.......x..."},
    "swing busy": {
        "ride": "X...x.x.X...x.x.",
        "closed hat": "....X.......X...",
        "snare": "......o...x....o",
        "kick": "x.....o...o.....",
    },
    "swing shout": {
        "ride": "X...X.x.X...X.x.",
        "closed hat": "....X.......X...",
        "snare": "..x...o...X.....",
        "kick": "X...x...x.....x.",
    },
    "shuffle": {
        "kick": "X.......X.....x.",
        "snare": "....X.......X...",
        "closed hat": "X.x.X.x.X.x.X.x.",
    },
    "brushes": {
        "snare": "o...x...o...x...",
        "kick": "x.......o.......",
        "ride": "x...o.o.x...o.o.",
    },
    "bossa": {
        "kick": "X..x..x.X..x..x.",
        "rim": "X..x..x...x..x..",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "bossa soft": {
        "kick": "x..o....x..o....",
        "rim": "x..x..x...x..x..",
        "shaker": "x.x.x.x.x.x.x.x.",
    },
    "samba": {
        "kick": "x..xX..xx..xX..x",
        "rim": "x.x..x.x.x..x.x.",
        "shaker": "XoxxXoxxXoxxXoxx",
    },
    "rumba": {
        "claves": "X..X...X..X.X...",
        "low conga": "......xx......xx",
        "high conga": "x..x....x..x....",
        "kick": "X.......X.......",
    },
    "congas": {
        "low conga": "......xx......xx",
        "high conga": "x...x...x...x...",
        "shaker": "x.x.x.x.x.x.x.x.",
    },
    "one drop": {
        "kick": "........X.......",
        "rim": "........X.....o.",
        "closed hat": "x.xox.x.x.xox.x.",
    },
    "rockers": {
        "kick": "X.......X.......",
        "rim": "....X.......X...",
        "closed hat": "x.x.x.xxx.x.x.x.",
    },
    "steppers": {
        "kick": "X...X...X...X...",
        "snare": "........X......o",
        "closed hat": "x.x.x.xxx.x.x.xx",
    },
    "funk": {
        "kick": "X.x....x..x.....",
        "snare": "....X..o.o..X..o",
        "closed hat": "xxxxxxxxxxxxxx.x",
    },
    "funk sparse": {
        "kick": "X.....x...x.....",
        "snare": "....X.......X...",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "funk busy": {
        "kick": "X.xx...x..x..x..",
        "snare": "....X..o.oo.X.oo",
        "closed hat": "xxxxxxxxxxxxxx..",
        "open hat": "..............x.",
    },
    "funk bell": {
        "kick": "X..x..x...x..x..",
        "snare": "....X..o....X..o",
        "cowbell": "x...x...x...x...",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "synthwave": {
        "kick": "X...x...X...x...",
        "snare": "....X.......X...",
        "closed hat": "x.xxx.xxx.xxx.xx",
    },
    "synthwave sparse": {
        "kick": "X.......X.......",
        "snare": "....X.......X...",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "synthwave toms": {
        "kick": "X.....x.X.......",
        "snare": "....X.......X...",
        "closed hat": "x.x.x.x.x.x.x.x.",
        "low tom": "..............x.",
        "mid tom": "............x...",
    },
    "chip": {
        "kick": "X.......X.......",
        "snare": "....X.......X...",
        "noise": "x.x.x.x.x.x.x.x.",
    },
    "chip busy": {
        "kick": "X..x..x.X..x..x.",
        "snare": "....X.......X.xx",
        "noise": "x.xxx.xxx.xxx.xx",
    },
    "chip gallop": {
        "kick": "X.xxX.xxX.xxX.xx",
        "snare": "....X.......X...",
        "noise": "..x...x...x...x.",
    },
    "march": {"kick": "X.......X.......", "snare": "x...x.xxx...x.x."},
    "march steady": {"kick": "X...x...X...x...", "snare": "X.x.X.xxX.x.X.x."},
    "march roll": {
        "kick": "X.......X.......",
        "snare": "xoooX.xxxoooX.x.",
        "crash": "X.......x.......",
    },
    "march busy": {
        "kick": "X...x...X...x...",
        "snare": "X.xxx.xxX.xxxxxx",
        "crash": "X...............",
    },
    "taiko": {"low tom": "X.......x..x....", "kick": "X.......x......."},
    "taiko pulse": {
        "low tom": "X.xxX.xxX.xxX.xx",
        "kick": "X...............",
    },
    "taiko busy": {
        "low tom": "X..x..x.X.x.x.xx",
        "high tom": "......o.....o...",
        "kick": "X.......X.......",
        "crash": "X...............",
    },
    "shaker": {"shaker": "x.o.x.o.x.o.x.o.", "kick": "x.......x......."},
    "folk": {
        "kick": "X.......x.......",
        "shaker": "x.xox.xox.xox.xo",
        "rim": "....x.......x...",
    },
    "stomp": {
        "kick": "X...X...X...X...",
        "clap": "....X.......X...",
        "tambourine": "..x...x...x...x.",
    },
    "train": {
        "kick": "X...x...X...x...",
        "snare": "ooXoooXoooXoooXo",
    },
    "pulse": {"kick": "x...............", "shaker": "o...x...o...x..."},
}
"""Grooves of four beats."""

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
