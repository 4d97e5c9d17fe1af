"""Many prompts, with a stand-in for the model whose pieces tell what was asked."""

import hashlib
import json
import types

import numpy as np
import pytest
import soundfile

from musiclm_jax.bundle import folder as bundle_folder
from musiclm_jax.cli import compilation_cache
from musiclm_jax.cli.generate_prompts import EXIT_SOME_BROKEN
from musiclm_jax.cli.main import main
from musiclm_jax.generation import pipeline
from musiclm_jax.generation.config import GenerationConfig

RATE = 8000
PROMPTS = [
    *({"prompt": f"prompt {i}", "seed": i} for i in range(12)),
    {"prompt": "longer", "seconds": 0.2},
    {"prompt": "colder", "temperature": 0.0, "name": "cold.flac"},
]


class _Model:
    """Makes noise that depends on what is asked for one piece, and on nothing else."""

    sample_rate = RATE
    sampling = GenerationConfig()
    batches = ()
    pieces_left = None  # until it is stopped

    def __init__(self):
        self.tokenizers = types.SimpleNamespace(mulan=self)

    @classmethod
    def load(cls, folder=None):
        return cls()

    def check_text(self, text):
        if text == "静か":
            raise ValueError("the model knows no word of it")

    def unheard(self, text):
        return [word for word in text.split() if word == "zyx"]

    def generate(self, prompts, *, seconds, seed, config, progress=None):
        type(self).batches += (tuple(prompts),)
        if type(self).pieces_left is not None:
            if type(self).pieces_left < len(set(prompts)):
                raise KeyboardInterrupt
            type(self).pieces_left -= len(set(prompts))
        pieces = []
        for prompt, number in zip(prompts, seed, strict=True):
            asked = repr((prompt, seconds, number, config)).encode()
            digest = hashlib.sha256(asked).digest()
            rng = np.random.default_rng(list(digest))
            pieces.append(rng.uniform(-0.5, 0.5, round(seconds * RATE)))
        return np.stack(pieces).astype(np.float32)


@pytest.fixture(autouse=True)
def model(monkeypatch, tmp_path):
    _Model.batches, _Model.pieces_left = (), None
    monkeypatch.setattr(pipeline, "MusicLM", _Model)
    monkeypatch.setattr(compilation_cache, "use", lambda: None)
    # As on a laptop; the tests' own processes have eight.
    monkeypatch.setattr("jax.device_count", lambda: 1)
    monkeypatch.chdir(tmp_path)
    return _Model


