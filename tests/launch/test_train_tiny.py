"""The launch script, with a stand-in for Python that notes what it is asked."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from musiclm_jax.cli import config

SCRIPT = Path(__file__).parents[2] / "launch" / "train_tiny.sh"
pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None or not SCRIPT.exists(), reason="no bash"
)

# Writes its arguments to $ASKED; fails where one of them contains $FAILS; leaves what a
# training leaves.
STAND_IN = r"""#!/usr/bin/env bash
case "$*" in *default_backend*) echo cpu && exit ;; esac
printf '%s\n' "$*" >>"$ASKED"
[[ -z ${FAILS:-} || "$*" != *"$FAILS"* ]] || exit 3
for argument in "$@"; do
  case $argument in
    --model_dir=*)
      mkdir -p "${argument#*=}"
      echo '{"split": "eval", "step": 12}' >"${argument#*=}/metrics.jsonl"
      ;;
  esac
done
"""
TRAININGS = {"tone_codec", "semantic_aspects", "mulan", "mulan_rvq", "image_tower"}
STAGES = {"semantic_stage", "soundstorm"}
TRAININGS |= STAGES


@pytest.fixture
def launch(tmp_path):
    python = tmp_path / "python"
    python.write_text(STAND_IN)
    python.chmod(0o755)
    asked = tmp_path / "asked"

    def launch(*arguments, fails=""):
        asked.write_text("")
        variables = {"PYTHON": str(python), "ASKED": str(asked), "FAILS": fails}
        result = subprocess.run(
            ["bash", str(SCRIPT), "--work", str(tmp_path / "work"), *arguments],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return result, asked.read_text().splitlines()

    return launch


def _runs(lines):
    """Names of the runs that were trained, in order."""
    return [
        line.partition("runs/")[2].partition(".gin")[0]
        for line in lines
        if "musiclm_jax train" in line
    ]


def test_all_of_it_in_order_and_only_once(launch, tmp_path):
    result, asked = launch("--minutes", "10")
    assert (result.returncode, result.stderr) == (0, "")
    runs = _runs(asked)
    assert set(runs) == TRAININGS and len(runs) == len(TRAININGS)
    assert "data prepare" in asked[0] and "--gin.NUM_CLIPS=600" in asked[0]
    order = ["semantic_aspects", "mulan", "mulan_rvq", "image_tower", "semantic_stage"]
    positions = [runs.index(name) for name in order]
    assert positions == sorted(positions)
    tokens = next(i for i, line in enumerate(asked) if "tokenize" in line)
    before = "\n".join(asked[:tokens])
    for run in TRAININGS - STAGES:
        assert f"--run={tmp_path}/work/runs/{run} " in before
    after = "\n".join(asked[tokens:])
    for run in STAGES:
        assert f"--run={tmp_path}/work/runs/{run} " in after
    assert "tone_codec             0.0        12" in result.stdout
    card = json.loads((tmp_path / "work" / "card.json").read_text())
    assert set(card["minutes"]) == TRAININGS
    assert "CPU cores" in card["hardware"]
    assert card["corpus"] == "synth_music, 600 clips" and "soundfont" not in card

    result, asked = launch()
    assert result.returncode == 0
    assert _runs(asked) == []
    assert "tone_codec: is done already" in result.stdout


@pytest.mark.parametrize("failing", ["runs/mulan.gin", "tokenize "])
def test_it_goes_on_after_a_failure(launch, tmp_path, failing):
    result, asked = launch(fails=failing)
    assert result.returncode != 0
    assert "failed, see the end of" in result.stderr
    assert "soundstorm" not in _runs(asked)
    done = {path.name for path in (tmp_path / "work" / "done").iterdir()}
    assert "semantic_aspects" in done
    result, asked = launch()
    assert result.returncode == 0, result.stderr
    assert "semantic_aspects: is done already" in result.stdout
    assert set(_runs(asked)) == TRAININGS - done


def test_dry_run_prints_and_does_nothing(launch, tmp_path):
    result, asked = launch("--minutes", "100", "--output", "model", "--dry-run")
    assert result.returncode == 0
    assert asked == []
    assert not (tmp_path / "work").exists()
    lines = result.stdout.splitlines()
    minutes = {
        run: float(line.partition("--minutes=")[2].split()[0])
        for line in lines
        for run in _runs([line])
    }
    assert set(minutes) == TRAININGS
    # The longer lane of each pair, within the budget.
    tokenizers = sum(minutes[run] for run in TRAININGS - STAGES - {"tone_codec"})
    stages = max(minutes["soundstorm"], minutes["semantic_stage"])
    longest = max(minutes["tone_codec"], tokenizers) + stages
    assert 60 <= longest <= 90
    for run in TRAININGS:
        assert (config.configs_folder() / "runs" / f"{run}.gin").is_file()


def test_soundfont_and_text_start_reach_their_steps(launch, tmp_path):
    soundfont, start = tmp_path / "piano.sf2", tmp_path / "start"
    soundfont.touch()
    start.mkdir()
    given = ["--soundfont", str(soundfont), "--text_start", str(start)]
    result, asked = launch("--clips", "50", *given)
    assert result.returncode == 0, result.stderr
    assert f"--gin.SOUNDFONT='{soundfont}'" in asked[0]
    assert "--gin.NUM_CLIPS=50" in asked[0]
    (mulan,) = (line for line in asked if "runs/mulan.gin" in line)
    assert f"shared/sentence_encoder.gin --gin.TEXT_START='{start}'" in mulan
    assert any(f"--vocabulary={start}/vocabulary.json --bits=8" in a for a in asked)
    card = json.loads((tmp_path / "work" / "card.json").read_text())
    assert card["soundfont"] == "piano.sf2"


def test_with_tokenizers_the_stages_alone_are_trained(launch, tmp_path):
    tokenizers = tmp_path / "trained"
    tokenizers.mkdir()
    (tokenizers / "bundle.json").write_text("{}")
    result, asked = launch("--tokenizers", str(tokenizers), "--minutes", "10")
    assert result.returncode == 0, result.stderr
    assert set(_runs(asked)) == STAGES
    assert sum("--minutes=9" in line for line in asked) == 2
    assert (tmp_path / "work" / "bundle" / "bundle.json").is_file()
    card = json.loads((tmp_path / "work" / "card.json").read_text())
    assert set(card["minutes"]) == STAGES


def test_a_budget_too_short_names_the_part(launch):
    result, asked = launch("--minutes", "2")
    assert result.returncode == 2
    assert "of --minutes 2, mulan_rvq would get 0.06" in result.stderr
    assert asked == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--minutes", "0"], "--minutes is 0;"),
        (["--minutes", "-3"], "--minutes is -3;"),
        (["--minutes", "soon"], "--minutes is soon;"),
        (["--minutes"], "--minutes has no value"),
        (["--clips", "many"], "--clips is many;"),
        (["--soundfont", "none.sf2"], "--soundfont: there is no file"),
        (["--text_start", "nowhere"], "--text_start: there is no folder"),
        (["--tokenizers", "nowhere"], "--tokenizers: there is no bundle in"),
        (["--speed"], "there is no argument --speed"),
    ],
)
def test_wrong_arguments(launch, arguments, words):
    result, asked = launch(*arguments)
    assert result.returncode == 2
    assert words in result.stderr
    assert asked == []
