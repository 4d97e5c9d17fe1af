"""A short form of benchmarks/power_cuts.py, and what its disk takes for lost."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="there is no strace here"
)


@pytest.fixture(scope="module")
def disk():
    spec = importlib.util.spec_from_file_location("disk", BENCHMARKS / "disk.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["disk"] = module  # as dataclasses want it
    spec.loader.exec_module(module)
    yield module
    del sys.modules["disk"]


# What a script does, and what is there when all is lost that it did not promise.
LOST = {
    "nothing promised": ("write('a', b'new')", {}),
    "bytes alone": ("write('a', b'new'); sync('a')", {}),
    "a name alone": ("write('a', b'new'); sync('.')", {"a": b""}),
    "both": ("write('a', b'new'); sync('a'); sync('.')", {"a": b"new"}),
    "a folder that no folder knows": (
        "os.mkdir('d'); write('d/a', b'new'); sync('d/a'); sync('d')",
        {},
    ),
    "replaced, and not yet said": (
        "write('a', b'old'); sync('a'); sync('.'); write('b', b'new'); sync('b');"
        "os.replace('b', 'a')",
        {"a": b"old"},
    ),
    "written over": (
        "write('a', b'old'); sync('a'); sync('.'); write('a', b'new')",
        {"a": b"old"},
    ),
}
SCRIPT = """
import os

def write(path, data):
    with open(path, "wb") as file:
        file.write(data)

def sync(path):
    place = os.open(path, os.O_RDONLY)
    os.fsync(place)
    os.close(place)

"""


@needs_strace
@pytest.mark.parametrize(("lines", "left"), LOST.values(), ids=LOST)
def test_what_no_fsync_has_promised_is_lost(disk, tmp_path, lines, left):
    root = tmp_path / "root"
    root.mkdir()
    state = disk.Disk(root)
    code = f"{SCRIPT}os.chdir({str(root)!r})\n{lines}\n"
    disk.record([sys.executable, "-c", code], tmp_path / "calls")
    for call in disk.calls(tmp_path / "calls"):
        state.do(call)
    assert state.differences() == []
    rng = np.random.default_rng(0)
    state.cut(tmp_path / "all", "all", rng)
    found = {p.name: p.read_bytes() for p in (tmp_path / "all").iterdir()}
    assert found == left
    state.cut(tmp_path / "bytes", "bytes", rng)
    assert sorted(os.listdir(tmp_path / "bytes")) == sorted(os.listdir(root))


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("scene", ["bundle", "checkpoints", "records"])
def test_the_last_good_state_loads(scene):
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "power_cuts.py", "--cuts=6", f"--scenes={scene}"],
        capture_output=True,
        text=True,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 power cuts" in done.stdout
