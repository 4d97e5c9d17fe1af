"""Runs the launch scripts, with stand-ins for the commands that they start."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

LAUNCH = Path(__file__).parents[2] / "launch"
TIMEOUT = 60


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Puts a script in the place of a command; returns its path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def put(name, text):
        path = folder / name
        path.write_text(f"#!/usr/bin/env bash\n{text}")
        path.chmod(0o755)
        return path

    return put


@pytest.fixture
def script():
    """Starts one of the scripts: `script(name, *arguments)`."""
    if shutil.which("bash") is None or not LAUNCH.is_dir():
        pytest.skip("no bash, or no scripts")

    processes = []

    def start(name, *arguments):
        process = subprocess.Popen(
            ["bash", str(LAUNCH / name), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=TIMEOUT)


@pytest.fixture
def run(script):
    """Runs one of the scripts: its exit code, and what it prints and complains of."""

    def run(name, *arguments):
        process = script(name, *arguments)
        out, err = process.communicate(timeout=TIMEOUT)
        return process.returncode, out, err

    return run


@pytest.fixture
def refuses(run):
    """Checks that arguments are refused with one line and exit code 2."""

    def check(name, arguments, words):
        code, out, err = run(name, *arguments)
        assert (code, out) == (2, "")
        assert err.startswith(f"{name}: error: ")
        assert words in err
        assert err.count("\n") == 1

    return check


@pytest.fixture
def reads_well(run):
    """Checks a script's syntax, and that --help prints its header and no code."""

    def check(name):
        subprocess.run(["bash", "-n", str(LAUNCH / name)], check=True)
        code, out, err = run(name, "--help")
        assert (code, err) == (0, "")
        assert f"bash launch/{name} " in out
        assert "ARGUMENTS OF musiclm train" in out
        assert "set -" not in out and "shellcheck" not in out

    return check
