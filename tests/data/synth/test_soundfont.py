"""Sounds of a SoundFont: in tune, in time, the same again; and what may be wrong."""

import sys
from pathlib import Path

import numpy as np
import pytest

from musiclm_jax.data.synth.players import soundfont as soundfonts
from musiclm_jax.data.synth.players.soundfont import DRUM_BANK, SoundFont, Stroke

RATE = 24_000


@pytest.fixture(scope="module")
def font(soundfont):
    return SoundFont(soundfont)


def highest(audio):
    """Frequency of the highest partial, in Hz."""
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), 8 * RATE))
    return spectrum.argmax() / 8


def test_keys_have_their_pitch_and_their_time(font):
    strokes = [Stroke(0.25, 0.75, 69, 0.8), Stroke(1.25, 1.75, 57, 0.8)]
    audio = font.play(0, 0, strokes, 2 * RATE)
    assert audio.shape == (2 * RATE,) and audio.dtype == np.float32
    for start, hz in ((0.25, 440.0), (1.25, 220.0)):
        first = int(start * RATE)
        assert abs(highest(audio[first + 1000 : first + 11_000]) - hz) < 1.0
        before, after = audio[first - 2400 : first - 240], audio[first : first + 2400]
        assert np.abs(before).max() < 1e-4 < 0.1 < np.abs(after).max()


def test_the_same_strokes_are_the_same_bytes_whatever_was_played_before(font):
    strokes = [Stroke(0.01 * i, 0.5, 50 + i, 0.5) for i in range(12)]
    first = font.play(0, 3, strokes, RATE)
    font.play(DRUM_BANK, 0, [Stroke(0.0, 9.0, 40, 1.0)], 2400)
    font.play(0, 90, [Stroke(0.0, 9.0, 45, 1.0)], 2400)
    assert font.play(0, 3, strokes[::-1], RATE).tobytes() == first.tobytes()
    assert not font.play(0, 3, [], 2400).any()


def test_velocity_is_loudness(font):
    soft, loud = (
        np.abs(font.play(0, 0, [Stroke(0.0, 1.0, 60, v)], RATE)).max()
        for v in (0.3, 0.9)
    )
    np.testing.assert_allclose(loud / soft, 3.0, rtol=0.05)


def test_a_key_that_is_pressed_again_sounds_again(font):
    held = [Stroke(0.0, 2.0, 69, 0.3), Stroke(1.0, 2.0, 69, 0.9)]
    audio = font.play(0, 0, held, 2 * RATE)
    once = font.play(0, 0, held[1:], 2 * RATE)
    late = slice(int(1.5 * RATE), int(1.9 * RATE))
    np.testing.assert_allclose(np.std(audio[late]), np.std(once[late]), rtol=0.02)


def test_what_there_is(font):
    assert font.has(0, 127) and font.has(DRUM_BANK, 48)
    assert not font.has(DRUM_BANK, 99) and not font.has(5, 0)


def test_high_partials_do_not_fold_back(font):
    # Three octaves up a sine of 440 Hz is one of 3520, and nothing else.
    audio = font.play(0, 0, [Stroke(0.0, 1.0, 105, 0.9)], RATE)
    spectrum = np.abs(np.fft.rfft(audio[2400:22_400] * np.hanning(20_000)))
    near = slice(int(3400 / 1.2), int(3640 / 1.2))
    rest = spectrum.copy()
    rest[near] = 0.0
    assert rest.max() < 0.02 * spectrum[near].max()


def test_files_that_are_missing_or_none(tmp_path):
    pytest.importorskip("tinysoundfont")
    with pytest.raises(FileNotFoundError):
        SoundFont(str(tmp_path / "gone.sf2"))
    other = tmp_path / "other.sf2"
    other.write_bytes(b"RIFF\x10\0\0\0WAVEfmt ")
    with pytest.raises(ValueError, match=r"other\.sf2 is no SoundFont"):
        SoundFont(str(other))


def test_files_that_are_cut_short_or_damaged(soundfont, tmp_path):
    whole = bytearray(Path(soundfont).read_bytes())
    damaged = tmp_path / "damaged.sf2"
    damaged.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"is damaged: it has 25,\d+ bytes of 5\d,"):
        soundfonts.try_out(str(damaged))
    # The headers of the samples lie at the end: such a file brings its reader down.
    whole[-3000:-2000] = b"\xff" * 1000
    place = whole.index(b"phdr")
    whole[place + 8 : place + 208] = b"\xff" * 200
    damaged.write_bytes(whole)
    with pytest.raises(ValueError, match="is damaged: it cannot be loaded"):
        soundfonts.try_out(str(damaged))
    soundfonts.try_out(soundfont)


def test_without_the_package_it_says_how_to_get_it(monkeypatch, soundfont):
    monkeypatch.setitem(sys.modules, "tinysoundfont", None)
    with pytest.raises(ValueError, match="pip install --no-deps tinysoundfont"):
        SoundFont(soundfont)


def test_digest_is_of_the_content(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"abc"), other.write_bytes(b"abc")
    assert soundfonts.digest(str(one)) == soundfonts.digest(str(other))
    assert soundfonts.digest(str(one)).startswith("ba7816bf")  # FIPS 180-2, B.1
