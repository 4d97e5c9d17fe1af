"""Fingerprints: alike for copies of any kind, unlike for other music."""

import io

import numpy as np
import pytest
import soundfile
import soxr

from musiclm_jax.data.intake.fingerprint import (
    MAX_ROWS,
    ROW_BITS,
    ROW_SECONDS,
    Listener,
    to_rows,
)
from musiclm_jax.data.intake.likeness import MAX_DISTANCE, distance

RATE = 44100


@pytest.fixture(scope="module")
def pieces(recordings_folder):
    """[sample] of three pieces."""
    return [
        recordings_folder.music(seed, seconds=4.0)(RATE, 1)[:, 0] for seed in range(3)
    ]


def hear(audio, sample_rate=RATE, length=10**9):
    listener = Listener(sample_rate)
    for start in range(0, len(audio), length):
        listener.add(audio[start : start + length].astype(np.float32))
    return listener.fingerprints()[0]


def recode(audio, container, coding, sample_rate=RATE):
    file = io.BytesIO()
    audio = soxr.resample(audio, RATE, sample_rate)
    soundfile.write(file, audio, sample_rate, format=container, subtype=coding)
    file.seek(0)
    return soundfile.read(file)


COPIES = {
    "quiet": lambda audio: (0.01 * audio, RATE),
    "loud and clipped": lambda audio: (np.clip(2 * audio, -1, 1), RATE),
    "later": lambda audio: (np.concatenate([np.zeros(9999), audio]), RATE),
    "behind noise": lambda audio: (
        np.concatenate([1e-3 * np.random.default_rng(0).normal(size=RATE), audio]),
        RATE,
    ),
    "half the rate": lambda audio: (soxr.resample(audio, RATE, RATE // 2), RATE // 2),
    "8 bits": lambda audio: (np.round(audio * 127) / 127, RATE),
    "mp3": lambda audio: recode(audio, "MP3", "MPEG_LAYER_III"),
    "mp3 at half the rate": lambda audio: recode(
        audio, "MP3", "MPEG_LAYER_III", RATE // 2
    ),
    "vorbis": lambda audio: recode(audio, "OGG", "VORBIS"),
    "opus": lambda audio: recode(audio, "OGG", "OPUS", 48000),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_alike(pieces, name):
    for audio in pieces:
        assert distance(hear(audio), hear(*COPIES[name](audio))) < MAX_DISTANCE


def test_other_music_is_not(pieces):
    prints = [hear(audio) for audio in pieces]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert distance(prints[first], prints[second]) > 1.5 * MAX_DISTANCE


@pytest.mark.parametrize("length", [1, 777, 50000])
def test_blocks_change_nothing(pieces, length):
    audio = pieces[0][: 3 * RATE]
    assert distance(hear(audio), hear(audio, length=length)) == 0


def test_size(pieces, rng):
    rows = to_rows(hear(pieces[0]))
    assert rows.dtype == np.uint16
    assert len(rows) == pytest.approx(4.0 / ROW_SECONDS, abs=6)
    listener = Listener(8000)
    for _ in range(10):
        listener.add(rng.normal(size=80000).astype(np.float32))
    assert len(listener.fingerprints()[0]) == MAX_ROWS * ROW_BITS // 4


@pytest.mark.parametrize("sample_rate", [1, 900, 8000, 44100])
@pytest.mark.parametrize("length", [0, 1, 4000])
def test_too_little_sound_has_none(rng, sample_rate, length):
    assert hear(rng.normal(size=length), sample_rate) == ""


def test_steady_sounds_have_none():
    time = np.arange(5 * RATE) / RATE
    for audio in (np.sin(2 * np.pi * 440 * time), np.zeros(5 * RATE)):
        assert hear(audio) == ""
