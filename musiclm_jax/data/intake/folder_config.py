"""Settings of data sets whose recordings are the files of a folder."""

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from musiclm_jax.data.intake.config import ClipsConfig


@dataclasses.dataclass(kw_only=True)
class FolderConfig(ClipsConfig):
    """Recordings that are the files of a folder.

    Attributes:
        folder: holds audio files, at any depth.
        table: file with what is written about them; it may lie elsewhere.
    """

    _PLACES: ClassVar[tuple[str, ...]] = ("folder", "table")

    folder: str
    table: str = ""

    def root(self) -> Path:
        """Returns the folder.

        Raises:
            FileNotFoundError: it does not exist.
        """
        root = Path(self.folder).expanduser().resolve()
        if not root.is_dir():
            raise FileNotFoundError(f"there is no folder {self.folder} of audio files")
        return root

    def title(self) -> str:
        """Returns the folder's name."""
        return self.root().name

    def content(self) -> Iterator[str]:
        """Yields names, sizes and times of the files."""
        root = self.root()
        paths = {}
        for folder, subfolders, files in os.walk(root):
            subfolders.sort()
            of_folder = [Path(folder, name) for name in sorted(files)]
            paths |= {os.path.relpath(path, root): path for path in of_folder}
        if self.table:
            table = Path(self.table).expanduser()
            is_inside = table.resolve().is_relative_to(root)
            place = os.path.relpath(table.resolve(), root) if is_inside else "outside"
            yield f"the table is {place}"
            paths["the table"] = table
        for name, path in paths.items():
            with contextlib.suppress(OSError):
                found = path.stat()
                yield f"{name} {found.st_size} {found.st_mtime_ns}"