@pytest.fixture
def prompts(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n".join(map(json.dumps, PROMPTS)))
    return path


def make(prompts, output, *arguments):
    command = ["generate", f"--prompts={prompts}", f"--output={output}"]
    return main([*command, "--seconds=0.1", "--batch_size=4", *arguments])


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def sounds(folder):
    return {
        path.name: soundfile.read(path)[0].tobytes() for path in folder.glob("*.wav")
    }


def test_all_lines_in_full_batches(prompts, tmp_path, model, capsys):
    assert make(prompts, "out") == 0
    said = capsys.readouterr()
    told = [json.loads(line) for line in said.out.splitlines()]
    assert [piece["line"] for piece in told] == list(range(1, 15))
    assert [piece["prompt"] for piece in told] == [p["prompt"] for p in PROMPTS]
    assert told[-1]["file"] == "out/cold.flac" and told[-1]["coarse_temperature"] == 0
    assert "out has all 14 pieces; 14 made now; " in said.err
    for piece in told:
        info = soundfile.info(tmp_path / piece["file"])
        assert info.frames == round(piece["seconds"] * RATE)
    record = (tmp_path / "out" / "pieces.jsonl").read_text().splitlines()
    assert [json.loads(line)["file"] for line in record] == [
        piece["file"].removeprefix("out/") for piece in told
    ]
    assert [len(batch) for batch in model.batches] == [4, 4, 4, 1, 1]


def test_a_piece_is_that_of_its_prompt_alone(prompts, tmp_path):
    assert make(prompts, "out") == 0
    assert make(prompts, "other", "--batch_size=5") == 0
    whole = sounds(tmp_path / "out")
    # Their cards tell of how many were made at once.
    assert sounds(tmp_path / "other") == whole
    (tmp_path / "one.txt").write_text("prompt 7")
    assert make("one.txt", "one", "--seed=7") == 0
    one = sounds(tmp_path / "one")["00001-prompt-7.wav"]
    assert one == whole["00008-prompt-7.wav"]
    for folder, rows in (("out", 4), ("other", 5), ("one", 1)):
        card = json.loads(next((tmp_path / folder).glob("*.wav.json")).read_text())
        assert card["rows"] == rows


def test_stopped_again_and_again(prompts, tmp_path, model, capsys):
    assert make(prompts, "whole") == 0
    capsys.readouterr()
    told, statuses = [], []
    while not statuses or statuses[-1]:
        model.pieces_left = 5  # a batch, and a small one
        statuses.append(make(prompts, "out"))
        told += [
            json.loads(line)["line"]
            for line in capsys.readouterr().out.split("\n")[:-1]
        ]
    assert statuses == [130, 130, 130, 0]
    assert sorted(told) == list(range(1, 15)), "each piece once"
    assert content(tmp_path / "out") == content(tmp_path / "whole")
    # All is there: nothing is made.
    count = len(model.batches)
    assert make(prompts, "out") == 0
    assert len(model.batches) == count
    assert "has all 14 pieces; 0 made now\n" in capsys.readouterr().err


def test_what_a_killed_writer_left_is_swept_away(prompts, tmp_path):
    assert make(prompts, "out") == 0
    left = tmp_path / "out" / ".cold.flac.0123456789abcdef.tmp"
    left.write_text("half")
    assert make(prompts, "out") == 0
    assert not left.exists()


def test_words_that_are_not_known_are_said_of_their_lines(tmp_path, capsys):
    (tmp_path / "p.txt").write_text("jazz\nzyx jazz zyx\n")
    assert make("p.txt", "out") == 0
    assert "p.txt, line 2: not known: zyx\n" in capsys.readouterr().err


def test_broken_lines_are_named_and_the_rest_is_done(tmp_path, capsys):
    (tmp_path / "p.jsonl").write_text(
        '{"prompt": "a"}\n{"prompt": "b", "top_p": 2}\nno\n{"prompt": "静か"}\n'
        '{"prompt": "c", "name": "../../c"}\n{"prompt": "d"}\n'
    )
    assert make("p.jsonl", "out") == EXIT_SOME_BROKEN
    said = capsys.readouterr()
    assert [json.loads(line)["line"] for line in said.out.splitlines()] == [1, 6]
    errors = [line for line in said.err.splitlines() if "p.jsonl, line" in line]
    assert [line.partition(":")[0] for line in errors] == [
        f"p.jsonl, line {number}" for number in (2, 3, 4, 5)
    ]
    assert errors[0].endswith("top_p is 2; it must be a number above 0 and at most 1")
    assert errors[2].endswith("the model knows no word of it")
    assert "4 lines could not be used" in said.err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {n for n in names if n.endswith(".wav")} == {"00001-a.wav", "00006-d.wav"}
    assert not list(tmp_path.parent.glob("c.*"))


def test_another_file_of_prompts_and_other_settings(prompts, tmp_path, capsys):
    assert make(prompts, "out") == 0
    before = content(tmp_path / "out")
    (tmp_path / "other.txt").write_text("prompt 0")
    capsys.readouterr()
    for arguments, words in (
        (("other.txt", "out"), "out holds the pieces of prompts.jsonl ("),
        ((prompts, "out", "--temperature=0.5"), "made with another sampling"),
        ((prompts, "out", "--seed=1"), "made with another seed"),
    ):
        assert make(*arguments) == 2
        error = capsys.readouterr().err
        assert words in error and error.count("\n") == 1
    assert "not of other.txt" not in error
    assert content(tmp_path / "out") == before


def test_another_model_is_another_folder(prompts, capsys, monkeypatch):
    assert make(prompts, "out") == 0
    monkeypatch.setattr(bundle_folder.Bundle, "content_hash", lambda self: "other")
    assert make(prompts, "out") == 2
    assert "made with another model_sha256" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["jazz"], "PROMPT and --prompts do not go together"),
        (["--num=2"], "--num and --overwrite go with one PROMPT"),
        (["--overwrite"], "--num and --overwrite go with one PROMPT"),
        (["--batch_size=0"], "--batch_size is 0; it must be a whole number"),
        (["--seconds=nan"], "seconds is nan"),
        (["--seed=-1"], "seed is -1"),
        (["--guidance=nan"], "guidance is nan"),
        (["--output=taken"], "--output taken is a file, not a folder"),
        (["--prompts=nowhere.txt"], "there is no prompts file nowhere.txt"),
        (["--prompts=empty.txt"], "empty.txt is empty"),
        (["--prompts=latin.txt"], "latin.txt is not text in UTF-8"),
        (["--prompts=twice.jsonl"], "lines 1 and 2 both ask for the file x.wav"),
        (["--prompts=header.csv"], "header.csv has a column 'tempo'"),
    ],
)
def test_wrong_input_is_answered_before_anything(
    prompts, tmp_path, capsys, model, arguments, words
):
    (tmp_path / "taken").touch()
    (tmp_path / "empty.txt").touch()
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "twice.jsonl").write_text('{"prompt": "a", "name": "x"}\n' * 2)
    (tmp_path / "header.csv").write_text("prompt,tempo\na,3\n")
    assert make(prompts, "out", *arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and words in error
    assert not model.batches and not (tmp_path / "out").exists()


def test_no_folder_and_no_good_line(prompts, tmp_path, capsys):
    assert main(["generate", f"--prompts={prompts}"]) == 2
    assert "--prompts needs --output" in capsys.readouterr().err
    (tmp_path / "p.txt").write_text("静か")
    assert make("p.txt", "out") == 2
    first, last = capsys.readouterr().err.splitlines()
    assert first == "p.txt, line 1: the model knows no word of it"
    assert last == "musiclm: error: no line of p.txt can be used"
    assert not (tmp_path / "out").exists()
