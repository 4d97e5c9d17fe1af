"""Grooves of drums in four beats, as plain data: one character a sixteenth note.

"." nothing, "o" ghost, "x" stroke, "X" accent.
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
