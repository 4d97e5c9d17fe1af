r"""What a disk holds when its power is cut: from a record of system calls.

`record` runs a command under `strace` and keeps every call that changes files below a
folder, with the bytes. `Disk` does these calls again on files in memory, and knows of
each file and each folder what an fsync has promised:

    fsync of a file     its bytes so far, wherever its names are
    fsync of a folder   its names so far, and not what they lead to

All else may be lost, and each kind of cut loses something else (`CUTS`):

    all     whatever no fsync has promised: bytes, and names of folders whose own name
            was never promised, with all that is below
    bytes   bytes alone; all names are there, as where a file system writes its journal
            and not yet the data: files are cut short or empty
    some    each folder has its names of some moment since its last fsync, each file
            its bytes of then, or some of those since, by lot

What was there before counts as promised. Once all calls are done the files in memory
must be those on the disk, byte for byte: so nothing escaped the record.
"""

import copy
import dataclasses
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

CUTS = ("all", "bytes", "some")

_CALLS = (
    "openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,"
    "rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,fsync,"
    "fdatasync,close,dup,dup2,dup3,fcntl,lseek,sendfile,copy_file_range,fallocate,"
    "symlink,symlinkat,clone,clone3,fork,vfork"
)
_LINE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?")
_BEGUN = re.compile(r"(\d+) +(\w+\(.*) <unfinished \.\.\.>")
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_PLACE = re.compile(r"(-?\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>")
_OUTPUT = 1


@dataclasses.dataclass(frozen=True)
class Call:
    """A system call that succeeded.

    Attributes:
        process: that did it.
        name: of the call.
        arguments: as strace shows them.
        value: that it returned.
    """

    process: int
    name: str
    arguments: str
    value: int

    @property
    def texts(self) -> list[bytes]:
        """The texts among the arguments."""
        return [_bytes(text) for text in _TEXT.findall(self.arguments)]

    @property
    def places(self) -> list[tuple[int, str]]:
        """Numbers of open files among the arguments, with their paths."""
        found = _PLACE.findall(self.arguments)
        return [
            (-1 if number == "AT_FDCWD" else int(number), _bytes(path).decode())
            for number, path in found
        ]

    @property
    def numbers(self) -> list[int]:
        """The plain numbers at the end of the arguments."""
        return [int(n) for n in re.findall(r", (-?\d+)(?=,|$)", self.arguments)]


