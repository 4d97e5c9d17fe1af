"""A folder of pictures with captions beside them, or in a table.

pictures/            a.jpg  a.txt             one caption a line
pictures/more/       b.png  b.json            {"caption": "..."}
pictures/captions.csv                         file,caption
"""

import dataclasses
import functools
import logging
import pathlib
from collections.abc import Sequence
from typing import Any

from musiclm_jax.data.image.image_files import SUFFIXES, read_image
from musiclm_jax.data.intake.prepare import Splits
from musiclm_jax.data.text import note_tables
from musiclm_jax.data.text.captions import with_captions
from musiclm_jax.data.text.sidecars import Notes, read_sidecars
from musiclm_jax.files import fingerprints

_LOGGER = logging.getLogger(__name__)
# Path and captions.
_File = tuple[pathlib.Path, tuple[str, ...]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageFolder:
    """The pictures below a folder that have captions; a data set for `ImageBatches`.

    Attributes:
        folder: holds pictures, at any depth.
        table: file of captions; not given, the one .csv or .jsonl in the folder.
        side: pixels each way that a picture is kept in, more than a view of it has.
        validation_share: of the pictures, by a hash of their content.
        test_share: likewise.
    """

    folder: str
    table: str = ""
    side: int = 128
    validation_share: float = 0.05
    test_share: float = 0.05

    @property
    def name(self) -> str:
        """For messages."""
        return self.folder

    def open(self, split: str) -> "Pictures":
        """Returns random access to a split: "train", "validation" or "test".

        Raises:
            FileNotFoundError: the folder or the table does not exist.
            ValueError: no picture has a caption, or none is in this split.
        """
        there = self._splits.get(split)
        if not there:
            raise ValueError(
                f"the folder {self.folder} has no pictures with captions in split "
                f"{split!r}, but: "
                + ", ".join(f"{name} ({len(p)})" for name, p in self._splits.items())
            )
        return Pictures(there, self.side)

    def made_of(self) -> str:
        """Returns a fingerprint of the pictures and their captions."""
        files = (file for files in self._splits.values() for file in files)
        return fingerprints.of(
            sorted(
                [fingerprints.of_file(path), list(captions)] for path, captions in files
            )
        )

    @functools.cached_property
    def _splits(self) -> dict[str, list[_File]]:
        captions = self._captions()
        shares = Splits(
            validation_share=self.validation_share, test_share=self.test_share
        )
        dealt: dict[str, list[_File]] = {"train": [], "validation": [], "test": []}
        digests = {path: fingerprints.of_file(path) for path in captions}
        for path, digest in digests.items():
            dealt[shares.of(digest)].append((path, captions[path]))
        if not dealt["validation"] and len(dealt["train"]) > 1:
            # Of few pictures the hash may hold out none, and trainings want some.
            dealt["train"].sort(key=lambda file: digests[file[0]])
            dealt["validation"].append(dealt["train"].pop(0))
        return dealt

    def _captions(self) -> dict[pathlib.Path, tuple[str, ...]]:
        root = pathlib.Path(self.folder).expanduser()
        if not root.is_dir():
            raise FileNotFoundError(f"there is no folder {self.folder} of pictures")
        paths = sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES)
        if not paths:
            raise ValueError(
                f"there are no pictures in {root}; looked for names that end in "
                f"{', '.join(SUFFIXES)}"
            )
        table = self._table(root)
        found = {}
        for path in paths:
            notes = table.get(path.relative_to(root).as_posix(), Notes())
            captions = with_captions(notes + read_sidecars(path)).captions
            if captions:
                found[path] = captions
        if not found:
            raise ValueError(
                f"no picture in {root} has a caption: write some beside them, a.txt "
                "beside a.jpg, or in captions.csv with columns file and caption"
            )
        return found

    def _table(self, root: pathlib.Path) -> dict[str, Notes]:
        if self.table:
            return note_tables.read_note_table(pathlib.Path(self.table)).notes
        tables = sorted(p for p in root.iterdir() if p.suffix in note_tables.SUFFIXES)
        if len(tables) > 1:
            names = ", ".join(path.name for path in tables)
            raise ValueError(
                f"{root} has several tables ({names}); name the one of the captions"
            )
        return note_tables.read_note_table(tables[0]).notes if tables else {}


class Pictures(Sequence):
    """Random access to pictures; one that cannot be read has no captions."""

    def __init__(self, files: list[_File], side: int) -> None:
        """Reads nothing yet."""
        self._files, self._side = files, side

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> dict[str, Any]:
        path, captions = self._files[index]
        try:
            return {"image": read_image(path, self._side), "captions": captions}
        except (ValueError, FileNotFoundError) as error:
            _LOGGER.warning("%s; it is left out", error)
            return {"image": None, "captions": ()}
