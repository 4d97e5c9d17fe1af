"""MPEG files without a length: all of the sound is read, whatever lies behind it."""

import pytest
import soundfile

from musiclm_jax.data.sound.audio_files import FileSound
from musiclm_jax.data.sound.unsized_mpeg import UnsizedMpeg

RATE = 44100
ID3 = b"TAG" + bytes(125)
APE = b"APETAGEX" + bytes(24) + b"x" * 5000
APE += b"APETAGEX" + bytes(4) + (5032).to_bytes(4, "little") + bytes(7) + b"\x80"
APE += bytes(8)


@pytest.fixture
def unsized(tmp_path, rng):
    """MP3 that starts loud, and lacks the frame that would say its length."""
    path = tmp_path / "a.mp3"
    audio = rng.normal(0, 0.1, (5 * RATE, 2))
    audio[RATE:] *= 1e-3
    soundfile.write(path, audio, RATE, format="MP3", bitrate_mode="VARIABLE")
    content = path.read_bytes()
    assert b"Info" in content[:417] or b"Xing" in content[:417]
    path.write_bytes(content[content.index(b"\xff\xfb", 400) :])
    return path


def seconds(path):
    with FileSound(path).open() as sound:
        return sum(map(len, sound.blocks())) / RATE


@pytest.mark.parametrize("tags", [b"", ID3, APE, APE + ID3], ids=len)
def test_all_is_read(unsized, tags):
    assert soundfile.info(unsized).duration < 4  # guessed
    unsized.write_bytes(unsized.read_bytes() + tags)
    assert seconds(unsized) == pytest.approx(5, abs=0.1)


def test_damage_is_found(unsized):
    content = bytearray(unsized.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 5000] = bytes(5000)
    unsized.write_bytes(content)
    with pytest.raises(ValueError, match=r"is broken or no audio: .* after .* s"):
        seconds(unsized)


def test_places(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(range(200)) + ID3)
    with UnsizedMpeg(path) as file:
        assert file.seek(0, 2) == file.tell() > 2**39
        assert file.seek(-128, 1) == file.tell()
        assert file.read(3) == bytes(3)
        assert file.seek(198) == file.tell() == 198
        assert file.read(9) == bytes([198, 199])
        assert file.read(9) == b""
