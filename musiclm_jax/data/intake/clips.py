"""Recordings to clips: levelled, mixed, resampled and cut as they are read."""

import dataclasses
from collections.abc import Iterator

import numpy as np
import soxr

from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.recordings import Recording
from musiclm_jax.data.sound.audio_files import is_silent, mix, to_int16


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cut:
    """How recordings become clips.

    Attributes:
        clip_seconds: length of a clip. The last one ends where the sound ends; a
            shorter recording is one clip.
        min_seconds: a shorter rest behind the last clip is dropped.
        sample_rate: of the clips, in Hz.
        silence_db: level, relative to full scale, that no sample of a silent clip
            reaches.
        loudness: of each recording, in LUFS, as far as its peaks leave room; None
            leaves it as it is.
        trim_silence: whether silence at both ends of a recording is cut off.
    """

    clip_seconds: float
    min_seconds: float
    sample_rate: int
    silence_db: float
    loudness: float | None
    trim_silence: bool

    def __post_init__(self):
        if not 0 < self.min_seconds <= self.clip_seconds:
            raise ValueError(
                f"min_seconds {self.min_seconds} and clip_seconds {self.clip_seconds} "
                "must be above 0, and a clip at least as long as the shortest recording"
            )


@dataclasses.dataclass(frozen=True)
class Clip:
    """A stretch of a recording.

    Attributes:
        start_seconds: where it starts in the recording.
        audio: [sample] int16.
        is_silent: whether no sample of it reaches the level of silence.
    """

    start_seconds: float
    audio: np.ndarray
    is_silent: bool


def clips(recording: Recording, facts: Facts, cut: Cut) -> Iterator[Clip]:
    """Yields the clips of a recording, holding no more of it than two clips.

    Raises:
        OSError: it cannot be read any more.
        ValueError: it cannot be decoded any more.
    """
    length = round(cut.clip_seconds * cut.sample_rate)
    shortest = round(cut.min_seconds * cut.sample_rate)
    first = facts.sound_start if cut.trim_silence else 0
    for start, audio in _stretches(_mono(recording, facts, cut), length, shortest):
        yield Clip(
            first / facts.sample_rate + start / cut.sample_rate,
            to_int16(audio),
            is_silent(audio, cut.silence_db),
        )


def gain(facts: Facts, loudness: float | None) -> float:
    """Returns the factor that brings a recording to a loudness.

    Nothing is clipped: where the peak leaves no room, it becomes or stays quieter, and
    what is beyond full scale, as floats can be, comes down to it.
    """
    if facts.peak_db is None:
        return 1.0
    wanted = 0.0
    if loudness is not None and facts.loudness is not None:
        wanted = loudness - facts.loudness
    return 10 ** (min(wanted, -facts.peak_db) / 20)


def _mono(recording: Recording, facts: Facts, cut: Cut) -> Iterator[np.ndarray]:
    """Yields [sample] float32 at the rate of the clips."""
    factor = np.float32(gain(facts, cut.loudness))
    with recording.sound.open() as sound:
        resampler = None
        if sound.sample_rate != cut.sample_rate:
            resampler = soxr.ResampleStream(sound.sample_rate, cut.sample_rate, 1)
        for block in _within(sound.blocks(), facts, cut.trim_silence):
            # [sample, channel] -> [sample]
            mono = mix(block) * factor
            yield mono if resampler is None else resampler.resample_chunk(mono)
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def _within(
    blocks: Iterator[np.ndarray], facts: Facts, trim_silence: bool
) -> Iterator[np.ndarray]:
    """Cuts the ends off."""
    if not trim_silence:
        yield from blocks
        return
    position = 0
    for block in blocks:
        start = max(facts.sound_start - position, 0)
        end = max(facts.sound_end - position, 0)
        if len(block[start:end]):
            yield block[start:end]
        position += len(block)


def _stretches(
    blocks: Iterator[np.ndarray], length: int, shortest: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (first sample, [sample]): neighbours, and one that ends at the end."""
    # What has come and is not in a stretch yet, behind up to a length of what is.
    held, held_start, next_start = np.zeros(0, np.float32), 0, 0
    for block in blocks:
        held = np.concatenate([held, block])
        while held_start + len(held) >= next_start + length:
            at = next_start - held_start
            yield next_start, held[at : at + length]
            next_start += length
        dropped = max(next_start - length - held_start, 0)
        held, held_start = held[dropped:], held_start + dropped
    end = held_start + len(held)
    if next_start == 0 and len(held):
        yield 0, held
    elif end - next_start >= shortest:
        # Rather some sound twice than a clip of another length or music lost.
        yield end - length, held[-length:]
