"""Themes: a melody over a progression, without instruments, tempo or key.

A theme is a song's truth that outlives its orchestration: sections A and B, each a
motif that is stated, repeated over other chords, varied and closed.
"""

import dataclasses

import numpy as np

from musiclm_jax.data.synth import harmony, rhythms

SECTION_BARS = 4

_FORMS = tuple(["aabz", "abaz", "aaaz", "aabz", "abaz", "abbz", "aacz", "acaz"])
# From one note to the next, in steps of the scale, by how a melody moves.
_STEPS = (-4, -3, -2, -1, 0, 1, 2, 3, 4)
_CONTOURS = {
    "flowing": (0.01, 0.04, 0.13, 0.28, 0.08, 0.28, 0.13, 0.04, 0.01),
    "stepwise": (0.0, 0.01, 0.05, 0.41, 0.06, 0.41, 0.05, 0.01, 0.0),
    "leaping": (0.08, 0.1, 0.15, 0.12, 0.1, 0.12, 0.15, 0.1, 0.08),
    "of thirds": (0.06, 0.02, 0.3, 0.1, 0.04, 0.1, 0.3, 0.02, 0.06),
    "repeating": (0.01, 0.03, 0.1, 0.16, 0.4, 0.16, 0.1, 0.03, 0.01),
}
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
        beats_per_bar: a key of `piece.METRES`.
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


@dataclasses.dataclass(frozen=True)
class Idiom:
    """What a style asks of its melodies.

    Attributes:
        feels: weighted names of `rhythms.FEELS`.
        schools: names of `harmony.PROGRESSIONS`.
    """

    feels: tuple[tuple[str, float], ...]
    schools: tuple[str, ...]


def make_theme(
    rng: np.random.Generator, *, mode: str, beats_per_bar: int, idiom: Idiom
) -> Theme:
    """Invents a theme.

    Args:
        rng: all of its chance.
        mode: "major" or "minor".
        beats_per_bar: a key of `piece.METRES`.
        idiom: of a style.

    Returns:
        Sections A and B.
    """
    progressions = [
        roots
        for school in idiom.schools
        for roots in harmony.PROGRESSIONS[school][mode]
    ]
    first, second = rng.choice(len(progressions), size=2, replace=False)
    # A section is heard first; it starts on the tonic so that the key is plain.
    if progressions[first][0] != 0 and progressions[second][0] == 0:
        first, second = second, first
    roots = progressions[first] + progressions[second]
    names, weights = zip(*idiom.feels, strict=True)
    feel = names[rng.choice(len(names), p=np.array(weights) / np.sum(weights))]
    contour = list(_CONTOURS.values())[rng.integers(len(_CONTOURS))]
    notes = []
    degree = int(rng.choice((0, 0, 2, 4)))
    for section in range(2):
        bars = roots[section * SECTION_BARS : (section + 1) * SECTION_BARS]
        offset = section * SECTION_BARS * beats_per_bar
        motifs = {
            name: _motif(rng, feel, contour, beats_per_bar, name) for name in "abcz"
        }
        found, degree = _section(
            rng, bars, mode, beats_per_bar, degree + 2 * section, motifs
        )
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
    motifs: dict[str, tuple[rhythms.Rhythm, list[int]]],
) -> tuple[list[ThemeNote], int]:
    """Four bars of melody; returns them and the last degree."""
    form = _FORMS[rng.integers(len(_FORMS))]
    notes = []
    for bar, name in enumerate(form):
        rhythm, steps = motifs[name]
        if bar and rng.random() < 0.3:  # the repeat is varied: its contour inverted
            steps = [-step for step in steps]
        beat = float(bar * beats_per_bar)
        first = next(place for place, length in enumerate(rhythm) if length > 0)
        final = max(place for place, length in enumerate(rhythm) if length > 0)
        for position, (length, step) in enumerate(zip(rhythm, steps, strict=True)):
            if length > 0:
                degree = _fold(degree + step if position > first else degree)
                last = bar == SECTION_BARS - 1 and position == final
                strong = (beat % beats_per_bar) in (0, 2) and length >= 1
                if last and roots[bar] % 7 == 0:  # a section closes at home
                    degree = 7 * round(degree / 7)
                elif position == first or last or strong:
                    degree = _chord_tone(roots[bar], degree)
                height = harmony.semitones(degree, mode, roots[bar])
                notes.append(ThemeNote(beat, length, degree, height))
            beat += abs(length)
    return notes, degree


def _motif(
    rng: np.random.Generator,
    feel: str,
    contour: tuple[float, ...],
    beats_per_bar: int,
    name: str,
) -> tuple[rhythms.Rhythm, list[int]]:
    """A bar of rhythm and the steps between its notes."""
    if name == "z":
        rhythm = rhythms.draw_cadence(rng, beats_per_bar)
    else:
        rhythm = rhythms.draw_bar(rng, feel, beats_per_bar)
    if name == "a":  # a melody opens with a note
        rhythm = (abs(rhythm[0]), *rhythm[1:])
    steps = rng.choice(_STEPS, size=len(rhythm), p=contour)
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
