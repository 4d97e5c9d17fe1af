"""Rhythms of accompaniment, as plain data: one character a step.

"." rest, "-" hold, digits a single tone counted from the lowest (of the chord, or root,
third, fifth, octave of the bass), "x" all tones, "X" accented, "w" a step of a walking
bass. Bars of four beats have sixteen steps; bars of three, and of six eighths, twelve.
"""

STEPS_PER_BAR = {4: 16, 3: 12, 2: 12}
"""Beats in a bar -> steps."""

CHORDS = {
    "whole": "x---------------",
    "halves": "x-------x-------",
    "half and quarters": "x-------x---x---",
    "late whole": "....x-----------",
    "quarters": "X---x---x---x---",
    "eighths": "X-x-x-x-X-x-x-x-",
    "pulse": "X-x-X-x-X-x-X-x-",
    "spiccato": "X.x.x.x.X.x.x.x.",
    "spiccato busy": "X.xxX.xxX.xxX.xx",
    "power": "X-x-x-x-x-x-x-x-",
    "power hold": "X-----x-X-----x-",
    "power stops": "X...X-..X...x-x-",
    "power push": "X-----X-----X---",
    "late": "..x-----..x-----",
    "charleston": "x-----x-........",
    "charleston late": "..x---x-....x---",
    "comp": "..x-..x-....x-..",
    "comp two": "....x-..x-....x-",
    "comp three": "x-....x-..x-....",
    "comp busy": "x--x..x...x-..x-",
    "freddie": "x.-.x.-.x.-.x.-.",
    "skank": "..X...X...X...X.",
    "skank double": "..Xx..Xx..Xx..Xx",
    "half skank": "....X-......X-..",
    "strum": "X---x-x-..x-x-x-",
    "strum down": "X---x---X---x-x-",
    "strum island": "X---x-x-..x-x---",
    "strum busy": "X-x-x-xxX-x-x-xx",
    "boom chick": "1-..X-..3-..X-..",
    "fingers": "1-3-2-4-1-3-2-4-",
    "fingers slow": "1---3---2---3---",
    "fingers roll": "1-2-3-4-3-2-4-3-",
    "travis": "1-3-2-3-1-4-2-3-",
    "banjo roll": "1324132413241324",
    "alberti": "1-3-2-3-1-3-2-3-",
    "rolling": "1-2-3-4-3-2-3-2-",
    "arpeggio": "1234123412341234",
    "arpeggio wide": "1324132413241324",
    "arpeggio down": "4321432143214321",
    "arpeggio turn": "1234321212343212",
    "arpeggio slow": "1---2---3---4---",
    "arpeggio up": "1-2-3-4-1-2-3-4-",
    "arpeggio leap": "1-4-2-5-1-4-2-5-",
    "ostinato": "1-3-1-4-1-3-1-5-",
    "bossa": "x--x--x---x--x--",
    "bossa slow": "x---..x-x---..x-",
    "bossa split": "1-.x..x.3-.x..x.",
    "montuno": "x.x-.x-x.x-.x-x.",
    "stabs": "..x...x...x...x.",
    "stabs syncopated": "x..x..x...x..x..",
    "stabs late": "...x..x....x..x.",
    "chuck": "..xx.xX...xx.xX.",
    "chuck sparse": "....X.......X.x.",
    "chuck sixteens": "x.xxX.xxx.xxX.x.",
    "oom pah": "....X.......X...",
    "oom pah busy": "..X...X...X...X.",
    "bubble": "..x.xx....x.xx..",
    "bubble four": ".xx..xx..xx..xx.",
    "tremolo": "xxxxxxxxxxxxxxxx",
    "gallop": "X-xxX-xxX-xxX-xx",
    "fanfare": "X--xX---X-x-X---",
}
"""Chords of four beats."""

