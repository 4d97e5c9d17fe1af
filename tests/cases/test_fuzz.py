"""A short form of benchmarks/fuzz.py: each kind of damage, a few times."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzz.py"
KINDS = ("bundles", "manifests", "recordings", "gin", "prompts")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_said_or_does_no_harm(kind):
    counts = [f"--{other}={25 if other == kind else 0}" for other in KINDS]
    done = subprocess.run(
        [sys.executable, SCRIPT, "--seed=1", *counts],
        capture_output=True,
        text=True,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split("|") for line in done.stdout.splitlines() if "|" in line][2:]
    assert sum(int(row[3]) for row in rows) == 25
