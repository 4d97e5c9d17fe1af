"""Short forms of benchmarks/kills.py: every verb that writes, and every signal."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kills.py"
GROUPS = {
    "music": "generate,takes,render,prompts,story,reproduce",
    "data": "tokenize,data prepare,data check,data vocabulary,data describe",
    "models": "train,export,import bert,describe",
}

pytestmark = pytest.mark.slow


def kill(tmp_path, verbs, *flags):
    """Returns a row for each verb, once all kills have come to the right end."""
    done = subprocess.run(
        [sys.executable, SCRIPT, f"--verbs={verbs}", f"--work={tmp_path}", *flags],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout.partition("| verb")[2].splitlines()[2:]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table]
    return {row[0]: row[1:] for row in rows if row}


@pytest.mark.parametrize("verbs", GROUPS.values(), ids=GROUPS)
def test_killed_commands_end_as_those_left_alone(tmp_path, verbs):
    names = verbs.split(",")
    found = kill(tmp_path, verbs, f"--kills={2 * len(names)}", "--steps=40")
    assert [*found] == names
    for _, *kills, ends, _, wrong in found.values():
        assert sum(map(int, kills)) == 2 and int(ends) >= 1 and wrong == "none"


def test_one_of_two_processes_of_a_training(tmp_path):
    found = kill(tmp_path, "train", "--kills=2", "--steps=90", "--processes=2")
    assert found["train"][-1] == "none"
