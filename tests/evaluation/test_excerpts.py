import numpy as np
import pytest
import soundfile

from musiclm_jax.evaluation.excerpts import Excerpts


def sine(seconds, rate):
    return 0.1 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)


def test_excerpts_have_one_length_rate_and_level(tmp_path):
    soundfile.write(tmp_path / "a.wav", sine(6, 44100), 44100)
    stereo = np.stack([sine(7, 16000), sine(7, 16000)], axis=1)
    soundfile.write(tmp_path / "b.flac", stereo, 16000)
    soundfile.write(tmp_path / "c short.wav", sine(1, 16000), 16000)
    soundfile.write(tmp_path / "d silent.wav", np.zeros(6 * 16000), 16000)
    (tmp_path / "e broken.wav").write_bytes(b"RIFF")
    found = Excerpts.cut(tmp_path, 24000, num=9)
    assert found.names == ("a.wav", "b.flac")
    assert found.left_out == ("c short.wav", "d silent.wav", "e broken.wav")
    assert found.audio.shape == (2, 5 * 24000)
    np.testing.assert_allclose(np.abs(found.audio).max(axis=1), 0.7, atol=0.02)
    spectrum = np.abs(np.fft.rfft(found.audio))
    assert np.fft.rfftfreq(5 * 24000, 1 / 24000)[spectrum.argmax(axis=1)].tolist() == [
        440.0,
        440.0,
    ]


def test_the_beginning_of_long_recordings_is_left_out(tmp_path):
    rate = 8000
    sound = np.concatenate([sine(40, rate), 4 * sine(30, rate)])
    sound[45 * rate :] *= 0.0
    soundfile.write(tmp_path / "long.wav", sound, rate)
    found = Excerpts.cut(tmp_path, rate, num=1)
    assert np.abs(found.audio[0, -rate:]).max() == pytest.approx(0.7, abs=0.01)


def test_nothing_that_can_be_used(tmp_path):
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(ValueError, match="no recording of at least 5 s"):
        Excerpts.cut(tmp_path, 24000, num=4)
    with pytest.raises(FileNotFoundError, match="no folder"):
        Excerpts.cut(tmp_path / "nowhere", 24000, num=4)
