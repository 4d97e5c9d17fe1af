"""What a player is, and how sounds are laid onto a bus."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.piece import DrumHit, Note

_HATS = ("closed hat", "open hat")
_FADE_SAMPLES = 240


class Player(Protocol):
    """Turns what is written into sound, of any loudness.

    The same arguments give the same bytes, whatever was played before.
    """

    def play(self, notes: Sequence[Note], num_samples: int, variant: int) -> np.ndarray:
        """Plays the notes of one timbre.

        Args:
            notes: some, of one timbre.
            num_samples: length.
            variant: chooses among instruments of a kind, where there are several.

        Returns:
            [sample] float32 at `osc.SAMPLE_RATE`.
        """
        ...

    def drum(
        self, kit: str, hits: Sequence[DrumHit], num_samples: int, variant: int
    ) -> np.ndarray:
        """Plays the strokes on a drum kit, likewise."""
        ...


def add(bus: np.ndarray, sound: np.ndarray, start_seconds: float) -> None:
    """Adds a sound to a bus in place; what lies beyond the end is lost."""
    start = round(start_seconds * osc.SAMPLE_RATE)
    room = len(bus) - start
    if room > 0:
        bus[start : start + len(sound)] += sound[:room]


def choked(hits: Sequence[DrumHit]) -> Iterator[tuple[DrumHit, float]]:
    """Yields each stroke, by start, and when it ends: hats close on each other."""
    for place, hit in enumerate(hits):
        end = float("inf")
        if hit.sound == "open hat":
            later = (h.start_seconds for h in hits[place + 1 :] if h.sound in _HATS)
            end = next((s for s in later if s > hit.start_seconds), end)
        yield hit, end


def cut(sound: np.ndarray, seconds: float) -> np.ndarray:
    """Ends a sound after some time, if it lasts longer, without a click, [sample]."""
    room = seconds * osc.SAMPLE_RATE
    if room >= len(sound):
        return sound
    sound = sound[: int(room)].copy()
    count = min(_FADE_SAMPLES, len(sound))
    sound[len(sound) - count :] *= np.linspace(1.0, 0.0, count, dtype=np.float32)
    return sound
