"""Recordings to clips: streamed = whole, levels, ends, and where clips start."""

import contextlib
import dataclasses

import numpy as np
import pytest
import soxr

from musiclm_jax.data.intake.clips import Cut, clips, gain
from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.recordings import Recording
from musiclm_jax.data.text.sidecars import Notes

RATE = 8000


@dataclasses.dataclass(frozen=True)
class Samples:
    """Sound in memory, that comes in blocks of one length."""

    audio: np.ndarray
    block: int
    sample_rate: int = RATE
    format: str = "memory"

    @property
    def num_channels(self):
        return self.audio.shape[1]

    def digest(self):
        return "00"

    @contextlib.contextmanager
    def open(self):
        yield self

    def blocks(self):
        for start in range(0, len(self.audio), self.block):
            yield self.audio[start : start + self.block]


def cut_of(**changes):
    settings = {"clip_seconds": 1.0, "min_seconds": 0.25, "sample_rate": RATE}
    settings |= {"silence_db": -60.0, "loudness": None, "trim_silence": False}
    return Cut(**(settings | changes))


def cut(audio, block=777, rate=RATE, facts=None, **changes):
    audio = audio if audio.ndim == 2 else audio[:, None]
    sound = Samples(audio.astype(np.float32), block, rate)
    recording = Recording(name="a", sound=sound, notes=Notes())
    facts = facts or Facts(name="a", sample_rate=rate, num_samples=len(audio))
    return list(clips(recording, facts, cut_of(**changes)))


def noise(seconds, channels=1, rate=RATE):
    rng = np.random.default_rng(0)
    return rng.uniform(-0.5, 0.5, (round(seconds * rate), channels))


def as_int16(audio):
    return np.round(audio * 2**15).astype(np.int16)


@pytest.mark.parametrize("block", [1, 777, 8000, 10**6])
@pytest.mark.parametrize(
    ("seconds", "starts"),
    [
        (0.1, [0.0]),
        (1.0, [0.0]),
        (1.2, [0.0]),
        (1.3, [0.0, 0.3]),
        (3.0, [0.0, 1.0, 2.0]),
        (3.5, [0.0, 1.0, 2.0, 2.5]),
    ],
)
def test_clips_are_neighbours_and_the_last_ends_with_the_sound(seconds, starts, block):
    if block == 1 and seconds > 1.3:
        pytest.skip("says nothing new, slowly")
    audio = noise(seconds)
    found = cut(audio, block)
    assert [clip.start_seconds for clip in found] == pytest.approx(starts)
    for clip in found:
        start = round(clip.start_seconds * RATE)
        expected = as_int16(audio[start : start + RATE, 0].astype(np.float32))
        np.testing.assert_array_equal(clip.audio, expected)
        assert not clip.is_silent


def test_streamed_resampling_is_that_of_the_whole():
    rate = 11025
    audio = noise(2.0, channels=2, rate=rate)
    found = cut(audio, block=500, rate=rate, clip_seconds=2.0)
    whole = soxr.resample(audio.mean(axis=1).astype(np.float32), rate, RATE)
    assert len(found) == 1 and len(found[0].audio) == 2 * RATE
    np.testing.assert_allclose(found[0].audio / 2**15, whole, atol=1e-4)


def test_silent_clips_are_marked():
    audio = noise(3.0)
    audio[RATE : 2 * RATE] *= 1e-4
    assert [clip.is_silent for clip in cut(audio)] == [False, True, False]


def test_opposite_channels_cancel():
    left = noise(1.0)
    assert cut(np.hstack([left, -left]))[0].is_silent


def test_silence_at_the_ends_is_trimmed():
    audio = np.concatenate([np.zeros((3000, 1)), noise(1.5), np.zeros((5000, 1))])
    facts = Facts(
        name="a", sample_rate=RATE, num_samples=len(audio),
        sound_start=3000, sound_end=15000,
    )  # fmt: skip
    found = cut(audio, facts=facts, trim_silence=True)
    assert [clip.start_seconds for clip in found] == pytest.approx([0.375, 0.875])
    np.testing.assert_array_equal(
        found[1].audio, as_int16(audio[7000:15000, 0].astype(np.float32))
    )


def test_loudness_is_reached_as_far_as_peaks_leave_room():
    def facts(loudness, peak_db):
        return Facts(name="a", sample_rate=RATE, loudness=loudness, peak_db=peak_db)

    assert gain(facts(-20.0, -6.0), None) == 1.0
    assert gain(facts(None, -6.0), -14.0) == 1.0
    assert gain(facts(-8.0, -1.0), -14.0) == pytest.approx(10 ** (-6 / 20))
    assert gain(facts(-16.0, -6.0), -14.0) == pytest.approx(10 ** (2 / 20))
    assert gain(facts(-30.0, -6.0), -14.0) == pytest.approx(10 ** (6 / 20))


def test_loudness_scales_the_clips():
    audio = noise(1.0) / 4
    facts = Facts(
        name="a", sample_rate=RATE, num_samples=RATE, loudness=-20.0, peak_db=-18.0
    )
    (clip,) = cut(audio, facts=facts, loudness=-14.0)
    np.testing.assert_allclose(
        clip.audio / 2**15, audio[:, 0] * 10 ** (6 / 20), atol=1e-4
    )


def test_lengths_that_cannot_be_are_errors():
    with pytest.raises(ValueError, match=r"min_seconds 2\.0 and clip_seconds 1.0 must"):
        cut_of(min_seconds=2.0)
