"""Captions beside audio files."""

import pytest

from musiclm_jax.data.sidecars import Notes, read_csv, read_sidecars


def test_no_sidecar_no_notes(tmp_path):
    assert read_sidecars(tmp_path / "a.wav") == Notes()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"{", "a.json is not JSON"),
        ("a.json", b"[1]", "a.json must be an object"),
        ("a.json", b'{"caption": 3}', "'caption' that is neither text nor texts"),
        ("a.json", b'{"captions": [1]}', "'captions' that is neither text nor texts"),
        ("a.txt", b"\xff\xfe\xff", "a.txt is not text in UTF-8"),
    ],
)
def test_sidecars_that_cannot_be_read(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_sidecars(tmp_path / "a.wav")


def test_a_table_may_come_from_a_spreadsheet(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes('\ufeffcaption,file\r\n"two\nlines",./sub/a.wav\r\n'.encode())
    assert read_csv(path) == {"sub/a.wav": Notes(captions=("two\nlines",))}


def test_a_table_needs_its_columns(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("name,caption\na,b\n")
    with pytest.raises(ValueError, match="file and caption; it has: name, caption"):
        read_csv(path)
    with pytest.raises(FileNotFoundError, match="there is no table of captions"):
        read_csv(tmp_path / "none.csv")
