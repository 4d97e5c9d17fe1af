"""The choices that hold for a whole clip, and its form."""

import dataclasses

import numpy as np

from musiclm_jax.data.synth import piece
from musiclm_jax.data.synth.melody import SECTION_BARS, Theme
from musiclm_jax.data.synth.styles import Part, Style

_GROUND = ("bass", "drums", "counter", "double")


@dataclasses.dataclass(frozen=True)
class Plan:
    """Choices that hold for a whole clip.

    Attributes:
        theme: melody and chords.
        style: its leanings.
        tempo_bpm: beats per minute.
        key: tonic.
        energy: a name of `piece.ENERGIES`.
        lead: timbre of the melody, or `piece.NOTHING`.
        register: semitones by which the melody is moved from where the timbre plays.
        parts: (part, its timbre, its pattern) of the accompaniment.
        colour: of the chords.
        groove: name in `grooves.GROOVES`, or "" without drums.
        kit: drum kit, or `piece.NOTHING`.
        dynamics: a name of `piece.DYNAMICS`.
        clip_seconds: length.
    """

    theme: Theme
    style: Style
    tempo_bpm: float
    key: str
    energy: str
    lead: str
    register: float
    parts: tuple[tuple[Part, str, str], ...]
    colour: str
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

    @property
    def everybody(self) -> tuple[str, ...]:
        """Roles that are there; "drums" stands for the drum kit."""
        roles = [] if self.lead == piece.NOTHING else ["lead"]
        roles += dict.fromkeys(part.role for part, *_ in self.parts)
        return (*roles, "drums") if self.groove else tuple(roles)


def plan_sections(plan: Plan) -> tuple[piece.Section, ...]:
    """Divides a clip into stretches, each with its own set of roles."""
    # A slow clip holds few bars: shorter stretches, so that it still changes.
    length = SECTION_BARS if plan.num_bars > SECTION_BARS + 1 else SECTION_BARS // 2
    if plan.dynamics in ("builds", "relaxes", "enters") and length > 2:
        length = 2
    starts = list(range(0, plan.num_bars, length))
    absent = [_absent(plan, number, len(starts)) for number in range(len(starts))]
    pause = {"drops": _GROUND, "stops": (*_GROUND, "chords", "pad")}
    if plan.dynamics in pause and len(starts) > 1:
        # A last bar without the ground, or of the melody alone; then everybody.
        starts.insert(1, starts[1] - 1)
        absent.insert(1, pause[plan.dynamics])
    sections = []
    for bar, left_out in zip(starts, absent, strict=True):
        start = bar * plan.beats_per_bar * plan.beat_seconds
        letter = "AB"[bar // SECTION_BARS % 2]
        roles = tuple(role for role in plan.everybody if role not in left_out)
        sections.append(piece.Section(start, letter, roles))
    return tuple(sections)


def possible_dynamics(dynamics: str, everybody: tuple[str, ...], num_bars: int) -> str:
    """Returns the dynamics, or those of a clip in which they cannot be heard."""
    others = len(everybody) - ("lead" in everybody)
    has_ground = any(role in _GROUND for role in everybody)
    is_heard = {
        "enters": "lead" in everybody and others > 0 and num_bars > 2,
        "stops": "lead" in everybody and others > 0 and num_bars > 2,
        "drops": has_ground and len(everybody) > 1 and num_bars > 2,
    }
    return dynamics if is_heard.get(dynamics, True) else "steady"


def _absent(plan: Plan, number: int, num_sections: int) -> tuple[str, ...]:
    """Roles that a section leaves out."""
    if num_sections == 1:
        return ()
    if plan.dynamics == "enters" and number == 0:
        return ("lead", "double")
    # The later a role is named, the later it comes in, and the sooner it leaves.
    order = [role for role in plan.everybody if role != "lead"]
    order.sort(key=("chords", "pad", "bass", "counter", "drums", "double").index)
    if plan.dynamics == "builds":
        here = len(order) * (number + 1) / num_sections
    elif plan.dynamics == "relaxes":
        here = len(order) * (num_sections - number) / num_sections
    else:
        return ()
    first = 1 if "lead" not in plan.everybody else 0
    return tuple(order[max(first, int(np.ceil(here))) :])


def roles_at(sections: tuple[piece.Section, ...], seconds: float) -> tuple[str, ...]:
    """Who plays what begins at a time."""
    started = [s for s in sections if s.start_seconds <= seconds + 1e-6]
    return started[-1].roles
