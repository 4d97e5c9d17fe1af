"""Scales, progressions and voicings.

Degrees are counted from the tonic, 0 to 6 in the first octave; 7 is the octave.
"""

import dataclasses

import numpy as np

from musiclm_jax.data.synth import piece

_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_DOMINANT = 4
_LEADING = 6

PROGRESSIONS: dict[str, dict[str, tuple[tuple[int, ...], ...]]] = {
    "song": {
        "major": (
            (0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 0), (0, 3, 0, 4), (5, 3, 0, 4),
            (0, 2, 3, 4), (0, 3, 1, 4), (3, 4, 2, 5), (0, 0, 3, 4), (0, 3, 5, 4),
            (0, 4, 3, 4), (3, 0, 4, 0), (0, 5, 1, 4),
        ),
        "minor": (
            (0, 5, 2, 4), (0, 6, 5, 4), (0, 3, 4, 0), (0, 5, 3, 4), (0, 4, 0, 3),
            (0, 3, 0, 4), (0, 6, 5, 6), (0, 0, 3, 4), (0, 2, 5, 4), (0, 5, 6, 0),
            (0, 4, 5, 4), (0, 3, 5, 4), (0, 0, 5, 4), (0, 5, 4, 0),
        ),
    },
    "jazz": {
        "major": (
            (0, 5, 1, 4), (1, 4, 0, 5), (0, 1, 4, 0), (2, 5, 1, 4), (0, 3, 4, 0),
            (1, 4, 0, 0), (0, 5, 3, 4),
        ),
        "minor": (
            (0, 5, 1, 4), (1, 4, 0, 0), (0, 3, 4, 0), (0, 4, 0, 4), (0, 5, 4, 0),
            (0, 3, 1, 4),
        ),
    },
    "blues": {
        "major": ((0, 0, 3, 0), (0, 3, 0, 0), (4, 3, 0, 0), (0, 3, 0, 4), (3, 3, 0, 0)),
        "minor": ((0, 0, 3, 0), (0, 3, 0, 0), (5, 4, 0, 0), (0, 3, 0, 4), (3, 3, 0, 0)),
    },
    "still": {
        "major": ((0, 0, 3, 3), (0, 3, 0, 3), (0, 0, 5, 0), (0, 3, 4, 0), (0, 4, 3, 0)),
        "minor": ((0, 0, 5, 5), (0, 5, 0, 4), (0, 0, 3, 0), (0, 4, 5, 0), (0, 0, 4, 0)),
    },
    "march": {
        "major": ((0, 0, 4, 0), (0, 4, 4, 0), (0, 3, 4, 0), (0, 0, 3, 4), (0, 1, 4, 0)),
        "minor": ((0, 0, 4, 0), (0, 4, 4, 0), (0, 3, 4, 0), (0, 5, 4, 0), (0, 2, 4, 0)),
    },
    "epic": {
        "major": ((0, 5, 3, 4), (0, 4, 5, 3), (0, 2, 5, 3), (0, 3, 5, 4), (0, 5, 2, 3)),
        "minor": ((0, 5, 2, 4), (0, 5, 3, 4), (0, 0, 5, 4), (0, 3, 5, 4), (0, 6, 5, 4)),
    },
}  # fmt: skip
"""School -> mode -> roots, one a bar, as degrees."""

COLOURS = {
    "power": (0, 4, 7),
    "triad": (0, 2, 4, 7),
    "plain triad": (0, 2, 4),
    "spread": (0, 4, 9, 11),
    "sixth": (0, 2, 4, 5),
    "seventh": (0, 2, 4, 6),
    "ninth": (2, 4, 6, 8),
    "rootless": (2, 5, 6, 8),
    "added": (0, 2, 4, 8),
    "open": (0, 4, 8, 9),
}
"""Name of a chord colour -> degrees above the root."""

# Inverted, they would be other chords, or lose their width.
_KEEP_THEIR_ROOT = ("power", "spread")


@dataclasses.dataclass(frozen=True)
class Chord:
    """A chord of a key.

    Attributes:
        root: degree of the root.
        tones: MIDI numbers, ascending, in close position near the wanted centre.
        bass: MIDI numbers of root, third, fifth and octave in the bass register.
        symbol: as in a lead sheet, e.g. "Am7".
    """

    root: int
    tones: tuple[int, ...]
    bass: tuple[int, ...]
    symbol: str


def semitones(degree: int, mode: str, root: int) -> int:
    """Semitones above the tonic of a scale degree.

    Args:
        degree: any integer; 7 is an octave up.
        mode: "major" or "minor".
        root: degree of the sounding chord; over a minor key's dominant the seventh
            degree is raised.

    Returns:
        Semitones, negative below the tonic.
    """
    octave, step = divmod(degree, 7)
    raised = mode == "minor" and root % 7 == _DOMINANT and step == _LEADING
    return 12 * octave + _SCALES[mode][step] + int(raised)


def voice_chords(
    roots: tuple[int, ...], *, key: str, mode: str, colour: str, centre: float
) -> tuple[Chord, ...]:
    """Spells a progression, each chord in the inversion nearest to `centre`.

    Args:
        roots: degree of each chord's root.
        key: tonic.
        mode: "major" or "minor".
        colour: a name of COLOURS.
        centre: MIDI number around which the chords are kept.

    Returns:
        One chord for each root.
    """
    tonic = piece.KEYS.index(key)
    return tuple(_chord(root, tonic, mode, colour, centre) for root in roots)


def _chord(root: int, tonic: int, mode: str, colour: str, centre: float) -> Chord:
    """Spells one chord."""
    degrees = COLOURS[colour]
    raw = np.array([semitones(root + step, mode, root) for step in degrees])
    if colour in _KEEP_THEIR_ROOT:
        tones = raw + tonic + 12 * round((centre - raw[0] - tonic) / 12)
    else:
        tones = _nearest_inversion(raw + tonic, centre)
    bass = np.array([semitones(root + step, mode, root) for step in (0, 2, 4, 7)])
    bass = bass + tonic
    bass = bass + 12 * round((36.5 - bass[0]) / 12)
    return Chord(
        root=root,
        tones=tuple(int(t) for t in tones),
        bass=tuple(int(t) for t in bass),
        symbol=_symbol(root, tonic, mode, colour),
    )


def _nearest_inversion(pitches: np.ndarray, centre: float) -> np.ndarray:
    """Moves every tone by octaves to within half an octave of `centre`."""
    moved = pitches + 12 * np.round((centre - pitches) / 12)
    moved = np.unique(moved)
    if len(moved) < len(pitches):  # a doubled root was folded onto itself
        moved = np.append(moved, moved[0] + 12)
    moved = np.sort(moved)
    if moved[1] - moved[0] == 1:  # a semitone at the bottom is mud
        moved[0] += 12
    return np.sort(moved)


def _symbol(root: int, tonic: int, mode: str, colour: str) -> str:
    """Writes the chord as a lead sheet does."""
    base = semitones(root, mode, root)
    third = semitones(root + 2, mode, root) - base
    fifth = semitones(root + 4, mode, root) - base
    seventh = semitones(root + 6, mode, root) - base
    name = piece.KEYS[(tonic + base) % 12]
    if colour == "power":
        return name + "5"
    quality = "dim" if fifth == 6 else "m" if third == 3 else ""
    if colour in ("seventh", "ninth", "rootless"):
        quality += "maj7" if seventh == 11 else "7"
    return name + quality
