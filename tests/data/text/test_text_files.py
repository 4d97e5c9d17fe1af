"""Encodings of text."""

import pytest

from musiclm_jax.data.text import text_files
from musiclm_jax.data.text.text_files import read_text

TEXT = "fünf Töne, 五つの音 𝄞\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
    ],
)
@pytest.mark.parametrize("block_bytes", [1, 3, 2**20])
def test_encodings_that_are_understood(tmp_path, monkeypatch, data, block_bytes):
    monkeypatch.setattr(text_files, "_BLOCK_BYTES", block_bytes)
    (tmp_path / "t").write_bytes(data)
    assert read_text(tmp_path / "t") == TEXT


def test_nothing_is_text(tmp_path):
    (tmp_path / "t").touch()
    assert read_text(tmp_path / "t") == ""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (TEXT.encode("latin-1", "replace"), "byte 1 is 0xfc"),
        (b"\xef\xbb\xbfabc\xff", "byte 6 is 0xff"),
        ("aü".encode() + b"b\xe4\xb8", "byte 4 is 0xe4"),  # cut in a letter
        ("ab".encode("utf-16") + b"c", "byte 6 is 0x63"),
        (b"\xff\xfe\x00\xd8a\x00", "byte 2 is 0x00"),  # half a pair
        ("ab".encode("utf-16-le"), "t is not text: it has zeros between its letters"),
        ("ab".encode("utf-32"), "t is not text: it has zeros between its letters"),
    ],
)
@pytest.mark.parametrize("block_bytes", [1, 2, 2**20])
def test_the_byte_that_is_no_text(tmp_path, monkeypatch, data, message, block_bytes):
    monkeypatch.setattr(text_files, "_BLOCK_BYTES", block_bytes)
    (tmp_path / "t").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        read_text(tmp_path / "t")
