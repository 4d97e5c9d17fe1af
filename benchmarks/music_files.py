"""Folders of music files for the benchmarks, made of the synthetic corpus."""

import itertools
import math
from pathlib import Path

import numpy as np
import soundfile
import soxr

from musiclm_jax.data.synth.corpus import Corpus

RATE = 44100
_CORPUS_RATE = 24000
_SONG_SECONDS = 120.0
_PART_SECONDS = 10.0


def write_music(folder: Path, *, minutes: float, seed: int) -> float:
    """Writes stereo songs, in turn as MP3 and as FLAC.

    Returns:
        How many seconds there are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    num_songs = max(2, round(60 * minutes / _SONG_SECONDS))
    for index in range(num_songs):
        suffix = (".mp3", ".flac")[index % 2]
        soundfile.write(
            folder / f"song{index:04d}{suffix}", song(seed + index, _SONG_SECONDS), RATE
        )
    return num_songs * _SONG_SECONDS


def song(seed: int, seconds: float) -> np.ndarray:
    """Returns stereo sound [sample, channel] at 44.1 kHz: pieces, one after another."""
    corpus = Corpus(num_clips=8, clip_seconds=_PART_SECONDS, seed=seed)
    clips = [corpus.example(index)["audio"] for index in range(8)]
    num_parts = math.ceil(seconds / _PART_SECONDS)
    mono = np.concatenate(list(itertools.islice(itertools.cycle(clips), num_parts)))
    mono = soxr.resample(mono / 2.0**15, _CORPUS_RATE, RATE)[: round(seconds * RATE)]
    # The right channel a little later, so that the two differ.
    return 0.9 * np.stack([mono, np.roll(mono, 20)], axis=1)
