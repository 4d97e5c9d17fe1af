"""Audio files: exact samples, honest resampling, whole files, plain errors."""

import os
import wave

import numpy as np
import pytest
import soundfile

from musiclm_jax.data.intake.recordings import RejectionError
from musiclm_jax.data.sound import audio_files, open_audio
from musiclm_jax.data.sound.audio_files import (
    FileSound,
    encode_audio,
    mix,
    to_int16,
    write_audio,
)

RATE = 24000


def sine(hz: float, seconds: float, sample_rate: int = RATE) -> np.ndarray:
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return (0.5 * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def read(path) -> np.ndarray:
    with FileSound(path).open() as sound:
        assert sound.num_channels in (1, 2)
        return np.concatenate([mix(block) for block in sound.blocks()])


def test_wav_holds_exactly_the_samples(tmp_path, rng):
    audio = rng.uniform(-1, 1, 12345).astype(np.float32)
    write_audio(tmp_path / "a.wav", audio, RATE)
    with wave.open(str(tmp_path / "a.wav")) as file:  # another reader
        assert file.getparams()[:4] == (1, 2, RATE, 12345)
        samples = np.frombuffer(file.readframes(12345), "<i2")
    np.testing.assert_array_equal(samples, to_int16(audio))
    np.testing.assert_allclose(samples / 2**15, audio, atol=2**-15)


@pytest.mark.parametrize("suffix", audio_files.SUFFIXES)
def test_every_format_comes_back(tmp_path, suffix):
    audio = sine(440, 1.0)
    path = tmp_path / f"a{suffix.upper()}"
    write_audio(path, audio, RATE)
    back = read(path)
    assert abs(len(back) - len(audio)) < 0.1 * RATE
    size = 2**14
    start = 2000  # past what a lossy codec adds at the start
    spectrum = np.abs(np.fft.rfft(back[start : start + size]))
    assert abs(np.argmax(spectrum) * RATE / size - 440) < 3
    assert 0.4 < np.abs(back).max() < 0.6
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3"])
def test_encoded_sound_is_what_a_file_holds(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_audio(path, sine(440, 0.5), RATE)
    assert encode_audio(sine(440, 0.5), RATE, suffix) == path.read_bytes()


def test_minutes_of_vorbis(tmp_path):
    length = 2**22  # at once, the process would die of them
    audio = np.full(length, 0.5, np.float32)
    write_audio(tmp_path / "a.ogg", audio, RATE)
    assert len(read(tmp_path / "a.ogg")) == length


def test_what_cannot_be_encoded():
    with pytest.raises(ValueError, match=r"sound of 123 Hz cannot be written as \.mp3"):
        encode_audio(sine(440, 0.5), 123, ".mp3")
    with pytest.raises(ValueError, match=r"must be finite and \[sample\]"):
        encode_audio(np.zeros((2, 2)), RATE, ".ogg")


def test_flac_is_lossless(tmp_path, rng):
    audio = to_int16(rng.uniform(-1, 1, 5000)) / np.float32(2**15)
    write_audio(tmp_path / "a.flac", audio, RATE)
    np.testing.assert_array_equal(read(tmp_path / "a.flac"), audio)


def test_loud_samples_are_clipped():
    np.testing.assert_array_equal(
        to_int16(np.array([2.0, 1.0, -1.0, -3.0, 0.0])),
        [32767, 32767, -32768, -32768, 0],
    )


def test_reading_mixes(tmp_path):
    left, right = sine(300, 2.0, 44100), sine(700, 2.0, 44100)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), 44100)
    audio = read(tmp_path / "a.wav")
    assert audio.dtype == np.float32
    np.testing.assert_allclose(audio, (left + right) / 2, atol=2**-15)


def test_reading_in_blocks_changes_nothing(tmp_path, rng, monkeypatch):
    audio = rng.uniform(-0.5, 0.5, 10000)
    soundfile.write(tmp_path / "a.wav", audio, 44100)
    whole = read(tmp_path / "a.wav")
    monkeypatch.setattr(open_audio, "_BLOCK_LENGTH", 1000)  # divides the length
    np.testing.assert_array_equal(read(tmp_path / "a.wav"), whole)


def damage(path):
    """Makes one bad file a case; returns its name."""
    write_audio(path / "good.flac", sine(440, 1.0), RATE)
    (path / "empty.wav").touch()
    (path / "text.mp3").write_text("no sound at all, only words\n" * 50)
    content = (path / "good.flac").read_bytes()
    (path / "header.flac").write_bytes(content[:20])
    (path / "cut.flac").write_bytes(content[: len(content) // 2])
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 5 * RATE)
    write_audio(path / "good.ogg", noise, RATE)
    content = bytearray((path / "good.ogg").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    (path / "hole.ogg").write_bytes(content)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty.wav", r"^is empty \(0 bytes\)"),
        ("text.mp3", "^is broken or no audio: .+"),
        ("header.flac", "^is broken or no audio"),
        ("cut.flac", "^is broken or no audio: .*(sync|error)"),
        ("hole.ogg", "^cannot be read to its end: bytes .* are no whole page"),
    ],
)
def test_bad_files_are_one_line_errors(tmp_path, name, message):
    damage(tmp_path)
    with pytest.raises(RejectionError, match=message) as error:
        read(tmp_path / name)
    assert "\n" not in str(error.value)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.wav"):
        read(tmp_path / "nowhere.wav")


def test_bad_places_to_write_to(tmp_path):
    audio = sine(440, 0.1)
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "file").touch()
    for place, kind, message in [
        ("a.xyz", ValueError, "'.xyz'; sound is written as .wav, .flac, .ogg, .mp3"),
        ("a", ValueError, "'no suffix'"),
        ("not/there/a.wav", FileNotFoundError, "the folder .*there does not exist"),
        ("folder.wav", IsADirectoryError, "is a folder; give the name of a file"),
        ("file/a.wav", NotADirectoryError, "is a file, not a folder"),
    ]:
        with pytest.raises(kind, match=message):
            write_audio(tmp_path / place, audio, RATE)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.wav"]


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.array([0.0, np.nan])])
def test_bad_sound_is_not_written(tmp_path, bad):
    with pytest.raises(ValueError, match=r"must be finite and \[sample\]"):
        write_audio(tmp_path / "a.wav", bad, RATE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("when", ["write", "replace"])
def test_an_interrupt_leaves_nothing_but_the_old_file(tmp_path, monkeypatch, when):
    path = tmp_path / "a.wav"
    write_audio(path, sine(440, 0.1), RATE)
    before = path.read_bytes()

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    where = soundfile.SoundFile if when == "write" else os
    monkeypatch.setattr(where, when, interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_audio(path, sine(880, 0.2), RATE)
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]
    assert path.read_bytes() == before


def test_a_new_file_can_be_read_by_others(tmp_path):
    old = os.umask(0o022)
    try:
        write_audio(tmp_path / "a.wav", sine(440, 0.1), RATE)
    finally:
        os.umask(old)
    assert (tmp_path / "a.wav").stat().st_mode & 0o777 == 0o644
