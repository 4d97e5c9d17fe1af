"""What is heard in a question: two clips that only their music tells apart."""

from pathlib import Path

import numpy as np

from musiclm_jax.data.intake import stretch
from musiclm_jax.data.intake.loudness import loudness_of

SAMPLE_RATE = 24000
"""Of the clips, Hz: that of the models."""

LOUDNESS = -20.0
"""LUFS of each clip, where its peaks allow it; else of both as much less."""

_PEAK = 10 ** (-1 / 20)
_FADE_SECONDS = 0.02


def pair(left: Path, right: Path, *, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Reads two pieces from their start: mono, equally long and equally loud.

    Args:
        left: file of a piece, of any format.
        right: of another one.
        seconds: length of the clips; that of the shorter one where that is less.

    Returns:
        Two clips [sample] of one length, in [-1, 1] at `SAMPLE_RATE`.

    Raises:
        ValueError: one cannot be read, or is silent; a sentence with its path.
    """
    files = left, right
    sounds = [
        stretch.start(path, seconds=seconds, sample_rate=SAMPLE_RATE).audio
        for path in files
    ]
    length = min(map(len, sounds))
    sounds = [_faded(sound[:length]) for sound in sounds]
    gains = [_gain(*each) for each in zip(sounds, files, strict=True)]
    peaks = [
        np.abs(gain * sound).max() for gain, sound in zip(gains, sounds, strict=True)
    ]
    softer = min(1.0, _PEAK / max(peaks))
    first, second = (softer * g * sound for g, sound in zip(gains, sounds, strict=True))
    return first, second


def _gain(sound: np.ndarray, path: Path) -> float:
    heard = loudness_of(sound, SAMPLE_RATE)
    if heard is None:
        raise ValueError(
            f"{path} is silent, or too short, in the {len(sound) / SAMPLE_RATE:.1f} s "
            "that would be heard"
        )
    return 10 ** ((LOUDNESS - heard) / 20)


def _faded(sound: np.ndarray) -> np.ndarray:
    """Fades the end out: where a piece is cut would tell a longer one."""
    length = min(len(sound), round(_FADE_SECONDS * SAMPLE_RATE))
    shape = np.ones(len(sound))
    shape[len(sound) - length :] = np.linspace(1.0, 0.0, length)
    return shape * sound
