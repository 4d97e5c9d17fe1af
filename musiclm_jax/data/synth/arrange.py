"""From a theme and a style to notes and drum strokes in seconds."""

import dataclasses

import numpy as np

from musiclm_jax.data.synth import harmony, patterns, piece
from musiclm_jax.data.synth.melody import SECTION_BARS, Theme
from musiclm_jax.data.synth.styles import LEAD_CENTRES, Part, Style

_ACCENTS = {"o": 0.35, "x": 0.72, "X": 1.0}
_ENERGY_VELOCITY = {"calm": 0.55, "moderate": 0.72, "energetic": 0.9}
_STRUMMED = ("acoustic guitar", "electric guitar", "harp", "piano")
_STRUM_SECONDS = 0.012
_LEGATO = 0.95
_EARLY_SECONDS = 0.03


@dataclasses.dataclass(frozen=True)
class Plan:
    """Choices that hold for a whole clip.

    Attributes:
        theme: melody and chords.
        style: its leanings.
        tempo_bpm: beats per minute.
        key: tonic.
        energy: a name of `piece.ENERGIES`.
        lead: timbre of the melody.
        parts: (part, its timbre, its pattern) of the accompaniment.
        groove: name in `patterns.GROOVES`, or "" without drums.
        kit: drum kit, or "none".
        dynamics: a name of `piece.DYNAMICS`.
        clip_seconds: length.
    """

    theme: Theme
    style: Style
    tempo_bpm: float
    key: str
    energy: str
    lead: str
    parts: tuple[tuple[Part, str, str], ...]
    groove: str
    kit: str
    dynamics: str
    clip_seconds: float

    @property
    def beat_seconds(self) -> float:
        """Length of a beat."""
        return 60.0 / self.tempo_bpm

    @property
    def beats_per_bar(self) -> int:
        """Metre."""
        return self.theme.beats_per_bar

    @property
    def num_bars(self) -> int:
        """Bars that start within the clip."""
        bar_seconds = self.beat_seconds * self.beats_per_bar
        return int(np.ceil(self.clip_seconds / bar_seconds - 1e-6))

    @property
    def roots(self) -> tuple[int, ...]:
        """Degree of each bar's chord; the theme starts over when it ends."""
        roots = self.theme.roots
        return tuple(roots[bar % len(roots)] for bar in range(self.num_bars))

    def seconds(self, beat: float) -> float:
        """Time of a beat, with the style's swing."""
        inside = beat % 1.0
        delay = self.style.swing * 0.5 * (1.0 - abs(2.0 * inside - 1.0))
        return (beat + delay) * self.beat_seconds

    def velocity(self, seconds: float) -> float:
        """How hard everybody plays at a time."""
        position = seconds / self.clip_seconds
        swell = {"builds": 0.7 + 0.3 * position, "relaxes": 1.0 - 0.3 * position}
        return _ENERGY_VELOCITY[self.energy] * swell.get(self.dynamics, 1.0)


