"""Themes: a melody over a progression, without instruments, tempo or key.

A theme is a song's truth that outlives its orchestration: sections A and B, each a
motif that is stated, repeated over other chords, varied and closed.
"""

import dataclasses

import numpy as np

from musiclm_jax.data.synth import harmony

SECTION_BARS = 4

# One bar each: durations in beats; a negative one is a rest.
_RHYTHMS = {
    4: (
        (1, 1, 1, 1), (1.5, 0.5, 2), (1, 0.5, 0.5, 1, 1), (0.5, 0.5, 1, 0.5, 0.5, 1),
        (2, 1, 1), (-0.5, 0.5, 0.5, 0.5, 1, 1), (1.5, 0.5, 1, 1), (0.5, 1, 0.5, 1, 1),
        (1, 1, 0.5, 0.5, 1), (0.75, 0.75, 0.5, 1, 1), (0.5, 0.5, 0.5, 0.5, 2),
        (1.5, 1.5, 1), (0.75, 0.25, 1, 0.75, 0.25, 1), (-1, 1, 0.5, 0.5, 1),
    ),
    3: (
        (1, 1, 1), (2, 1), (1.5, 0.5, 1), (1, 0.5, 0.5, 1), (0.5, 0.5, 1, 1),
        (1, 2), (0.5, 0.5, 0.5, 0.5, 1), (1.5, 0.75, 0.75),
    ),
}  # fmt: skip
_CADENCES = {
    4: ((3, -1), (1, 1, 2), (2, 2), (1, 3), (0.5, 0.5, 3)),
    3: ((3,), (1, 2), (2, -1)),
}
_FORMS = (("a", "a", "b", "z"), ("a", "b", "a", "z"), ("a", "a", "a", "z"))
_STEPS = (-3, -2, -1, 0, 1, 2, 3)
_STEP_WEIGHTS = (0.05, 0.13, 0.28, 0.08, 0.28, 0.13, 0.05)
_LOWEST, _HIGHEST = -2, 9


@dataclasses.dataclass(frozen=True)
class ThemeNote:
    """A note of a theme.

    Attributes:
        start_beat: from the start of the theme.
        num_beats: its length.
        degree: scale degree.
        semitones: above the tonic.
    """

    start_beat: float
    num_beats: float
    degree: int
    semitones: int


@dataclasses.dataclass(frozen=True)
class Theme:
    """A melody and its chords, of two sections.

    Attributes:
        mode: "major" or "minor".
        beats_per_bar: 4 or 3.
        roots: degree of each bar's chord.
        notes: by start.
    """

    mode: str
    beats_per_bar: int
    roots: tuple[int, ...]
    notes: tuple[ThemeNote, ...]

    @property
    def num_beats(self) -> int:
        """Length of the theme."""
        return len(self.roots) * self.beats_per_bar


def make_theme(rng: np.random.Generator, *, mode: str, beats_per_bar: int) -> Theme:
    """Invents a theme.

    Args:
        rng: all of its chance.
        mode: "major" or "minor".
        beats_per_bar: 4 or 3.

    Returns:
        Sections A and B.
    """
    progressions = harmony.PROGRESSIONS[mode]
    first, second = rng.choice(len(progressions), size=2, replace=False)
    # A section is heard first; it starts on the tonic so that the key is plain.
    if progressions[first][0] != 0 and progressions[second][0] == 0:
        first, second = second, first
    roots = progressions[first] + progressions[second]
    notes = []
    degree = int(rng.choice((0, 2, 4)))
    for section in range(2):
        bars = roots[section * SECTION_BARS : (section + 1) * SECTION_BARS]
        offset = section * SECTION_BARS * beats_per_bar
        found, degree = _section(rng, bars, mode, beats_per_bar, degree + 2 * section)
        notes += [
            dataclasses.replace(note, start_beat=note.start_beat + offset)
            for note in found
        ]
    return Theme(mode, beats_per_bar, roots, tuple(notes))


def _section(
    rng: np.random.Generator,
    roots: tuple[int, ...],
    mode: str,
    beats_per_bar: int,
    degree: int,
) -> tuple[list[ThemeNote], int]:
    """Four bars of melody; returns them and the last degree."""
    form = _FORMS[rng.integers(len(_FORMS))]
    motifs = {name: _motif(rng, beats_per_bar, cadence=name == "z") for name in "abz"}
    notes = []
    for bar, name in enumerate(form):
        rhythm, steps = motifs[name]
        if bar and rng.random() < 0.3:  # the repeat is varied: its contour inverted
            steps = [-step for step in steps]
        beat = float(bar * beats_per_bar)
        first = next(place for place, length in enumerate(rhythm) if length > 0)
        for position, (length, step) in enumerate(zip(rhythm, steps, strict=True)):
            if length > 0:
                degree = _fold(degree + step if position > first else degree)
                last = bar == SECTION_BARS - 1 and position == len(rhythm) - 1
                strong = (beat % beats_per_bar) in (0, 2) and length >= 1
                if position == first or last or strong:
                    degree = _chord_tone(roots[bar], degree)
                height = harmony.semitones(degree, mode, roots[bar])
                notes.append(ThemeNote(beat, length, degree, height))
            beat += abs(length)
    return notes, degree


def _motif(
    rng: np.random.Generator, beats_per_bar: int, *, cadence: bool
) -> tuple[tuple[float, ...], list[int]]:
    """A bar of rhythm and the steps between its notes."""
    choices = (_CADENCES if cadence else _RHYTHMS)[beats_per_bar]
    rhythm = choices[rng.integers(len(choices))]
    steps = rng.choice(_STEPS, size=len(rhythm), p=_STEP_WEIGHTS)
    return rhythm, [int(step) for step in steps]


def _chord_tone(root: int, degree: int) -> int:
    """The chord tone nearest to a degree, the lower one of two."""
    candidates = [
        root + third + 7 * octave for third in (0, 2, 4) for octave in range(-2, 3)
    ]
    return min(candidates, key=lambda tone: (abs(tone - degree), tone))


def _fold(degree: int) -> int:
    """Brings a degree back into the singable range by reflection."""
    if degree > _HIGHEST:
        return 2 * _HIGHEST - degree
    if degree < _LOWEST:
        return 2 * _LOWEST - degree
    return degree
