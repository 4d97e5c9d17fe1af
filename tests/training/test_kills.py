"""A short form of benchmarks/kills.py."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kills.py"


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_killed_trainings_equal_one_left_alone(tmp_path, processes):
    done = subprocess.run(
        [
            *(sys.executable, str(SCRIPT), "--kills=2", "--steps=90"),
            *(f"--processes={processes}", f"--work={tmp_path / 'work'}"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [
        [cell.strip() for cell in row.split("|")] for row in done.stdout.split("\n")
    ]
    assert ["", "kills", "2", ""] in rows
    assert ["", "differences", "none", ""] in rows