def plan_sections(plan: Plan) -> tuple[piece.Section, ...]:
    """Divides a clip into stretches, each with its own set of roles."""
    everybody = ["lead", *dict.fromkeys(part.role for part, *_ in plan.parts)]
    if plan.groove:
        everybody.append("drums")
    # A slow clip holds few bars: shorter stretches, so that it still changes.
    length = SECTION_BARS if plan.num_bars > SECTION_BARS + 1 else SECTION_BARS // 2
    starts = list(range(0, plan.num_bars, length))
    absent = [
        _absent(plan, number, len(starts), everybody) for number in range(len(starts))
    ]
    if plan.dynamics == "drops" and len(starts) > 1:
        # The break: a last bar without the ground, then everybody.
        starts.insert(1, starts[1] - 1)
        absent.insert(1, ("bass", "drums", "counter"))
    sections = []
    for bar, left_out in zip(starts, absent, strict=True):
        start = bar * plan.beats_per_bar * plan.beat_seconds
        letter = "AB"[bar // SECTION_BARS % 2]
        roles = tuple(role for role in everybody if role not in left_out)
        sections.append(piece.Section(start, letter, roles))
    return tuple(sections)


def _absent(
    plan: Plan, number: int, num_sections: int, everybody: list[str]
) -> tuple[str, ...]:
    """Roles that a section leaves out."""
    if num_sections == 1:
        return ()
    if plan.dynamics == "builds" and number == 0:
        return ("counter", "pad") if "chords" in everybody else ("counter",)
    if plan.dynamics == "relaxes" and number == num_sections - 1:
        return ("counter",)
    return ()


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
    notes = _lead_notes(plan, rng)
    symbols: tuple[str, ...] = ()
    for part, timbre, pattern in plan.parts:
        chords = harmony.voice_chords(
            plan.roots,
            key=plan.key,
            mode=plan.theme.mode,
            colour=plan.style.colour,
            centre=part.centre,
        )
        symbols = tuple(chord.symbol for chord in chords)
        written = _part_notes(plan, part, timbre, pattern, chords, rng)
        notes += [
            n for n in written if part.role in _roles_at(sections, n.start_seconds)
        ]
    hits = _drum_hits(plan, rng) if plan.groove else []
    hits = [
        hit
        for hit in hits
        if hit.start_seconds < plan.clip_seconds
        and "drums" in _roles_at(sections, hit.start_seconds)
    ]
    notes = [note for note in notes if note.start_seconds < plan.clip_seconds]
    return (
        tuple(sorted(notes, key=lambda note: note.start_seconds)),
        tuple(sorted(hits, key=lambda hit: hit.start_seconds)),
        symbols,
    )


def _roles_at(sections: tuple[piece.Section, ...], seconds: float) -> tuple[str, ...]:
    """Who plays what begins at a time; humanised notes may be a little early."""
    started = [s for s in sections if s.start_seconds <= seconds + _EARLY_SECONDS]
    return started[-1].roles


def _human(plan: Plan, rng: np.random.Generator, beat: float) -> tuple[float, float]:
    """Start in seconds and a factor of the velocity."""
    spread = plan.style.humanise_seconds
    jitter, touch = rng.normal(0.0, spread) if spread else 0.0, rng.normal(1.0, 0.05)
    return max(
        0.0,
        plan.seconds(beat) + float(np.clip(jitter, -_EARLY_SECONDS, _EARLY_SECONDS)),
    ), touch


def _lead_notes(plan: Plan, rng: np.random.Generator) -> list[piece.Note]:
    """The melody, moved by octaves to where the timbre sounds best."""
    theme = plan.theme
    tonic = piece.KEYS.index(plan.key)
    middle = float(np.mean([note.semitones for note in theme.notes])) + tonic
    shift = tonic + 12 * round((LEAD_CENTRES[plan.lead] - middle) / 12)
    notes = []
    num_beats = plan.num_bars * plan.beats_per_bar
    for repeat in range(-(-num_beats // theme.num_beats)):
        for note in theme.notes:
            beat = note.start_beat + repeat * theme.num_beats
            start, touch = _human(plan, rng, beat)
            end = plan.seconds(beat + note.num_beats * _LEGATO)
            strong = 1.0 if beat % plan.beats_per_bar == 0 else 0.9
            velocity = min(1.0, plan.velocity(start) * touch * strong * 1.05)
            pitch = float(shift + note.semitones)
            notes.append(
                piece.Note(start, end - start, pitch, velocity, plan.lead, "lead")
            )
    return notes


def _part_notes(
    plan: Plan,
    part: Part,
    timbre: str,
    pattern: str,
    chords: tuple[harmony.Chord, ...],
    rng: np.random.Generator,
) -> list[piece.Note]:
    """One accompanying part over all bars."""
    table = patterns.BASS if part.role == "bass" else patterns.CHORDS
    steps = table[pattern][: plan.beats_per_bar * patterns.STEPS_PER_BEAT]
    notes = []
    for bar, chord in enumerate(chords):
        tones = chord.bass if part.role == "bass" else chord.tones
        for step, mark in enumerate(steps):
            if mark in ".-":
                continue
            held = len(steps[step + 1 :]) - len(steps[step + 1 :].lstrip("-"))
            beat = bar * plan.beats_per_bar + step / patterns.STEPS_PER_BEAT
            start, touch = _human(plan, rng, beat)
            end = plan.seconds(beat + (1 + held) / patterns.STEPS_PER_BEAT * _LEGATO)
            accent = _ACCENTS.get(mark, 0.8 if step % 4 else 0.9)
            velocity = float(np.clip(plan.velocity(start) * touch * accent, 0.1, 1.0))
            chosen = tones if mark in "xX" else (_tone(tones, int(mark) - 1),)
            spread = _STRUM_SECONDS if timbre in _STRUMMED else 0.0
            for order, pitch in enumerate(chosen):
                late = order * spread
                notes.append(
                    piece.Note(
                        start + late,
                        max(end - start - late, 0.05),
                        float(pitch),
                        velocity,
                        timbre,
                        part.role,
                    )
                )
    return notes


def _tone(tones: tuple[int, ...], index: int) -> int:
    """A chord tone; beyond the top the chord starts over an octave higher."""
    return tones[index % len(tones)] + 12 * (index // len(tones))


def _drum_hits(plan: Plan, rng: np.random.Generator) -> list[piece.DrumHit]:
    """The groove, with a crash at each section and a fill before it."""
    hits = []
    steps_per_bar = plan.beats_per_bar * patterns.STEPS_PER_BEAT
    lively = plan.kit in ("acoustic", "marching") and plan.energy != "calm"
    for bar in range(plan.num_bars):
        grid = dict(patterns.GROOVES[plan.groove])
        fill = lively and bar % SECTION_BARS == SECTION_BARS - 1
        if fill:
            head = steps_per_bar - patterns.STEPS_PER_BEAT
            grid = {sound: steps[:head] for sound, steps in grid.items()}
            for sound, steps in patterns.FILL.items():
                grid[sound] = grid.get(sound, "." * head) + steps
        if lively and plan.energy == "energetic" and bar % SECTION_BARS == 0:
            grid.setdefault("crash", "X")
        for sound, steps in grid.items():
            for step, mark in enumerate(steps[:steps_per_bar]):
                if mark == ".":
                    continue
                beat = bar * plan.beats_per_bar + step / patterns.STEPS_PER_BEAT
                start, touch = _human(plan, rng, beat)
                velocity = plan.velocity(start) * touch * _ACCENTS[mark]
                hits.append(
                    piece.DrumHit(start, sound, float(np.clip(velocity, 0.05, 1.0)))
                )
    return hits