def record(command: Sequence[str], log: Path) -> None:
    """Runs a command and writes its calls.

    Raises:
        SystemExit: it failed.
    """
    done = subprocess.run(
        [
            *("strace", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "100000000"),
            *("-e", "signal=none", "-e", f"trace={_CALLS}", "-o", str(log), *command),
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr[-2000:]}")


def calls(log: Path) -> Iterator[Call]:
    """Reads what `record` wrote: calls that succeeded, in the order of their ends."""
    begun: dict[str, str] = {}
    leaders: dict[int, int] = {}
    with log.open() as lines:
        for line in lines:
            if found := _BEGUN.match(line):
                begun[found[1]] = found[2]
                if not found[2].startswith("close("):
                    continue
                # Before its end another thread may get the same number.
                line = f"{found[1]} {found[2]}) = 0"
            elif found := _RESUMED.match(line):
                name = begun.pop(found[1])
                if name.startswith("close("):
                    continue
                line = f"{found[1]} {name}{found[2]}"
            found = _LINE.match(line)
            if found is None or int(found[4]) < 0:
                continue
            thread, name, arguments, value = found.groups()[:4]
            leader = leaders.setdefault(int(thread), int(thread))
            if name in ("clone", "clone3", "fork", "vfork"):
                is_thread = "CLONE_THREAD" in arguments
                leaders[int(value)] = leader if is_thread else int(value)
            yield Call(leader, name, arguments, int(value))


def _bytes(shown: str) -> bytes:
    return bytes.fromhex(shown.replace("\\x", ""))


class _File:
    """A file: its bytes, and those that were promised."""

    def __init__(self, data: bytes = b"", *, promised: bool = False) -> None:
        self.data = bytearray(data)
        self.safe = data if promised else b""

    def sync(self) -> None:
        self.safe = bytes(self.data)

    def write(self, place: int, data: bytes) -> None:
        if len(self.data) < place:
            self.data.extend(bytes(place - len(self.data)))
        self.data[place : place + len(data)] = data

    def after(self, cut: str, rng: np.random.Generator) -> bytes:
        now = bytes(self.data)
        if cut != "some" or now == self.safe:
            return self.safe
        kept = len(self.safe) if now.startswith(self.safe) else 0
        part = now[: rng.integers(kept, len(now) + 1)]
        return (self.safe, now, part)[rng.integers(3)]


class _Folder:
    """A folder: its names, and those of each moment since they were promised."""

    def __init__(self, names: dict | None = None) -> None:
        self.names = names or {}
        self.moments = [dict(self.names)]

    def sync(self) -> None:
        self.moments = [dict(self.names)]

    def change(self, name: str, what: "_File | _Folder | None") -> None:
        if what is None:
            del self.names[name]
        else:
            self.names[name] = what
        self.moments.append(dict(self.names))

    def after(self, cut: str, rng: np.random.Generator) -> dict:
        if cut == "all":
            return self.moments[0]
        if cut == "bytes":
            return self.names
        return self.moments[rng.integers(len(self.moments))]


@dataclasses.dataclass
class _Open:
    """An open file, and where it stands."""

    file: "_File | _Folder"
    place: int = 0
    appends: bool = False


class Disk:
    """The files below a folder, in memory.

    Attributes:
        said: what the command printed so far.
    """

    def __init__(self, root: Path) -> None:
        """Takes what is there for promised."""
        self._where, self._root = root, _load(root)
        # So that the root has a name, as all else.
        self._above = _Folder({"": self._root})
        self._open: dict[tuple[int, int], _Open] = {}
        self.said = ""

    def copy(self) -> "Disk":
        """Returns another one that goes its own way."""
        return copy.deepcopy(self)

    def do(self, call: Call) -> bool:
        """Does a call again; returns whether it changed what a cut could leave."""
        method = getattr(self, f"_{_SAME.get(call.name, call.name)}", None)
        return bool(method and method(call))

    def cut(self, target: Path, cut: str, rng: np.random.Generator) -> None:
        """Writes what a power cut leaves into a new folder."""
        _store(target, self._root, cut, rng)

    def differences(self) -> list[str]:
        """Returns the files that are other ones on the real disk."""
        here = {p.as_posix(): d for p, d in _flat(self._root)}
        there = {p.as_posix(): d for p, d in _flat(_load(self._where))}
        names = {*here, *there}
        return sorted(name for name in names if here.get(name) != there.get(name))

    def _find(self, path: str) -> tuple[_Folder, str] | None:
        """The folder of a path, and the name in it; None for what lies elsewhere."""
        try:
            parts = Path(os.path.normpath(self._where / path)).relative_to(self._where)
        except ValueError:
            return None
        folder = self._root
        for name in parts.parts[:-1]:
            folder = folder.names[name]
        return (folder, parts.name) if parts.parts else (self._above, "")

    def _paths(self, call: Call) -> list[tuple[_Folder, str] | None]:
        """Where the paths of a call are, relative to open folders where it has such."""
        bases = [path for _, path in call.places] or [str(self._where)]
        texts = [text.decode(errors="replace") for text in call.texts]
        bases += [bases[-1]] * len(texts)
        return [
            self._find(os.path.join(base, text))
            for base, text in zip(bases, texts, strict=False)
        ]

    def _openat(self, call: Call) -> bool:
        (found,) = self._paths(call)[:1]
        if found is None:
            self._open.pop((call.process, call.value), None)
            return False
        folder, name = found
        is_new = name not in folder.names
        if is_new:
            folder.change(name, _File())
        there = folder.names[name]
        cuts = "O_TRUNC" in call.arguments and isinstance(there, _File)
        if cuts:
            there.data.clear()
        self._open[call.process, call.value] = _Open(
            there, appends="O_APPEND" in call.arguments
        )
        return is_new or cuts

    def _at(self, call: Call) -> _Open | None:
        return self._open.get((call.process, call.places[0][0]))

    def _write(self, call: Call) -> bool:
        data = b"".join(call.texts)
        if call.places[0][0] == _OUTPUT:
            self.said += data.decode(errors="replace")
            return True
        at = self._at(call)
        if at is None:
            return False
        place = len(at.file.data) if at.appends else at.place
        if call.name.startswith("pwrite"):
            place = call.numbers[-1]
        else:
            at.place = place + call.value
        at.file.write(place, data[: call.value])
        return True

    def _lseek(self, call: Call) -> bool:
        if at := self._at(call):
            at.place = call.value
        return False

    def _sendfile(self, call: Call) -> bool:
        (out, _), (source, path) = call.places[:2]
        at, of = (self._open.get((call.process, n)) for n in (out, source))
        if at is None:
            return False
        data = of.file.data if of else Path(path).read_bytes()
        first = int(re.search(r"\[(\d+)\]", call.arguments)[1])
        at.file.write(at.place, bytes(data[first : first + call.value]))
        at.place += call.value
        return True

    def _ftruncate(self, call: Call) -> bool:
        at = self._at(call)
        if at is None:
            return False
        length = call.numbers[-1]
        at.file.write(length, b"")
        del at.file.data[length:]
        return True

    def _fsync(self, call: Call) -> bool:
        at = self._at(call)
        if at is None:
            return False
        at.file.sync()
        return True

    def _close(self, call: Call) -> bool:
        self._open.pop((call.process, call.places[0][0]), None)
        return False

    def _dup(self, call: Call) -> bool:
        if call.name == "fcntl" and "F_DUPFD" not in call.arguments:
            return False
        if at := self._at(call):
            self._open[call.process, call.value] = at
        return False

    def _rename(self, call: Call) -> bool:
        source, target = self._paths(call)
        if source is None or target is None:
            return False
        what = source[0].names[source[1]]
        target[0].change(target[1], what)
        source[0].change(source[1], None)
        if source[0] is target[0]:
            # Within a folder it is one change.
            del source[0].moments[-2]
        return True

    def _link(self, call: Call) -> bool:
        source, target = self._paths(call)
        if source is None or target is None:
            return False
        target[0].change(target[1], source[0].names[source[1]])
        return True

    def _unlink(self, call: Call) -> bool:
        (found,) = self._paths(call)
        if found is None:
            return False
        found[0].change(found[1], None)
        return True

    def _mkdir(self, call: Call) -> bool:
        (found,) = self._paths(call)
        if found is None:
            return False
        found[0].change(found[1], _Folder())
        return True


_SAME = {
    **{name: "openat" for name in ("open", "creat")},
    **{name: "write" for name in ("pwrite64", "writev", "pwritev", "pwritev2")},
    **{name: "rename" for name in ("renameat", "renameat2")},
    **{name: "dup" for name in ("dup2", "dup3", "fcntl")},
    **{name: "unlink" for name in ("unlinkat", "rmdir")},
    "linkat": "link",
    "mkdirat": "mkdir",
    "fdatasync": "fsync",
}


def _load(folder: Path) -> _Folder:
    names = {
        path.name: _load(path)
        if path.is_dir()
        else _File(path.read_bytes(), promised=True)
        for path in folder.iterdir()
    }
    return _Folder(names)


def _store(target: Path, folder: _Folder, cut: str, rng: np.random.Generator) -> None:
    target.mkdir()
    for name, what in folder.after(cut, rng).items():
        if isinstance(what, _Folder):
            _store(target / name, what, cut, rng)
        else:
            (target / name).write_bytes(what.after(cut, rng))


def _flat(folder: _Folder, at: Path = Path()) -> Iterator[tuple[Path, bytes]]:
    for name, what in folder.names.items():
        if isinstance(what, _Folder):
            yield at / name, b"a folder"
            yield from _flat(what, at / name)
        else:
            yield at / name, bytes(what.data)
