"""Work in pieces under Apache Beam, on this machine."""

import os
import sys
from pathlib import Path

import pytest

from musiclm_jax.parallel.beam_jobs import Beam

sys.path.insert(0, str(Path(__file__).parent))
from example_jobs import Note

ARGUMENTS = ["", "--direct_running_mode=multi_processing --direct_num_workers=2"]
IDS = ["direct", "processes"]


def test_without_beam_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(ValueError, match="Apache Beam is not installed: pip install"):
        Beam("")


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=IDS)
# Beam's own code warns of its own names, and leaves its channels to the collector.
@pytest.mark.filterwarnings("ignore")
def test_everything_is_done_once(tmp_path, arguments, monkeypatch):
    pytest.importorskip("apache_beam")
    # Where the workers find `example_jobs`.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    jobs = [Note(output=tmp_path / f"{i}", text=str(i)) for i in range(5)]
    jobs[3].output.write_text("was there")
    told = []
    Beam(arguments).run(jobs, lambda done, total: told.append((done, total)))
    assert [job.output.read_text() for job in jobs] == ["0", "1", "2", "was there", "4"]
    assert told == [(1, 5), (5, 5)]


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=IDS)
@pytest.mark.filterwarnings("ignore")
def test_an_error_comes_out(tmp_path, arguments, monkeypatch):
    pytest.importorskip("apache_beam")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    with pytest.raises(ValueError, match=r"Beam: there is nothing to write to a$"):
        Beam(arguments).run(
            [Note(output=tmp_path / "a", text="")], lambda done, total: None
        )
