"""Tables of captions."""

import codecs
import json

import pytest

from musiclm_jax.data.text.note_tables import read_note_table
from musiclm_jax.data.text.sidecars import Notes


def table(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_may_come_from_a_spreadsheet(tmp_path, mark, end):
    text = f'caption,file{end}"two\nlines, ""ü""\u2028x",./sub/a.wav{end},,{end}'
    for name, data in {"8": mark + text.encode(), "16": text.encode("utf-16")}.items():
        read = read_note_table(table(tmp_path, data, f"{name}.csv"))
        caption = 'two\nlines, "ü"\u2028x'
        assert read.notes == {"sub/a.wav": Notes(captions=(caption,))}
        assert not read.problems and not read.astray and not read.remarks


def test_rows_of_one_file(tmp_path):
    rows = "file,caption,mood,aspects\na.wav,one,sad,\"['x', 'y']\"\na.wav,two,glad,z\n"
    read = read_note_table(table(tmp_path, rows + "a.wav,one,sad\na.wav,one,,z\n"))
    assert read.notes == {
        "a.wav": Notes(("one", "two"), ("x", "y", "z"), {"mood": ["sad", "glad"]})
    }


def test_rows_that_stand_there_twice(tmp_path):
    rows = 'file,caption\n"a.wav","one\nline"\n' + 'a.wav,"one\nline"\n' * 25
    read = read_note_table(table(tmp_path, rows))
    assert read.notes == {"a.wav": Notes(captions=("one\nline",))}
    (remark,) = read.remarks
    assert remark.startswith(
        "rows of t.csv that say again what another says count once"
    )
    assert ": line 4, 6, 8, " in remark and remark.endswith(", 42 and 5 more")


def test_json_lines(tmp_path):
    lines = [
        {"file": "a.wav", "caption": "one\u2028line", "year": 1971, "mood": None},
        {"file": "a.wav", "captions": ["two"], "aspect_list": ["x"]},
        {"file": "b.wav", "caption": 3},
        {"caption": "lost"},
        {"file": "a\0.wav"},
        {"file": "\ud800.wav"},
        ["no object"],
    ]
    text = "\n\n".join(
        json.dumps(line, ensure_ascii=i > 1) for i, line in enumerate(lines)
    )
    read = read_note_table(table(tmp_path, text + '\n{"file":\n', "t.jsonl"))
    assert read.notes == {
        "a.wav": Notes(("one\u2028line", "two"), ("x",), {"year": 1971})
    }
    message = "t.jsonl line 5 has a 'caption' that is neither text nor texts"
    assert read.problems == {"b.wav": message}
    broken = read.astray.pop("t.jsonl line 14")
    assert broken.startswith("t.jsonl line 14 is not JSON: Expecting value")
    assert read.astray == {
        "t.jsonl line 7": "the row names no file",
        "t.jsonl line 9": "the row names no file",
        "t.jsonl line 11": "the row names no file",
        "t.jsonl line 13": 't.jsonl line 13 must be an object like {"caption": "..."}',
    }


def test_rows_that_cannot_be_relied_on(tmp_path):
    rows = "file,caption,aspects\na.wav,slow, sad, blue\nb.wav,x,[1]\nc.wav,fine\n"
    read = read_note_table(table(tmp_path, rows))
    assert read.notes == {"c.wav": Notes(captions=("fine",))}
    assert read.problems == {
        "a.wav": "t.csv line 2 cannot be understood: it has 4 cells under 3 columns; a "
        "text with a comma needs quotes around it",
        "b.wav": "t.csv line 3 cannot be understood: aspects '[1]' is no list of texts "
        "like ['sad', 'slow']",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name,caption\na,b\n",
            "t.csv needs columns file and caption; it has: name, cap",
        ),
        ("", "t.csv needs columns file and caption; it has: none"),
        ('"fi\nle",caption\n', "file and caption; it has: fi le, caption$"),
        (f"x{'y' * 300},z\n", r"it has: xy{199}\.\.\.$"),
        ("file;caption\na;b\n", "it has: file;caption"),
        ("file,caption,caption\na,b,c\n", "t.csv has column caption twice"),
        (
            'file,caption\na,b\nc,"open\n' * 2,
            "t.csv is no CSV from line 3 on: .*; is a q",
        ),
        ('file,caption\na,"a"b\n', "t.csv is no CSV from line 2 on: "),
        (
            b"file,caption\na,caf\xe9\n",
            "t.csv is not text in UTF-8, .* byte 18 is 0xe9",
        ),
        ("file,caption\n".encode("utf-16-le"), "t.csv is not text: it has zeros"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_note_table(table(tmp_path, text))


def test_no_table(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"there is no table of captions .*none"
    ):
        read_note_table(tmp_path / "none.csv")
