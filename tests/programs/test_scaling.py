"""docs/scaling.md is what its results say, and run files claim no more than that."""

import importlib.util
import json
import re
import subprocess
from pathlib import Path

import pytest

from musiclm_jax.cli import config
from musiclm_jax.programs import chips

ROOT = Path(__file__).parents[2]
RESULTS, PAGE = ROOT / "docs" / "scaling.json", ROOT / "docs" / "scaling.md"
CLAIM = re.compile(
    r"fits --topology=(\S+) with (\S+) GiB a chip, and a million steps "
    r"would take (\S+) days"
)


@pytest.fixture(scope="module")
def scaling():
    path = ROOT / "benchmarks" / "scaling.py"
    spec = importlib.util.spec_from_file_location("benchmark_scaling", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_is_made_of_the_results(scaling):
    lines = scaling.page(scaling.Answers(RESULTS), steps=1_000_000)
    assert PAGE.read_text().splitlines() == lines


def test_slices_have_the_chips_that_they_are_listed_under(scaling):
    for count, topologies in scaling.SLICES.items():
        for topology in topologies:
            chips.chip_of(topology)
            sides = map(int, topology.partition(":")[2].split("x"))
            product = 1
            for side in sides:
                product *= side
            assert product == count


def test_every_training_has_a_slice_that_it_fits(scaling):
    known = json.loads(RESULTS.read_text())
    assert known.keys() == scaling.ROWS.keys()
    for training, answers in known.items():
        assert any(facts.get("fits") for facts in answers.values()), training


def test_a_program_that_is_too_large_is_a_row_too(scaling):
    facts = {"topology": "v5e:4x4", "too_large": "19G of 15.75G hbm"}
    assert scaling._row(facts, 1) == ("| v5e:4x4 | | | | no: 19G of 15.75G hbm | | | |")


@pytest.fixture
def precompile_fails(scaling, monkeypatch):
    """Sets what `musiclm precompile` says when it ends with an error."""

    def fail(text):
        monkeypatch.setattr(scaling, "_versions", lambda: "no libtpu")
        monkeypatch.setattr(
            scaling.subprocess,
            "run",
            lambda command, **_: subprocess.CompletedProcess(command, 2, "", text),
        )

    return fail


def test_why_a_program_is_too_large_is_kept_without_advice(scaling, precompile_fails):
    precompile_fails(
        "a warning of the compiler\nmusiclm: error: the program does not fit v5e:4x4: "
        "16G exceeds 15G; take more chips\n"
    )
    facts = scaling.ask("mulan", "v5e:4x4", [])
    assert facts["too_large"] == "16G exceeds 15G"


def test_any_other_error_ends_the_command(scaling, precompile_fails):
    precompile_fails("musiclm: error: libtpu is not installed")
    with pytest.raises(SystemExit, match="libtpu is not installed"):
        scaling.ask("mulan", "v5e:4x4", [])


@pytest.mark.parametrize(
    "training",
    ["codec", "semantic", "mulan", "semantic_stage", "coarse_stage", "fine_stage"],
)
def test_header_of_the_run_says_what_the_page_says(training):
    path = config.configs_folder() / "runs" / f"{training}.gin"
    header = path.read_text().partition("\n\n")[0].replace("\n# ", " ")
    topology, gibibytes, days = CLAIM.search(header).groups()
    section = PAGE.read_text().partition(f"## `runs/{training}.gin`")[2]
    (row,) = re.findall(rf"^\| {topology} .*$", section.partition("\n## ")[0], re.M)
    assert f"| {gibibytes} GiB, " in row and "| yes |" in row
    assert row.endswith(f"| {days} |")


def test_commands_that_share_a_file_lose_nothing(scaling, tmp_path, monkeypatch):
    def ask(training, topology, bindings):
        if training == "codec":  # meanwhile the other command is done
            other.ask("mulan", topology, chips=16)
        return {"asked": f"{training} {topology}", "bindings": bindings}

    monkeypatch.setattr(scaling, "ask", ask)
    path = tmp_path / "results.json"
    one, other = scaling.Answers(path), scaling.Answers(path)
    one.ask("codec", "v4:2x2x4", chips=1024)
    known = scaling.Answers(path).facts
    assert known["mulan"]["v4:2x2x4"]["asked"] == "mulan v4:2x2x4"
    assert known["codec"]["v4:2x2x4"]["bindings"] == ["MODEL_PARALLEL=4"]
    monkeypatch.setattr(scaling, "ask", None)  # known: not asked again
    one.ask("mulan", "v4:2x2x4", chips=16)
