"""The player that needs no recordings: every sound is computed."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from musiclm_jax.data.synth import drums, instruments, mix
from musiclm_jax.data.synth.piece import DrumHit, Note
from musiclm_jax.data.synth.players import player
from musiclm_jax.data.synth.voices import sung


@dataclasses.dataclass(frozen=True)
class Oscillators:
    """Plays every timbre and every kit, of each the only one that it has."""

    def play(self, notes: Sequence[Note], num_samples: int, variant: int) -> np.ndarray:
        """Plays the notes of one timbre, [sample]."""
        del variant
        timbre = notes[0].timbre
        if timbre in sung.SINGERS:
            return sung.sing(timbre, notes, num_samples)
        bus = np.zeros(num_samples, np.float32)
        for note in notes:
            sound = instruments.render_note(
                note.timbre, note.pitch, note.duration_seconds, note.velocity
            )
            player.add(bus, sound, note.start_seconds)
        return mix.amplify(timbre, bus)

    def drum(
        self, kit: str, hits: Sequence[DrumHit], num_samples: int, variant: int
    ) -> np.ndarray:
        """Plays the strokes on a kit, [sample]."""
        del variant
        bus = np.zeros(num_samples, np.float32)
        for hit, end_seconds in player.choked(hits):
            stroke = drums.render_hit(kit, hit.sound)
            stroke = player.cut(stroke, end_seconds - hit.start_seconds)
            player.add(bus, stroke * np.float32(hit.velocity), hit.start_seconds)
        return bus
