"""Commands that are killed: how, what they leave behind, and whether it is whole."""

import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
import soundfile
from PIL import Image

from musiclm_jax import bundle
from musiclm_jax.data.records import record_files
from musiclm_jax.generation import cards

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
# What a terminal sends to all processes of a command, not to the first alone.
_OF_TERMINALS = (signal.SIGHUP, signal.SIGINT)
# In which all must be gone, and temporary folders with it.
GONE_SECONDS = 5.0
# For a command to end after a signal; a training saves first.
_END_SECONDS = 120.0
# A command that ends well so soon was about to.
_SOON_SECONDS = 5.0
_OUR_TRACE = r'File "[^"]*/musiclm_jax/'
_MARK = "MUSICLM_KILLED"
_UNFINISHED = ("*.tmp", "incomplete.*", "*.orbax-checkpoint-tmp*")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verb:
    """A command that writes.

    Attributes:
        name: of the verb.
        command: the whole of it.
        output: folder that gets all that it writes.
        goes_on: whether what is there is kept, and never made again.
        read: what there is to compare in the output: name -> anything.
        victims: ids of the processes of which one is killed, once all are there.
    """

    name: str
    command: Sequence[str]
    output: Path
    goes_on: bool = False
    read: Callable[[Path], dict[str, Any]]
    victims: Callable[[subprocess.Popen], list[int]] = lambda process: [process.pid]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Death:
    """What a signal did.

    Attributes:
        was_through: the command had ended before.
        status: that it ended with; None where it had to be ended.
        seconds: from the signal to its end.
        faults: what is wrong with it, or with what it left.
    """

    was_through: bool
    status: int | None
    seconds: float
    faults: tuple[str, ...]


def verb(arguments: Sequence[object], **facts: Any) -> Verb:
    """Returns a `Verb` of the package's command line."""
    command = [sys.executable, "-m", "musiclm_jax", *map(str, arguments)]
    return Verb(command=command, **facts)


class Place:
    """Where commands run: with temporary folders and compiled programs of their own."""

    def __init__(self, work: Path, name: str) -> None:
        """Makes the folders."""
        self.temporary = work / "temporary" / name
        self.temporary.mkdir(parents=True, exist_ok=True)
        self._mark = uuid.uuid4().hex
        self._log = work / f"{name}.log"
        self._environment = {
            **os.environ,
            _MARK: self._mark,
            "TMPDIR": str(self.temporary),
            "MUSICLM_CACHE_DIR": str(work / "cache" / name),
            "JAX_PLATFORMS": "cpu",
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
            "XLA_FLAGS": "--xla_force_host_platform_device_count=1",
            "PYTHON": sys.executable,
        }

    def start(self, command: Sequence[str]) -> subprocess.Popen:
        """Starts a command at the head of a group of processes."""
        self._log.write_bytes(b"")
        with self._log.open("ab") as log:
            return subprocess.Popen(
                command,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, command: Sequence[str]) -> float:
        """Runs a command to its end; returns the seconds that took."""
        began = time.monotonic()
        if self.start(command).wait():
            raise SystemExit(f"{' '.join(command)} failed: {self.said()}")
        return time.monotonic() - began

    def said(self) -> str:
        """The last that a command said."""
        return self._log.read_text(errors="replace")[-2000:]

    def kill(
        self, of: Verb, number: int, seconds: float, rng: np.random.Generator
    ) -> Death:
        """Runs a command, and sends a signal after so many seconds."""
        # Of a kill before, which let nobody clean up.
        before = unfinished(of.output)
        process = self.start(of.command)
        began = time.monotonic()
        victims = of.victims(process)
        left = max(0.0, seconds - (time.monotonic() - began))
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = process.wait(left)
            faults = () if status == 0 else (f"ended with {status}: {self.said()}",)
            return Death(was_through=True, status=status, seconds=0.0, faults=faults)
        if number in _OF_TERMINALS:
            os.killpg(process.pid, number)
        else:
            os.kill(victims[rng.integers(len(victims))], number)
        struck = time.monotonic()
        try:
            status = process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            status = None
        taken = time.monotonic() - struck
        faults = [
            *self._of_end(status, number, len(victims), taken),
            *self._left_running(),
        ]
        if number != signal.SIGKILL:
            left = sorted({*unfinished(of.output)} - {*before})
            faults += [f"{path} is left" for path in left]
        return Death(
            was_through=False, status=status, seconds=taken, faults=tuple(faults)
        )

    def _of_end(
        self, status: int | None, number: int, victims: int, taken: float
    ) -> Iterator[str]:
        if status is None:
            yield f"signal {number} did not end it within {_END_SECONDS:g} s"
        elif taken > _SOON_SECONDS and number != signal.SIGKILL and status == 0:
            yield f"signal {number} was not heard: it went on for {taken:.1f} s"
        # A command may be through just then; a launcher has its own word for a kill.
        elif (
            victims == 1
            and not _in_pythons_start(self.said())
            and status not in (0, -number, 128 + number)
        ):
            yield f"status {status} after signal {number}: {self.said()}"
        # One of Python's own start cannot be helped.
        if number != signal.SIGKILL and re.search(_OUR_TRACE, self.said()):
            yield f"a stack trace after signal {number}: {self.said()}"

    def _left_running(self) -> Iterator[str]:
        """Waits for all that the command started, and for its temporary folders."""
        until = time.monotonic() + GONE_SECONDS
        while (left := [*self._orphans(), *self._folders()]) and (
            time.monotonic() < until
        ):
            time.sleep(0.1)
        for what in left:
            yield f"{what} is there after {GONE_SECONDS:g} s"

    def _orphans(self) -> Iterator[str]:
        """Processes with our mark: children, whoever they belong to by now."""
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self._mark.encode() in (folder / "environ").read_bytes():
                    line = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                    yield f"process {folder.name} ({line.decode()[:200]})"

    def _folders(self) -> Iterator[str]:
        for path in self.temporary.iterdir():
            yield f"temporary {path}"


