"""How players turn what is written into what is played: time and touch."""

import dataclasses

import numpy as np

from musiclm_jax.data.synth.plan import Plan

EARLIEST_SECONDS = 0.03
"""How far a player is off the beat at most."""

_ENERGY_VELOCITY = {"calm": 0.52, "moderate": 0.7, "energetic": 0.88}
_TOUCH = 0.07
# The rhythm section keeps time more closely than the others.
_FREEDOM = {"drums": 0.3, "bass": 0.4, "lead": 1.0}
_FREE = 0.6
_PHRASE_BARS = 2
_PHRASE_SWELL = 0.1
# Share of a bar -> accent; of beats and of what lies between them.
_DOWNBEAT, _MIDDLE, _BEAT, _OFF = 1.0, 0.94, 0.88, 0.8


@dataclasses.dataclass(frozen=True)
class Performer:
    """Plays by the plan, with the liberties of its style.

    Attributes:
        plan: the choices.
        rng: the liberties.
    """

    plan: Plan
    rng: np.random.Generator

    def seconds(self, beat: float) -> float:
        """Time of a beat, with the style's swing."""
        if self.plan.beats_per_bar == 2:  # six eighths swing by themselves
            return beat * self.plan.beat_seconds
        inside = beat % 1.0
        delay = self.plan.style.swing * 0.5 * (1.0 - abs(2.0 * inside - 1.0))
        # Thirds of a beat are where swing would bring the halves: they stay.
        if abs(3.0 * inside - round(3.0 * inside)) < 1e-6:
            delay = 0.0
        return (beat + delay) * self.plan.beat_seconds

    def start(self, beat: float, role: str) -> float:
        """When a note of a beat is played by a role, in seconds."""
        spread = self.plan.style.humanise_seconds * _FREEDOM.get(role, _FREE)
        off = self.plan.style.late_seconds if role == "lead" else 0.0
        if spread:
            off += float(self.rng.normal(0.0, spread))
        off = float(np.clip(off, -EARLIEST_SECONDS, EARLIEST_SECONDS))
        return max(0.0, self.seconds(beat) + off)

    def velocity(self, beat: float, accent: float) -> float:
        """How hard a note of a beat is played, 0 to 1.

        Args:
            beat: from the start of the clip.
            accent: of the note, 0 to 1.
        """
        plan = self.plan
        position = beat * plan.beat_seconds / plan.clip_seconds
        course = {"builds": 0.62 + 0.38 * position, "relaxes": 1.0 - 0.38 * position}
        level = _ENERGY_VELOCITY[plan.energy] * course.get(plan.dynamics, 1.0)
        if plan.style.humanise_seconds:
            bars = beat / plan.beats_per_bar / _PHRASE_BARS
            level *= 1.0 - _PHRASE_SWELL + _PHRASE_SWELL * np.sin(np.pi * (bars % 1.0))
            level *= self.rng.normal(1.0, _TOUCH)
        return float(np.clip(level * accent, 0.05, 1.0))

    def weight(self, beat: float) -> float:
        """Accent of a place in the bar, 0 to 1."""
        inside = beat % self.plan.beats_per_bar
        if inside % 1.0 > 1e-6:
            return _OFF
        if inside < 1e-6:
            return _DOWNBEAT
        is_middle = self.plan.beats_per_bar == 4 and abs(inside - 2.0) < 1e-6
        return _MIDDLE if is_middle else _BEAT
