"""A short form of benchmarks/data_kills.py."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "data_kills.py"


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["prepare", "tokenize"])
def test_killed_work_equals_work_left_alone(verb):
    done = subprocess.run(
        [sys.executable, SCRIPT, "--kills=3", "--minutes=6", f"--verb={verb}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = (line for line in done.stdout.splitlines() if verb in line)
    _, _, _, _, kills, differences, _ = (cell.strip() for cell in row.split("|"))
    assert (kills, differences) == ("3", "none")