def _in_pythons_start(said: str) -> bool:
    return "init_import_site" in said


def unfinished(folder: Path) -> list[Path]:
    """Returns what somebody has begun to write, and not ended."""
    return sorted(path for name in _UNFINISHED for path in folder.rglob(name))


def files(folder: Path) -> dict[str, bytes]:
    """Returns all that lies in a folder: name -> content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def marks(folder: Path) -> dict[str, tuple[int, int]]:
    """Returns what changes when music or records are made again: name -> mark."""
    found = {}
    for path in folder.rglob("*"):
        if path.suffix in (".wav", ".array_record"):
            facts = path.stat()
            mark = (facts.st_ino, facts.st_mtime_ns)
            found[path.relative_to(folder).as_posix()] = mark
    return found


def halves(folder: Path) -> Iterator[str]:
    """Loads every file that has its name, and says which cannot be."""
    hidden = set(unfinished(folder))
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or hidden & {path, *path.parents}:
            continue
        try:
            _load(path)
        except Exception as error:  # whatever a format's library raises
            yield f"{path} is not whole: {error!r}"


def _load(path: Path) -> None:
    if path.name == bundle.MANIFEST:
        bundle.Bundle.load(path.parent).check()
    elif path.suffix == ".wav":
        assert len(soundfile.read(path)[0])
        assert cards.read(path)["format"]
    elif path.suffix == ".safetensors":
        safetensors.numpy.load(path.read_bytes())
    elif path.suffix == ".array_record":
        assert all(record_files.Records([path]))
    elif path.suffix == ".json":
        json.loads(path.read_text())
    elif path.suffix == ".jsonl" and path.name != "metrics.jsonl":
        # The metrics of a training are read without a line that is cut short.
        [json.loads(line) for line in path.read_text().splitlines()]
    elif path.suffix == ".png":
        Image.open(path).load()
    elif path.suffix == ".html":
        assert path.read_text().rstrip().endswith("</html>")
    elif path.suffix == ".csv":
        rows = [line.count(",") for line in path.read_text().splitlines()]
        assert path.read_text().endswith("\n") and min(rows) == rows[0]
