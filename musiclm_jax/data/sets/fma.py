"""The Free Music Archive's data set as TFDS clips: its tables and one subset."""

import dataclasses

from musiclm_jax.data.intake.builder import ClipsBuilder
from musiclm_jax.data.intake.fma_source import fma_source
from musiclm_jax.data.intake.folder_config import FolderConfig
from musiclm_jax.data.intake.recordings import Source


@dataclasses.dataclass(kw_only=True)
class FmaConfig(FolderConfig):
    """Which subset, and how it is cut.

    Attributes:
        subset: "small", "medium", "large" or "full"; not given, that of which there is
            a folder.
        table: `tracks.csv`, with `genres.csv` beside it; not given, they are sought in
            `fma_metadata`.
    """

    subset: str = ""

    def source(self) -> Source:
        """Joins tables and files."""
        return fma_source(self.folder, self.subset, self.table)


class Fma(ClipsBuilder):
    """Clips of the Free Music Archive, with captions of genres, tags and titles."""
