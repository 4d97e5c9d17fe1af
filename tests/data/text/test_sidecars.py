"""Captions beside audio files."""

import pytest

from musiclm_jax.data.text.sidecars import Notes, read_sidecars


def test_no_sidecar_no_notes(tmp_path):
    assert read_sidecars(tmp_path / "a.wav") == Notes()


def test_text_and_json(tmp_path):
    (tmp_path / "a.txt").write_bytes("one\r\n\r\n zwei ü \r\none".encode("utf-16"))
    (tmp_path / "a.json").write_text(
        '{"caption": "two", "aspect_list": ["x", " ", "x"], "bpm": NaN, "year": 1971}'
    )
    assert read_sidecars(tmp_path / "a.wav") == Notes(
        captions=("one", "zwei ü", "two"), aspects=("x",), fields={"year": 1971}
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"{", "a.json is not JSON"),
        ("a.json", b"[" * 100_000, "a.json is not JSON"),
        ("a.json", b"[1]", "a.json must be an object"),
        ("a.json", b'{"caption": 3}', "'caption' that is neither text nor texts"),
        ("a.json", b'{"captions": [1]}', "'captions' that is neither text nor texts"),
        ("a.json", rb'{"mood": "\ud83d"}', r"half of a letter, '\\ud83d', which no"),
        ("a.txt", b"\xff\xfe\xff", "a.txt is not text in UTF-8, .* byte 2 is 0xff"),
    ],
)
def test_sidecars_that_cannot_be_read(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_sidecars(tmp_path / "a.wav")