BASS = {
    "drone": "1---------------",
    "halves": "1-------1-------",
    "root fifth": "1-------3-------",
    "root fifth walk": "1-------3---w---",
    "quarters": "1---1---1---1---",
    "eighths": "1-1-1-1-1-1-1-1-",
    "eighths push": "1-1-1-1-1-1-3-4-",
    "octaves": "1.4.1.4.1.4.1.4.",
    "offbeat": "..1...1...1...1.",
    "rolling": ".111.111.111.111",
    "gallop": "1-111-111-111-11",
    "acid": "1.14..1.4.1..14.",
    "arpeggio": "1-3-4-3-1-3-4-3-",
    "walking": "w---w---w---w---",
    "walking skip": "w---w-w-w---w---",
    "two feel": "1-------3-----w-",
    "two beat": "1---..3-3---..1-",
    "bossa": "1-----3-3-----1-",
    "samba": "1--13---3--31---",
    "tumbao": "......3-....4---",
    "boom bap": "1--1......1-3---",
    "boom bap slide": "1-....1-..3-..w-",
    "lazy": "1-----..1---..3-",
    "sub": "1-----..........",
    "one drop": "1--3..1...4-3-..",
    "steppers": "1-1-..3-1-1-..4-",
    "roots": "..1-1-..3-..1-..",
    "slap": "1..41.4...1.3.4.",
    "syncopated": "1..1..1.1...3.4.",
    "funk rest": "1.......1..1.43.",
    "disco": "1.4.1.4.1.4.3.4.",
    "chip": "1-4-1-4-1-4-3-4-",
    "march": "1.......3.......",
    "march busy": "1...3...1...3...",
    "pushes": "1-----1-..1-1-1-",
    "riff": "1-1-..3-4-..3-1-",
}
"""Basses of four beats; the digits are root, third, fifth, octave."""

# Chords of the other metres, by how they sound, from sparse to busy.
_HELD, _STRUCK, _BROKEN = "held", "struck", "broken"
_OTHER_CHORDS = {
    3: {
        _HELD: ("x-----------", "x-------x---", "x-----x-----"),
        _STRUCK: (
            "....x---x---", "....X...X...", "X---x---x---", "X---x-x-x-x-",
            "X-x-X-x-x-x-",
        ),
        _BROKEN: (
            "1---2---3---", "1---3---2---", "1-2-3-4-3-2-", "1-3-2-3-4-3-",
            "123432123432",
        ),
    },
    2: {
        _HELD: ("x-----------", "x-----x-----", "x---x-x-----"),
        _STRUCK: (
            "....x-....x-", "x---x-x---x-", "X.x.x.X.x.x.", "X-x-x-X-x-x-",
        ),
        _BROKEN: (
            "1---2-3---2-", "1-2-3-4-3-2-", "1-3-2-1-4-2-", "1-2-3-1-2-3-",
            "123434123434",
        ),
    },
}  # fmt: skip
_OTHER_BASSES = {
    3: ("1-----------", "1-------3---", "1.......w.......", "1---3---4---",
        "w---w---w---"),
    2: ("1-----------", "1-----3-----", "1---1-3---3-", "1-3-4-1-3-4-"),
}  # fmt: skip
_MOST_HELD = 2


def names_of(role: str) -> dict[str, str]:
    """The patterns of four beats that a role may play, by name."""
    return BASS if role == "bass" else CHORDS


def in_metre(role: str, name: str, beats_per_bar: int, busy: float) -> str:
    """Returns a bar of accompaniment.

    Args:
        role: a name of `piece.ROLES`.
        name: of the pattern of four beats.
        beats_per_bar: the metre; where it is not four beats, a pattern of it is taken
            that sounds alike.
        busy: 0 to 1, which of them.
    """
    steps = names_of(role)[name]
    if beats_per_bar == 4:
        return steps
    if role == "bass":
        choices = _OTHER_BASSES[beats_per_bar]
    else:
        choices = _OTHER_CHORDS[beats_per_bar][_manner(steps)]
    found = choices[min(int(busy * len(choices)), len(choices) - 1)]
    return found[: STEPS_PER_BAR[beats_per_bar]]


def _manner(steps: str) -> str:
    """How a pattern sounds."""
    if any(mark.isdigit() for mark in steps) and "x" not in steps.lower():
        return _BROKEN
    onsets = sum(mark not in ".-" for mark in steps)
    return _HELD if onsets <= _MOST_HELD and "-" in steps else _STRUCK
