"""Rhythms of melodies: bars that are put together of cells, by feel and metre.

Lengths are in beats; a negative one is a rest.
"""

import itertools

import numpy as np

Rhythm = tuple[float, ...]

_T = 1.0 / 3.0
_S = 1.0 / 6.0

FEELS = ("even", "dotted", "syncopated", "triplet", "long", "running", "sparse")
"""Ways in which a melody moves."""

_TWO_BEATS: dict[str, tuple[Rhythm, ...]] = {
    "even": ((1, 1), (1, 0.5, 0.5), (0.5, 0.5, 1), (0.5, 0.5, 0.5, 0.5), (2,)),
    "dotted": (
        (1.5, 0.5), (0.75, 0.25, 1), (1, 0.75, 0.25), (0.75, 0.25, 0.75, 0.25),
        (0.5, 1.5), (1.5, 0.25, 0.25),
    ),
    "syncopated": (
        (0.5, 1, 0.5), (0.75, 0.75, 0.5), (-0.5, 0.5, 0.5, 0.5), (0.5, 0.5, -0.5, 0.5),
        (-0.5, 1, 0.5), (0.75, 1.25), (0.25, 0.5, 0.25, 1), (-0.25, 0.75, 0.5, 0.5),
        (0.75, 0.5, 0.75), (-0.5, 0.5, 1), (0.5, 0.75, 0.75),
    ),
    "triplet": (
        (2 * _T, 2 * _T, 2 * _T), (_T, _T, _T, 1), (1, _T, _T, _T), (2 * _T, _T, 1),
        (2 * _T, _T, 2 * _T, _T), (_T, _T, _T, _T, _T, _T), (-_T, _T, _T, 1),
    ),
    "long": ((2,), (-1, 1), (1, 1), (1.5, 0.5)),
    "running": (
        (0.5, 0.25, 0.25, 1), (0.25, 0.25, 0.5, 1), (0.25, 0.25, 0.25, 0.25, 1),
        (0.25,) * 8, (0.5, 0.25, 0.25, 0.5, 0.5), (1, 0.25, 0.25, 0.25, 0.25),
        (0.25, 0.25, 0.5, 0.25, 0.25, 0.5),
    ),
    "sparse": ((-1, 1), (1, -1), (-0.5, 1.5), (2,), (0.5, -1.5), (-1.5, 0.5)),
}  # fmt: skip
_ONE_BEAT: dict[str, tuple[Rhythm, ...]] = {
    "even": ((1,), (0.5, 0.5)),
    "dotted": ((0.75, 0.25), (1,)),
    "syncopated": ((-0.5, 0.5), (0.25, 0.5, 0.25), (0.5, 0.5)),
    "triplet": ((_T, _T, _T), (2 * _T, _T)),
    "long": ((1,),),
    "running": ((0.25,) * 4, (0.5, 0.25, 0.25), (0.25, 0.25, 0.5)),
    "sparse": ((-1,), (1,)),
}
_COMPOUND_BEAT: dict[str, tuple[Rhythm, ...]] = {
    "even": ((1,), (2 * _T, _T), (_T, _T, _T)),
    "dotted": ((0.5, _S, _T), (2 * _T, _T), (1,)),
    "syncopated": ((_T, 2 * _T), (-_T, _T, _T), (0.5, 0.5)),
    "triplet": ((_T, _T, _T), (_T, _S, _S, _T)),
    "long": ((1,), (2 * _T, _T)),
    "running": ((_S,) * 6, (_T, _S, _S, _T), (_S, _S, _T, _T)),
    "sparse": ((-1,), (1,), (-2 * _T, _T)),
}
_WHOLE_BARS: dict[int, dict[str, tuple[Rhythm, ...]]] = {
    4: {
        "long": ((4,), (3, 1), (2, 2), (1, 3)),
        "syncopated": (
            (1.5, 1.5, 1), (0.75, 0.75, 0.75, 0.75, 1), (0.5, 1, 1, 1, 0.5),
            (1.5, 1, 1.5), (0.75, 0.75, 0.5, 0.75, 0.75, 0.5),
        ),
        "triplet": ((4 * _T, 4 * _T, 4 * _T),),
        "sparse": ((-2, 1, 1), (3, -1), (-1, 3)),
    },
    3: {
        "long": ((3,), (2, 1), (1, 2)),
        "dotted": ((1.5, 0.5, 1), (1.5, 1.5)),
        "syncopated": ((1.5, 0.75, 0.75), (1, 1.5, 0.5)),
    },
    2: {"long": ((2,), (5 * _T, _T)), "syncopated": ((2 * _T, 2 * _T, 2 * _T),)},
}  # fmt: skip
_CADENCES: dict[int, tuple[Rhythm, ...]] = {
    4: ((3, -1), (1, 1, 2), (2, 2), (1, 3), (0.5, 0.5, 3), (1.5, 0.5, 2), (4,),
        (0.5, 0.5, 1, 2), (2, -2), (_T, _T, _T, 3)),
    3: ((3,), (1, 2), (2, -1), (0.5, 0.5, 2), (1, 1, -1)),
    2: ((2,), (1, 1), (2 * _T, _T, 1), (_T, _T, _T, 1), (1, -1)),
}  # fmt: skip
_WHOLE_SHARE = 0.25
_OWN_SHARE = 0.75


def draw_bar(rng: np.random.Generator, feel: str, beats_per_bar: int) -> Rhythm:
    """Draws a bar, most of it of one feel, with at least one note.

    Args:
        rng: all of its chance.
        feel: a name of FEELS.
        beats_per_bar: 4, 3, or 2 of three eighths each.
    """
    whole = _WHOLE_BARS[beats_per_bar].get(feel)
    if whole and rng.random() < _WHOLE_SHARE:
        return whole[rng.integers(len(whole))]
    cells = [table[_mixed(rng, feel)] for table in _tables(rng, beats_per_bar)]
    drawn = [choices[rng.integers(len(choices))] for choices in cells]
    bar = tuple(itertools.chain.from_iterable(drawn))
    return bar if max(bar) > 0 else (*bar[:-1], -bar[-1])


def draw_cadence(rng: np.random.Generator, beats_per_bar: int) -> Rhythm:
    """Draws a bar that closes a section."""
    choices = _CADENCES[beats_per_bar]
    return choices[rng.integers(len(choices))]


def all_bars(beats_per_bar: int) -> set[Rhythm]:
    """Every bar that can be drawn."""
    pairs = {
        4: [(_TWO_BEATS, _TWO_BEATS)],
        3: [(_TWO_BEATS, _ONE_BEAT), (_ONE_BEAT, _TWO_BEATS)],
        2: [(_COMPOUND_BEAT, _COMPOUND_BEAT)],
    }[beats_per_bar]
    found = set(_CADENCES[beats_per_bar])
    found.update(*_WHOLE_BARS[beats_per_bar].values())
    for feel, (first, second) in itertools.product(FEELS, pairs):
        for one, other in ((feel, feel), (feel, "even"), ("even", feel)):
            found.update(a + b for a, b in itertools.product(first[one], second[other]))
    return found


def _tables(rng: np.random.Generator, beats_per_bar: int):
    """What a bar is put together of."""
    if beats_per_bar == 4:
        return (_TWO_BEATS, _TWO_BEATS)
    if beats_per_bar == 2:
        return (_COMPOUND_BEAT, _COMPOUND_BEAT)
    both = (_TWO_BEATS, _ONE_BEAT)
    return both if rng.random() < 0.5 else both[::-1]


def _mixed(rng: np.random.Generator, feel: str) -> str:
    return feel if rng.random() < _OWN_SHARE else "even"
