"""Work in pieces: all of it is done, once, and errors come out."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from musiclm_jax.files import whole_files
from musiclm_jax.parallel.jobs import Here, Processes

# Processes that are started must find this file by an importable name.
sys.path.insert(0, str(Path(__file__).parent))
from example_jobs import Note

RUNNERS = [Here(), Processes(2)]


@pytest.mark.parametrize("runner", RUNNERS, ids=["here", "processes"])
def test_everything_is_done_once(tmp_path, runner):
    jobs = [Note(output=tmp_path / f"{i}", text=str(i)) for i in range(5)]
    whole_files.write(jobs[3].output, b"was there")
    told = []
    runner.run(jobs, lambda done, total: told.append((done, total)))
    texts = [job.output.read_text() for job in jobs]
    assert texts == ["0", "1", "2", "was there", "4"]
    assert told[-1] == (5, 5) and told == sorted(told)
    assert sorted(os.listdir(tmp_path)) == ["0", "1", "2", "3", "4"]
    runner.run(jobs, lambda done, total: None)


@pytest.mark.parametrize("runner", RUNNERS, ids=["here", "processes"])
def test_an_error_comes_out(tmp_path, runner):
    jobs = [Note(output=tmp_path / "a", text=""), Note(output=tmp_path / "b", text="b")]
    with pytest.raises(ValueError, match="there is nothing to write to a"):
        runner.run(jobs, lambda done, total: None)
    assert not jobs[0].output.exists()


def test_a_process_that_dies_is_told(tmp_path):
    jobs = [Note(output=tmp_path / "a", text="die")]
    with pytest.raises(ValueError, match="a process that worked on a or"):
        Processes(1).run(jobs, lambda done, total: None)


def test_ctrl_c_ends_a_process_unless_this_one_ignores_it(tmp_path):
    jobs = [Note(output=tmp_path / "a", text="ctrl-c")]
    with pytest.raises(ValueError, match="a process that worked on a or"):
        Processes(1).run(jobs, lambda done, total: None)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        Processes(1).run(jobs, lambda done, total: None)
    finally:
        signal.signal(signal.SIGINT, before)
    assert jobs[0].output.read_text() == "ctrl-c"


def test_ctrl_c_while_a_process_starts_ends_it_in_silence(tmp_path):
    # What a started process runs of this script comes before all of ours.
    script = tmp_path / "script.py"
    script.write_text(f"""
import os, pathlib, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from example_jobs import Note
from musiclm_jax.parallel.jobs import Processes

if __name__ != "__main__":
    os.kill(os.getpid(), signal.SIGINT)
else:
    job = Note(output=pathlib.Path("a"), text="a")
    try:
        Processes(1).run([job], lambda done, total: None)
    except ValueError as error:
        print(error)
""")
    made = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True
    )
    assert made.stdout.startswith("a process that worked on a or on another piece died")
    assert made.stderr == ""


def test_no_process_is_an_error():
    with pytest.raises(
        ValueError, match="processes is 0; it must be a whole number from 1"
    ):
        Processes(0)
