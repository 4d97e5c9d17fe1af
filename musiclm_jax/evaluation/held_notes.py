"""Held notes of many timbres: what a codec makes of plain tones."""

import numpy as np
import soxr

from musiclm_jax.data.synth import instruments
from musiclm_jax.data.synth.render import SAMPLE_RATE
from musiclm_jax.evaluation import pitch

NOTES = (
    ("piano", 60),
    ("electric piano", 57),
    ("organ", 64),
    ("accordion", 67),
    ("violin", 69),
    ("cello", 45),
    ("acoustic guitar", 52),
    ("flute", 76),
    ("clarinet", 62),
    ("saxophone", 55),
    ("trumpet", 70),
    ("saw lead", 59),
)
"""Timbre and MIDI number of each note."""

_SECONDS = 1.0
_VELOCITY = 0.8
_RMS = 0.1
# Behind the attack; over so short a time vibrato blurs the harmonics but little.
_HELD_SECONDS = (0.4, 0.75)


def play(sample_rate: int) -> np.ndarray:
    """Returns the notes, [note, sample] float32, equally loud."""
    num_samples = round(_SECONDS * SAMPLE_RATE)
    notes = [
        instruments.render_note(timbre, midi, _SECONDS, _VELOCITY)[:num_samples]
        for timbre, midi in NOTES
    ]
    notes = [_RMS * note / np.sqrt(np.square(note).mean()) for note in notes]
    return _resampled(np.stack(notes), SAMPLE_RATE, sample_rate)


def tone(audio: np.ndarray, sample_rate: int) -> tuple[float, float]:
    """Measures the notes, as they were played or after a codec.

    Args:
        audio: [note, sample], in the order of `NOTES`.
        sample_rate: Hz.

    Returns:
        Medians over the notes: cents from the fundamental that was played, and
        harmonics to noise in dB; see `pitch.held_note`.
    """
    audio = _resampled(audio, sample_rate, SAMPLE_RATE)
    start, end = (round(seconds * SAMPLE_RATE) for seconds in _HELD_SECONDS)
    found = [
        pitch.held_note(
            sound[start:end], SAMPLE_RATE, nominal_hz=440.0 * 2 ** ((midi - 69) / 12)
        )
        for sound, (_, midi) in zip(audio, NOTES, strict=True)
    ]
    cents, harmonics_db = np.median(np.array(found), axis=0)
    return float(cents), float(harmonics_db)


def _resampled(audio: np.ndarray, have: int, want: int) -> np.ndarray:
    return audio if have == want else soxr.resample(audio.T, have, want).T
