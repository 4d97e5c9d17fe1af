"""Rhythms of accompaniment, as plain data: one character a sixteenth note.

Chords and bass: "." rest, "-" hold, digits a single tone counted from the lowest
(of the chord, or root, third, fifth, octave of the bass), "x" all tones, "X" accented.
Drums: "." nothing, "o" ghost, "x" stroke, "X" accent. Bars of three beats use the
first twelve characters.
"""

STEPS_PER_BEAT = 4

CHORDS = {
    "whole": "x---------------",
    "halves": "x-------x-------",
    "quarters": "X---x---x---x---",
    "eighths": "X-x-x-x-X-x-x-x-",
    "pulse": "X-x-X-x-X-x-X-x-",
    "power": "X-x-x-x-x-x-x-x-",
    "power hold": "X-----x-X-----x-",
    "late": "..x-----..x-----",
    "charleston": "x-----x-........",
    "comp": "..x-..x-....x-..",
    "comp busy": "x--x..x...x-..x-",
    "skank": "..X...x...X...x.",
    "half skank": "....X-......X-..",
    "strum": "X---x-x-..x-x-x-",
    "strum busy": "X-x-x-xxX-x-x-xx",
    "fingers": "1-3-2-4-1-3-2-4-",
    "fingers slow": "1---3---2---3---",
    "travis": "1-3-2-3-1-4-2-3-",
    "alberti": "1-3-2-3-1-3-2-3-",
    "rolling": "1-2-3-4-3-2-3-2-",
    "arpeggio": "1234123412341234",
    "arpeggio wide": "1324132413241324",
    "arpeggio slow": "1---2---3---4---",
    "arpeggio up": "1-2-3-4-1-2-3-4-",
    "bossa": "x--x--x---x--x--",
    "bossa slow": "x---..x-x---..x-",
    "stabs": "..x...x...x...x.",
    "stabs syncopated": "x..x..x...x..x..",
    "chuck": "..xx.xX...xx.xX.",
    "chuck sparse": "....X.......X.x.",
    "oom pah": "....X.......X...",
    "oom pah busy": "..X...X...X...X.",
    "bubble": "..x.xx....x.xx..",
    "tremolo": "xxxxxxxxxxxxxxxx",
    "gallop": "X-xxX-xxX-xxX-xx",
}

BASS = {
    "drone": "1---------------",
    "halves": "1-------1-------",
    "root fifth": "1-------3-------",
    "quarters": "1---1---1---1---",
    "eighths": "1-1-1-1-1-1-1-1-",
    "octaves": "1.4.1.4.1.4.1.4.",
    "offbeat": "..1...1...1...1.",
    "rolling": ".111.111.111.111",
    "acid": "1.14..1.4.1..14.",
    "walking": "1---2---3---4---",
    "walking down": "4---3---2---3---",
    "two beat": "1---..3-3---..1-",
    "bossa": "1-----3-3-----1-",
    "boom bap": "1--1......1-3---",
    "lazy": "1-----..1---..3-",
    "one drop": "1--3..1...4-3-..",
    "steppers": "1-1-..3-1-1-..4-",
    "slap": "1..41.4...1.3.4.",
    "syncopated": "1..1..1.1...3.4.",
    "chip": "1-4-1-4-1-4-3-4-",
    "march": "1.......3.......",
    "march busy": "1...3...1...3...",
    "pushes": "1-----1-..1-1-1-",
}

GROOVES = {
    "rock": {
        "kick": "X.......x.x.....",
        "snare": "....X.......X...",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "rock drive": {
        "kick": "X.x...x.X.x.....",
        "snare": "....X.......X..o",
        "open hat": "X...X...X...X...",
        "closed hat": "..x...x...x...x.",
    },
    "half time": {
        "kick": "X.....x.........",
        "snare": "........X.......",
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
    "boom bap": {
        "kick": "X......x..X.....",
        "snare": "....X.......X...",
        "closed hat": "x.x.x.xox.x.x.x.",
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
    "swing busy": {
        "ride": "X...x.x.X...x.x.",
        "closed hat": "....X.......X...",
        "snare": "......o...x....o",
        "kick": "x.....o...o.....",
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
    "one drop": {
        "kick": "........X.......",
        "rim": "........X.....o.",
        "closed hat": "x.xox.x.x.xox.x.",
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
    "march": {
        "kick": "X.......X.......",
        "snare": "x...x.xxx...x.x.",
    },
    "march busy": {
        "kick": "X...x...X...x...",
        "snare": "X.xxx.xxX.xxxxxx",
        "crash": "X...............",
    },
    "taiko": {"low tom": "X.......x..x....", "kick": "X.......x......."},
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
    "pulse": {"kick": "x...............", "shaker": "o...x...o...x..."},
}

FILL = {"snare": "X.x.", "high tom": "..X.", "low tom": "...X"}
"""Last beat of a section, over the acoustic kits."""
