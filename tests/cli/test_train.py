"""From gin files over a run to a bundle, with a task that is quick to train."""

import json

import numpy as np
import pytest

from musiclm_jax import bundle
from musiclm_jax.cli.main import main

pytestmark = pytest.mark.usefixtures("here")


def _metrics(run):
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_train_export_info(capsys, tmp_path, mean_task):
    assert main(["train", "--gin_file=mean.gin", "--model_dir=runs/mean"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("the run is in runs/mean\n")
    assert "eval, step 3: loss/total" in out
    assert "STEPS = 3" in (tmp_path / "runs/mean/config.gin").read_text()

    assert main(["export", "--run=runs/mean", "--output=model"]) == 0
    assert capsys.readouterr().out == "model\n"
    config, params = bundle.load_part("model", "mean")
    assert config == mean_task.Config(width=2)
    assert params["mean"].shape == (2,)
    assert 0.0 < params["mean"][0] < 3.0

    (tmp_path / "card.json").write_text('{"hours": 1.5}')
    assert main(["export", "--card=card.json", "--output=model"]) == 0
    capsys.readouterr()
    assert main(["info", "model", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["parts"]["mean"]["parameters"] == 2
    assert facts["card"] == {"hours": 1.5}
    assert main(["info", "model"]) == 0
    table = capsys.readouterr().out
    assert "part  kind  parameters    MB" in table
    assert "hours  1.5" in table


def test_run_goes_on_where_it_stopped(tmp_path):
    command = ["train", "--gin_file=mean.gin", "--model_dir=run"]
    assert main(command) == 0
    assert main([*command, "--gin.STEPS=5"]) == 0
    steps = [r["step"] for r in _metrics(tmp_path / "run") if r["split"] == "train"]
    assert steps == [1, 2, 3, 4, 5]


def test_fitted_parameters_go_beside_the_part(capsys):
    for run in ("mean", "fitter"):
        assert main(["train", f"--gin_file={run}.gin", f"--model_dir={run}"]) == 0
    assert main(["export", "--run=mean", "--run=fitter", "--output=model"]) == 0
    _, params = bundle.load_part("model", "mean")
    assert set(params) == {"mean", "codebooks"}
    assert np.all(params["codebooks"] > 1.0)
    assert main(["export", "--run=fitter", "--output=other"]) == 2
    assert "no model in other" in capsys.readouterr().err


def test_a_part_is_in_the_bits_that_are_asked_for(capsys):
    assert main(["train", "--gin_file=mean.gin", "--model_dir=mean"]) == 0
    assert main(["export", "--run=mean", "--output=model"]) == 0
    assert bundle.Bundle.load("model").parts["mean"]["bits"] == 16
    assert main(["export", "--run=mean", "--bits=8", "--output=model"]) == 0
    assert bundle.Bundle.load("model").parts["mean"]["bits"] == 8
    capsys.readouterr()
    assert main(["export", "--run=mean", "--bits=4", "--output=model"]) == 2
    assert "invalid choice: 4 (choose from 8, 16)" in capsys.readouterr().err


def test_minutes_end_the_run(tmp_path):
    arguments = ["--model_dir=run", "--gin.STEPS=1000000", "--minutes=0.01"]
    assert main(["train", "--gin_file=mean.gin", *arguments]) == 0
    assert 0 < _metrics(tmp_path / "run")[-1]["step"] < 1_000_000


def test_wrong_runs_are_plain(capsys, tmp_path):
    assert main(["train", "--gin_file=mean.gin", "--gin.STEPS=0"]) == 2
    assert "nothing sets MODEL_DIR" in capsys.readouterr().err
    arguments = ["--model_dir=run", "--gin.STEPS=0"]
    assert main(["train", "--gin_file=mean.gin", *arguments]) == 2
    assert "num_steps is 0; it must be a whole number" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    (tmp_path / "mean.gin").rename(tmp_path / "empty" / "config.gin")
    assert main(["export", "--run=empty", "--output=model"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("argument", "text", "words"),
    [
        ("--card", "[1]", "is not a JSON object"),
        ("--card", "{", "is not valid JSON"),
        ("--vocabulary", "\x00", "is not a tokenizer.json"),
    ],
)
def test_wrong_files_are_plain(capsys, tmp_path, argument, text, words):
    (tmp_path / "file.json").write_text(text)
    assert main(["export", f"{argument}=file.json", "--output=model"]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "model").exists()
