"""Settings of data sets whose recordings are the files of a folder."""

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

from musiclm_jax.data.intake.config import ClipsConfig


@dataclasses.dataclass(kw_only=True)
class FolderConfig(ClipsConfig):
    """Recordings that are the files of a folder.

    Attributes:
        folder: holds audio files, at any depth.
        table: file with what is written about them; it may lie elsewhere.
    """

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
        paths = [Path(self.table).expanduser()] if self.table else []
        for folder, subfolders, files in os.walk(root):
            subfolders.sort()
            paths += [Path(folder, name) for name in sorted(files)]
        for path in paths:
            with contextlib.suppress(OSError):
                stat = path.stat()
                place = os.path.relpath(path, root)
                yield f"{place} {stat.st_size} {stat.st_mtime_ns}\n"
