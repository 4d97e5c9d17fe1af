"""Recordings, sets and a bundle, small enough for every case."""

import shutil

import numpy as np
import pytest
import soundfile

from musiclm_jax import bundle
from musiclm_jax.cli import recordings
from musiclm_jax.cli.main import main
from musiclm_jax.parallel import jobs

RATE = 16000


def write_sound(path, seed=0, seconds=2.0, rate=RATE, gain=0.4, **how):
    rng = np.random.default_rng(seed)
    notes = [
        np.sin(np.arange(rate // 4) * rng.uniform(0.02, 0.6)) * np.hanning(rate // 4)
        for _ in range(round(4 * seconds))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, gain * np.concatenate(notes), rate, **how)


@pytest.fixture
def sound():
    """`write_sound`, for tests."""
    return write_sound


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    """Work is done here: another process would take seconds to start."""
    monkeypatch.setattr(recordings, "runner", lambda options: jobs.Here())


@pytest.fixture
def said(capsys):
    """Runs a command: its status, and what it said on both streams."""

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        found = capsys.readouterr()
        return status, found.out, found.err

    return run


@pytest.fixture
def pile(tmp_path):
    for number in range(3):
        write_sound(tmp_path / "pile" / f"{number}.wav", seed=number)
        (tmp_path / "pile" / f"{number}.txt").write_text("calm piano\n")
    return tmp_path / "pile"


@pytest.fixture
def prepared(pile, said, tmp_path):
    """Makes a set of the pile: its name on the command line, and how it went."""

    def prepare(*flags, folder=pile):
        where = ["--name=s", f"--data_dir={tmp_path / 'd'}", "--processes=1"]
        return said("data", "prepare", folder, *where, *flags)

    return prepare


@pytest.fixture
def box(tmp_path):
    """The model in the box, in a folder of its own: links to its files."""
    folder = tmp_path / "model"
    folder.mkdir()
    for path in bundle.default_folder().iterdir():
        if path.suffix == ".safetensors":
            (folder / path.name).symlink_to(path)
        else:
            shutil.copy(path, folder)
    return folder
