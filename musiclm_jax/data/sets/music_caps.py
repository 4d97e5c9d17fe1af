"""MusicCaps as a TFDS data set: the published table and a folder of its clips."""

import dataclasses

from musiclm_jax.data.intake.builder import ClipsBuilder
from musiclm_jax.data.intake.folder_config import FolderConfig
from musiclm_jax.data.intake.music_caps_source import music_caps_source
from musiclm_jax.data.intake.recordings import Source

TABLE = "musiccaps-public.csv"
"""Name under which the table is published."""


@dataclasses.dataclass(kw_only=True)
class MusicCapsConfig(FolderConfig):
    """Where table and clips are, and how they are cut.

    Attributes:
        table: the published CSV; not given, the one of its name in the folder.
    """

    def source(self) -> Source:
        """Joins table and clips."""
        return music_caps_source(self.table or self.root() / TABLE, self.folder)


class MusicCaps(ClipsBuilder):
    """Clips of MusicCaps, with the captions and aspects of its table."""
