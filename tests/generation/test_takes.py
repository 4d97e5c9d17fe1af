"""Files of takes, and what is no such file."""

import json

import numpy as np
import pytest
import safetensors.numpy

from musiclm_jax.cli.main import main
from musiclm_jax.generation import cards, takes
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.request import Request

ASKED = Request(prompt="jazz", seconds=2.0, seed=5)


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = takes.Takes(
        np.arange(6).reshape(2, 3, 1),
        np.arange(4, dtype=np.uint32).reshape(2, 2),
        cards.asked(ASKED, GenerationConfig()),
    )
    path = tmp_path / "a.safetensors"
    takes.save(path, made)
    return path


def test_what_is_written_is_read(file):
    found = takes.load(file)
    assert len(found) == 2
    np.testing.assert_array_equal(found.semantic[1, :, 0], [3, 4, 5])
    assert cards.request_of(found.card) == ASKED
    assert cards.config_of(found.card) == GenerationConfig()


@pytest.mark.parametrize("cut", [0, 7, 100, -3])
def test_a_damaged_file_is_named(file, cut):
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"a\.safetensors is damaged, or no file of"):
        takes.load(file)


@pytest.mark.parametrize("card", [None, "[]", "{}", '{"format": 9}', "no JSON"])
def test_tensors_of_something_else(tmp_path, card):
    path = tmp_path / "b.safetensors"
    arrays = {"semantic": np.zeros((1, 2, 1), np.int32), "keys": np.zeros((1, 2))}
    metadata = None if card is None else {"card": card}
    path.write_bytes(safetensors.numpy.save(arrays, metadata))
    with pytest.raises(ValueError, match=r"b\.safetensors is damaged"):
        takes.load(path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["jazz", "--stages=semantic", "-o", "x.wav"], "takes are tokens, written as"),
        (["--render=no.safetensors"], "there is no file of takes no.safetensors"),
        (
            ["--render=a.safetensors", "--take=3"],
            "--take is 3, and a.safetensors has 2",
        ),
        (["--render=a.safetensors", "--take=0"], "take is 0"),
        (["jazz", "--render=a.safetensors"], "--render makes the sound of what was"),
        (["jazz", "--stages=semantic", "--num=2", "--keep=1"], "--keep chooses by the"),
        (["jazz", "--take=1"], "--take chooses among those of --render FILE"),
        (["--render=a.safetensors", "--output=x.txt"], "x-1.txt ends in '.txt'"),
    ],
)
def test_what_cannot_be_asked(file, arguments, said, capsys):
    arguments = [a.replace("-o", "--output") if a == "-o" else a for a in arguments]
    assert main(["generate", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not list(file.parent.glob("*.wav"))


def test_the_card_is_kept_whole(file):
    with safetensors.safe_open(file, framework="numpy") as opened:
        card = json.loads(opened.metadata()["card"])
    assert card["prompt"] == "jazz" and card["format"] == cards.FORMAT
