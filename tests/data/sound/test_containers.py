"""What containers promise: cut files of all formats, and no alarm for healthy ones."""

import struct

import pytest
import soundfile

from musiclm_jax.data.sound.containers import shortage

FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "float.wav": ("WAVEX", "FLOAT"),
    "rf64.wav": ("RF64", "PCM_24"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}


@pytest.fixture
def written(tmp_path, rng):
    """Writes noise; returns the path."""

    def write(name, num_channels=2, seconds=1.0):
        container, coding = FORMATS[name]
        path = tmp_path / name
        noise = rng.uniform(-0.5, 0.5, (round(48000 * seconds), num_channels))
        soundfile.write(path, noise, 48000, format=container, subtype=coding)
        return path

    return write


@pytest.mark.parametrize("num_channels", [1, 2])
@pytest.mark.parametrize("name", FORMATS)
def test_whole_files_lack_nothing(written, name, num_channels):
    path = written(name, num_channels)
    assert shortage(path) is None
    with path.open("ab") as file:  # such as a tag of another program
        file.write(b"TAG" + bytes(125))
    assert shortage(path) is None


@pytest.mark.parametrize("share", [0.4, 0.7, 0.9])
@pytest.mark.parametrize("name", FORMATS)
def test_cut_files_lack_something(written, name, share):
    path = written(name, seconds=2.0)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert shortage(path)


@pytest.mark.parametrize(
    "name", [n for n in FORMATS if n not in ("ogg", "opus", "mp3")]
)
def test_a_cut_is_told_to_the_byte(written, name):
    path = written(name)
    content = path.read_bytes()
    path.write_bytes(content[:-2])
    found = len(content) - 2
    assert shortage(path) == (
        f"it has {found:,} bytes, and by its header at least {found + 2:,}"
    )


def test_mp3_behind_a_tag(written):
    path = written("mp3")
    content = path.read_bytes()
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 8, 0]) + bytes(1024)
    path.write_bytes(tag + content)
    assert shortage(path) is None
    # As long as the header promises, but for the tag.
    path.write_bytes((tag * 9 + content)[: len(content) + 1000])
    assert "by its header" in shortage(path)


def test_mp3_without_header(written):
    path = written("mp3")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"Info", bytes(4)).replace(b"Xing", bytes(4)))
    assert shortage(path) is None


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000, 0x80000000])
def test_streamed_wav(written, size):
    path = written("wav")
    content = bytearray(path.read_bytes())
    for place in (4, content.index(b"data") + 4):
        content[place : place + 4] = struct.pack("<I", size)
    path.write_bytes(content)
    assert shortage(path) is None


def test_chunks_behind_the_sound_may_be_cut(written):
    path = written("wav")
    path.write_bytes(path.read_bytes() + b"LIST" + struct.pack("<I", 5000) + b"INFO")
    assert shortage(path) is None


def test_ogg_without_last_page(written):
    path = written("ogg", seconds=3.0)
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"OggS")])
    assert shortage(path) == "its last page is not marked as the last"


@pytest.mark.parametrize("length", [0, 3, 11, 12, 40, 3000])
@pytest.mark.parametrize(
    "start", [b"RIFF\0\0\0\0WAVE", b"FORM", b"ID3", b"\xff\xfb", b""]
)
def test_garbage_promises_nothing(tmp_path, rng, start, length):
    path = tmp_path / "garbage"
    path.write_bytes((start + rng.bytes(length))[:length])
    assert shortage(path) is None or "by its header" in shortage(path)


def test_a_chunk_may_be_empty_and_sizes_zero(tmp_path):
    path = tmp_path / "zeros.caf"
    path.write_bytes(b"caff" + bytes(5000))
    assert shortage(path) is None


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        shortage(tmp_path / "nowhere.wav")
