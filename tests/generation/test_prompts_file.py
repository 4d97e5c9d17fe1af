import json

import pytest

from musiclm_jax.generation import prompts_file
from musiclm_jax.generation.request import Request
from musiclm_jax.generation.settings import SamplingSettings


@pytest.fixture
def read(tmp_path):
    def read(content, name="prompts.jsonl"):
        path = tmp_path / name
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return prompts_file.read(path, suffixes=(".wav",), seconds=2.0, seed=5)

    return read


JSON = """{"prompt": "calm piano", "seconds": 3, "seed": 7, "name": "calm"}

{"prompt": "caf\\u00e9 jazz", "top_k": 50, "coarse_temperature": 0.8, "seed": null}
"""
CSV = """prompt, seconds,seed,name,top_k,coarse_temperature
calm piano,3,7,calm,,

"café jazz",,,,50,0.8
"""


@pytest.mark.parametrize(("content", "name"), [(JSON, "p.jsonl"), (CSV, "P.CSV")])
def test_lines_and_their_settings(read, content, name):
    prompts = read(content, name)
    assert not prompts.broken
    first, second = prompts.lines
    assert first.file == "calm.wav"
    assert first.request == Request(prompt="calm piano", seconds=3, seed=7)
    assert second.request == Request(
        prompt="café jazz",
        seconds=2.0,
        seed=5,
        settings=SamplingSettings(top_k=50, coarse_temperature=0.8),
    )
    assert second.file == f"{second.number:05}-café-jazz.wav"
    assert second.number - first.number == 2


def test_plain_lines(read):
    # A line separator of Unicode is no end of a line.
    prompts = read("\ufeffcalm piano\r\n\n  fast techno \nodd\u2028one", "p.txt")
    assert [(line.number, line.request.prompt) for line in prompts.lines] == [
        (1, "calm piano"),
        (3, "fast techno"),
        (4, "odd\u2028one"),
    ]
    assert prompts.lines[1].request == Request(prompt="fast techno", seconds=2, seed=5)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("{", "it is not valid JSON"),
        ("[" * 100_000, "it is not valid JSON"),
        ("[1]", "it is no JSON object"),
        ("{}", "it has no prompt, and no recording to go on from"),
        ('{"prompt": " "}', "the prompt is empty"),
        ('{"prompt": 3}', "the prompt is 3; it must be text"),
        ('{"prompt": "\\ud800"}', "the prompt is not text"),
        (json.dumps({"prompt": "x" * 1001}), "1,001 characters; at most 1,000"),
        ('{"prompt": "x", "tempo": 3}', "it has a field 'tempo'; fields are prompt, "),
        ('{"prompt": "x", "temperature": -1}', "temperature is -1; it must be"),
        ('{"prompt": "x", "temperature": NaN}', "temperature is nan"),
        ('{"prompt": "x", "temperature": Infinity}', "temperature is inf"),
        ('{"prompt": "x", "temperature": 1' + 400 * "0" + "}", "temperature is 1000"),
        ('{"prompt": "x", "guidance": "2"}', "guidance is '2'"),
        ('{"prompt": "x", "top_k": true}', "top_k is True"),
        (
            '{"prompt": "x", "seconds": 0}',
            "seconds is 0; it must be a number from 0.1",
        ),
        ('{"prompt": "x", "seconds": 601}', "seconds is 601; .* to 600"),
        ('{"prompt": "x", "seed": 1.5}', "seed is 1.5; it must be a whole number"),
        ('{"prompt": "x", "seed": -1}', "seed is -1"),
        ('{"prompt": "x", "name": "../x"}', "name is '../x', which names a place"),
    ],
)
def test_a_broken_line_is_named_and_the_rest_is_good(read, line, wrong):
    lines = ['{"prompt": "good"}'] * 8
    lines[6] = line
    prompts = read("\n".join(lines))
    assert list(prompts.broken) == [7]
    with pytest.raises(ValueError, match=wrong):
        raise ValueError(prompts.broken[7])
    assert [line.number for line in prompts.lines] == [1, 2, 3, 4, 5, 6, 8]


def test_a_broken_line_of_a_table(read):
    prompts = read("prompt,seed\na,x\nb,1,2\n,3\nd,1e3\ne,4\n", "p.csv")
    assert [line.request.prompt for line in prompts.lines] == ["e"]
    assert prompts.broken[2].startswith("seed is 'x'; it must be a whole number")
    assert "3 cells under 2 columns" in prompts.broken[3]
    assert prompts.broken[4] == "it has no prompt, and no recording to go on from"
    assert prompts.broken[5].startswith("seed is '1e3'")


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("", "p.jsonl", "p.jsonl is empty: it holds no prompt"),
        ("\n \n", "p.txt", "p.txt is empty"),
        ("", "p.csv", "p.csv is empty"),
        ("prompt,seed\n", "p.csv", "p.csv is empty"),
        (b"caf\xe9", "p.txt", "p.txt is not text in UTF-8.* byte 3 is 0xe9"),
        ("prompt,tempo\na,3\n", "p.csv", "has a column 'tempo'; columns are prompt, "),
        ("name,seed\na,3\n", "p.csv", "has no column prompt"),
        ("prompt,prompt\na,b\n", "p.csv", "has column prompt twice"),
        ('prompt\n"a\n', "p.csv", "is no CSV from line 2 on"),
        ("a", "p.docx", "p.docx ends in '.docx'; prompts are read from .jsonl, .csv"),
        (
            '{"prompt": "a", "name": "x"}\n{"prompt": "b", "name": "X.wav"}',
            "p.jsonl",
            "lines 1 and 2 both ask for the file X.wav",
        ),
    ],
)
def test_a_file_that_cannot_be(read, content, name, message):
    with pytest.raises(ValueError, match=message):
        read(content, name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no prompts file"):
        prompts_file.read(tmp_path / "p.txt", suffixes=(), seconds=1.0, seed=0)


def test_a_line_can_show_a_picture(read):
    prompts = read(
        '{"image": "a.jpg"}\n'
        '{"prompt": "jazz", "image": "a.jpg", "image_caption": "a sea"}\n'
        '{"prompt": "jazz", "image": 3}\n'
    )
    asked = [line.request.prompt for line in prompts.lines]
    assert asked == ['image:"a.jpg"', '"jazz" + "a sea" + image:"a.jpg"']
    assert prompts.broken == {3: "image is 3; it must be text"}
