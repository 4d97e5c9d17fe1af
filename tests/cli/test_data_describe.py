"""A page of a data set, through the command line."""

import json
import types

import numpy as np
import pytest

from musiclm_jax.cli import data_describe
from musiclm_jax.cli.main import main
from musiclm_jax.data.sets import audio_dataset

RATE = 4000


class _Dataset:
    """Clips in memory."""

    name, data_dir = "some", "somewhere"

    def __init__(self, folder, *, is_prepared=True):
        self._clips = [
            {
                "name": f"clip {i}".encode(),
                "audio": np.full(RATE // 2, 100 * i, np.int16),
                "captions": [f"tune {i}".encode()],
            }
            for i in range(20)
        ]
        splits = {"train": types.SimpleNamespace(num_examples=20)}
        self._builder = types.SimpleNamespace(
            data_dir=str(folder),
            is_prepared=lambda: is_prepared,
            info=types.SimpleNamespace(full_name="some/1.0.0", splits=splits),
        )

    def check_rate(self, sample_rate, whose):
        pass

    def builder(self):
        return self._builder

    def open(self, split):
        assert split == "train"
        return self._clips


def _describe(dataset, path, **changes):
    arguments = {"split": "train", "num_cards": 2, "sample_rate": RATE, "seed": 0}
    data_describe.describe(dataset=dataset, output=path, **(arguments | changes))
    return path.read_text(encoding="utf-8")


def test_page_of_a_data_set(tmp_path, capsys):
    line = {"name": "x.wav", "kind": "silent", "reason": "nothing above -60 dB"}
    (tmp_path / "quarantine.jsonl").write_text(json.dumps(line) + "\n")
    account = {"recordings": 9, "written": 8, "left_out": 1, "remarks": ["a remark"]}
    (tmp_path / "account.json").write_text(json.dumps(account))
    text = _describe(_Dataset(tmp_path), tmp_path / "page.html")
    assert "some/1.0.0" in text and "nothing above -60 dB" in text
    assert "made of 9 recordings: 8 were written, 1 left out." in text
    assert "<p>a remark</p>" in text
    assert text.count("<article>") == 2
    assert capsys.readouterr().out == f"{tmp_path / 'page.html'}\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "account.json", "page.html", "quarantine.jsonl",
    ]  # fmt: skip


def _names(text):
    return [part.partition("</b>")[0] for part in text.split("<b>clip ")[1:]]


def test_seed_chooses_the_clips(tmp_path):
    dataset, path = _Dataset(tmp_path), tmp_path / "page.html"
    first = _names(_describe(dataset, path))
    assert first == _names(_describe(dataset, path)) and len(first) == 2
    assert first != _names(_describe(dataset, path, seed=1))


def test_large_sets_are_sampled(tmp_path, monkeypatch):
    monkeypatch.setattr("musiclm_jax.data.intake.description.MOST_CLIPS", 5)
    text = _describe(_Dataset(tmp_path), tmp_path / "page.html")
    assert "Of 20 clips, 5 were looked at, chosen at random." in text


def test_nothing_is_prepared_in_passing(tmp_path):
    dataset = _Dataset(tmp_path, is_prepared=False)
    with pytest.raises(ValueError, match="'some' is not prepared in somewhere"):
        _describe(dataset, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_flags_name_a_data_set(tmp_path, monkeypatch, capsys):
    named = []
    monkeypatch.setattr(
        audio_dataset,
        "AudioDataset",
        lambda **name: named.append(name) or _Dataset(tmp_path),
    )
    arguments = ["--data_dir=d", "--dataset=set/one", f"--sample_rate={RATE}"]
    output = f"--output={tmp_path / 'page.html'}"
    assert main(["data", "describe", *arguments, "--clips=1", output]) == 0
    assert named == [{"name": "set/one", "data_dir": "d"}]
    assert (tmp_path / "page.html").read_text().count("<article>") == 1


def test_gin_names_a_data_set(tmp_path, capsys):
    arguments = ["--gin_file=runs/describe.gin", f"--gin.DATA_DIR='{tmp_path}'"]
    output = f"--output={tmp_path / 'page.html'}"
    assert main(["data", "describe", *arguments, output]) == 2
    assert "data set 'synth_music' is not prepared in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["describe"], "--output"),
        (["describe", "--output=p.html"], "no data set: give --data_dir"),
        (
            ["describe", "--output=p.html", "--clips=0"],
            "--clips is 0; it must be a whole number from 1",
        ),
        (
            ["describe", "--output=p.html", "--seed=-1"],
            "--seed is -1; it must be a whole number from 0",
        ),
        (
            ["describe", "--output=p.html", "--sample_rate=24"],
            "--sample_rate is 24; it must be a whole number from 1,000",
        ),
        (["describe", "--output=no/p.html"], "the folder no does not exist"),
        (["describe", "--output=.", "--data_dir=d"], ". is a folder"),
        (
            ["describe", "--output=p.html", "--data_dir=d", "--dataset=nothing"],
            "there is no data set 'nothing'",
        ),
    ],
)
def test_error_is_one_line(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    assert main(["data", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert words in captured.err
    assert not list(tmp_path.iterdir())
