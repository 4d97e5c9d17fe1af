"""The sound files below a folder, and what keeps others from being read."""

import dataclasses
import os
import pathlib
import re

from musiclm_jax.data.intake.recordings import Rejection
from musiclm_jax.data.sound.audio_files import READABLE_SUFFIXES
from musiclm_jax.data.text.sidecars import SUFFIXES as SIDECAR_SUFFIXES

_OTHER_SOUND = (
    ".m4a", ".mp4", ".aac", ".alac", ".wma", ".webm", ".mka", ".ape", ".wv", ".amr",
)  # fmt: skip
"""Suffixes of sound that is not read here; it is named, so that nobody misses it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Listing:
    """What lies below a folder.

    Attributes:
        root: the folder, without links.
        files: path below the folder, with "/" -> path. Bytes that are no UTF-8 stand
            in both as `os.fsdecode` gives them.
        texts: paths below the folder of .txt and .json files.
        left_out: name -> rejection of sound that is not looked at.
        remarks: on folders that have several names.
    """

    root: pathlib.Path
    files: dict[str, pathlib.Path]
    texts: tuple[str, ...]
    left_out: dict[str, Rejection]
    remarks: tuple[str, ...]


def name_of(file: str) -> str:
    """Makes text of a path below a folder, another one for each path.

    Most paths stay as they are. A byte that is no UTF-8 becomes its hexadecimal number
    behind a backslash, and a backslash is written twice.
    """
    return re.sub(
        "[\udc80-\udcff]",
        lambda byte: f"\\x{ord(byte[0]) - 0xDC00:02x}",
        file.replace("\\", "\\\\"),
    )


def list_sound(folder: str | os.PathLike) -> Listing:
    """Finds sound by its suffix, at any depth; hidden files and folders are not seen.

    Links are followed inside the folder. Each folder is looked at once, under its own
    name unless that is hidden, so that links in a circle do no harm.

    Raises:
        FileNotFoundError: there is no such folder.
        OSError: it cannot be listed.
    """
    root = pathlib.Path(folder).expanduser().resolve()
    if not root.is_dir():
        raise FileNotFoundError(f"there is no folder {folder} of audio files")
    walk = _Walk(root)
    walk.look_into("")
    # By now each folder that lies here has been seen; links come last.
    while walk.links:
        walk.look_into(walk.links.pop(0))
    return Listing(
        root=root,
        files=dict(sorted(walk.files.items())),
        texts=tuple(sorted(walk.texts)),
        left_out=walk.left_out,
        remarks=tuple(walk.remarks),
    )


class _Walk:
    """A walk through a folder, and what it has found so far."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.files: dict[str, pathlib.Path] = {}
        self.texts: list[str] = []
        self.left_out: dict[str, Rejection] = {}
        self.remarks: list[str] = []
        self.links: list[str] = []  # to folders, not followed yet
        self._seen: dict[str, str] = {}  # real path of a folder -> its name here

    def look_into(self, folder: str) -> None:
        """Lists a folder and those in it, given the path below the root."""
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            if not self._is_new(folder):
                continue
            try:
                with os.scandir(self.root / folder) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                if not folder:
                    raise
                reason = f"the folder cannot be listed: {error.strerror}"
                self._leave_out(folder, "unreadable", reason)
                continue
            for entry in found:
                file = f"{folder}/{entry.name}".lstrip("/")
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(file)
                elif entry.is_symlink() and os.path.isdir(entry.path):
                    self.links.append(file)
                else:
                    self._file(file, entry)

    def _is_new(self, folder: str) -> bool:
        target = os.path.realpath(self.root / folder)
        if self._is_outside(folder, target):
            return False
        first = self._seen.setdefault(target, folder)
        if first == folder:
            return True
        self.remarks.append(
            f"{name_of(folder)} is a link to {name_of(first) or 'the folder itself'}, "
            "which counts once"
        )
        return False

    def _file(self, file: str, entry: os.DirEntry) -> None:
        suffix = pathlib.PurePath(file).suffix.lower()
        if suffix in SIDECAR_SUFFIXES:
            self.texts.append(file)
        elif suffix in _OTHER_SOUND:
            reason = (
                f"{suffix} cannot be read; convert it to one of "
                f"{', '.join(READABLE_SUFFIXES)}"
            )
            self._leave_out(file, "unreadable", reason)
        elif suffix in READABLE_SUFFIXES:
            try:
                # Only of links: it looks at every folder on the way.
                if entry.is_symlink():
                    target = os.path.realpath(entry.path, strict=True)
                    if self._is_outside(file, target):
                        return
                if entry.is_file():
                    self.files[file] = self.root / file
                else:
                    self._leave_out(file, "unreadable", "it is no file")
            except FileNotFoundError:
                self._leave_out(file, "missing", "it is a link that leads nowhere")
            except OSError as error:
                reason = f"it cannot be reached: {error.strerror}"
                self._leave_out(file, "unreadable", reason)

    def _is_outside(self, file: str, target: str) -> bool:
        if pathlib.Path(target).is_relative_to(self.root):
            return False
        reason = f"it is a link to {name_of(target)}, outside the folder {self.root}"
        self._leave_out(file, "outside", reason)
        return True

    def _leave_out(self, file: str, kind: str, reason: str) -> None:
        self.left_out[name_of(file)] = Rejection(kind=kind, reason=reason)
