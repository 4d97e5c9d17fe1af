"""From a theme and a style to notes in seconds."""

import dataclasses

import numpy as np

from musiclm_jax.data.synth import drumming, harmony, piece
from musiclm_jax.data.synth.performance import Performer
from musiclm_jax.data.synth.plan import Plan, roles_at
from musiclm_jax.data.synth.styles import DOUBLES, LEAD_CENTRES, Part

_ACCENTS = {"x": 0.82, "X": 1.0}
_TONE_ACCENT = 0.9
_STRUMMED = (
    "acoustic guitar", "nylon guitar", "electric guitar", "harp", "piano", "banjo",
    "koto", "harpsichord",
)  # fmt: skip
_STRUM_SECONDS = 0.012
_LEGATO = 0.95
_SHORTEST_SECONDS = 0.05
_RANGE = (24.0, 108.0)
# Above the middle of its range, an instrument has no notes left.
_HIGHEST_ABOVE = 16


def arrange(
    plan: Plan, sections: tuple[piece.Section, ...], rng: np.random.Generator
) -> tuple[tuple[piece.Note, ...], tuple[piece.DrumHit, ...], tuple[str, ...]]:
    """Writes every part.

    Args:
        plan: the choices.
        sections: who plays when.
        rng: the players' small liberties.

    Returns:
        Notes by start, drum strokes by start, and the chord symbol of each bar.
    """
    performer = Performer(plan, rng)
    notes = [] if plan.lead == piece.NOTHING else _melody(performer, sections)
    symbols: tuple[str, ...] = ()
    for part, timbre, pattern in plan.parts:
        if part.role == "double":
            notes += _double(notes, DOUBLES[pattern], timbre, sections, plan)
            continue
        chords = harmony.voice_chords(
            plan.roots,
            key=plan.key,
            mode=plan.theme.mode,
            colour=plan.colour,
            centre=part.centre,
        )
        symbols = tuple(chord.symbol for chord in chords)
        notes += _part_notes(performer, part, timbre, pattern, chords, sections)
    notes = [note for note in notes if note.start_seconds < plan.clip_seconds]
    hits = drumming.drum_hits(performer, sections) if plan.groove else []
    return (
        tuple(sorted(notes, key=lambda note: note.start_seconds)),
        tuple(sorted(hits, key=lambda hit: hit.start_seconds)),
        symbols,
    )


def _plays(
    plan: Plan, sections: tuple[piece.Section, ...], role: str, beat: float
) -> bool:
    return role in roles_at(sections, beat * plan.beat_seconds)


def _melody(
    performer: Performer, sections: tuple[piece.Section, ...]
) -> list[piece.Note]:
    """The melody, moved by octaves to where the timbre sounds best."""
    plan, theme = performer.plan, performer.plan.theme
    tonic = piece.KEYS.index(plan.key)
    middle = float(np.mean([note.semitones for note in theme.notes])) + tonic
    centre = LEAD_CENTRES[plan.lead] + plan.register
    shift = tonic + 12 * round((centre - middle) / 12)
    highest = shift + max(note.semitones for note in theme.notes)
    if highest > LEAD_CENTRES[plan.lead] + _HIGHEST_ABOVE:
        shift -= 12
    notes = []
    num_beats = plan.num_bars * plan.beats_per_bar
    for repeat in range(-(-num_beats // theme.num_beats)):
        for note in theme.notes:
            beat = note.start_beat + repeat * theme.num_beats
            if not _plays(plan, sections, "lead", beat):
                continue
            start = performer.start(beat, "lead")
            end = performer.seconds(beat + note.num_beats * _LEGATO)
            accent = performer.weight(beat) * (1.05 if note.num_beats >= 1 else 1.0)
            pitch = float(np.clip(shift + note.semitones, *_RANGE))
            notes.append(
                piece.Note(
                    start,
                    max(end - start, _SHORTEST_SECONDS),
                    pitch,
                    performer.velocity(beat, min(accent, 1.0)),
                    plan.lead,
                    "lead",
                )
            )
    return notes


def _double(
    notes: list[piece.Note],
    semitones: int,
    timbre: str,
    sections: tuple[piece.Section, ...],
    plan: Plan,
) -> list[piece.Note]:
    """The melody on another instrument as well."""
    reach = plan.beat_seconds / 8
    return [
        dataclasses.replace(
            note,
            pitch=float(np.clip(note.pitch + semitones, *_RANGE)),
            timbre=timbre,
            role="double",
        )
        for note in notes
        if note.role == "lead"
        and "double" in roles_at(sections, note.start_seconds + reach)
    ]


def _part_notes(
    performer: Performer,
    part: Part,
    timbre: str,
    pattern: str,
    chords: tuple[harmony.Chord, ...],
    sections: tuple[piece.Section, ...],
) -> list[piece.Note]:
    """One accompanying part over all bars."""
    plan = performer.plan
    beats_per_step = plan.beats_per_bar / len(pattern)
    notes = []
    for bar, chord in enumerate(chords):
        following = chords[(bar + 1) % len(chords)]
        for step, mark in enumerate(pattern):
            beat = bar * plan.beats_per_bar + step * beats_per_step
            if mark in ".-" or not _plays(plan, sections, part.role, beat):
                continue
            held = len(pattern[step + 1 :]) - len(pattern[step + 1 :].lstrip("-"))
            end = performer.seconds(beat + (1 + held) * beats_per_step * _LEGATO)
            tones = _tones(performer, part, mark, chord, following, step / len(pattern))
            notes += _strike(performer, part.role, timbre, mark, tones, beat, end)
    return notes


def _tones(
    performer: Performer,
    part: Part,
    mark: str,
    chord: harmony.Chord,
    following: harmony.Chord,
    place: float,
) -> tuple[int, ...]:
    """MIDI numbers that a mark stands for."""
    tones = chord.bass if part.role == "bass" else chord.tones
    if mark == "w":
        walked = _walk(performer.rng, chord, following, place)
        return (walked,)
    return tones if mark in "xX" else (_tone(tones, int(mark) - 1),)


def _strike(
    performer: Performer,
    role: str,
    timbre: str,
    mark: str,
    tones: tuple[int, ...],
    beat: float,
    end: float,
) -> list[piece.Note]:
    """Some tones, together or strummed."""
    start = performer.start(beat, role)
    accent = _ACCENTS.get(mark, _TONE_ACCENT) * performer.weight(beat)
    velocity = performer.velocity(beat, accent)
    spread = _STRUM_SECONDS if timbre in _STRUMMED else 0.0
    return [
        piece.Note(
            start + order * spread,
            max(end - start - order * spread, _SHORTEST_SECONDS),
            float(pitch),
            velocity,
            timbre,
            role,
        )
        for order, pitch in enumerate(tones)
    ]


def _walk(
    rng: np.random.Generator,
    chord: harmony.Chord,
    following: harmony.Chord,
    place: float,
) -> int:
    """A step of a walking bass: from the root over the chord towards the next root."""
    root, third, fifth, octave = chord.bass
    if place == 0.0:
        return root
    if place >= 0.75:  # from a step above or below
        return following.bass[0] + int(rng.choice((-2, -1, 1, 2)))
    return int(rng.choice((third, fifth, fifth, octave)))


def _tone(tones: tuple[int, ...], index: int) -> int:
    """A chord tone; beyond the top the chord starts over an octave higher."""
    return tones[index % len(tones)] + 12 * (index // len(tones))
