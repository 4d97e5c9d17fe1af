"""A folder of audio files as a TFDS data set.

music/              a.wav  a.txt            one caption a line
music/live/         b.mp3  b.json           {"captions": ["..."], "year": 1971}
music/captions.csv                          file,caption
"""

import dataclasses

from musiclm_jax.data.intake.builder import ClipsBuilder
from musiclm_jax.data.intake.folder_config import FolderConfig
from musiclm_jax.data.intake.folder_source import folder_source
from musiclm_jax.data.intake.recordings import Source


@dataclasses.dataclass(kw_only=True)
class AudioFolderConfig(FolderConfig):
    """Which folder, and how it is cut.

    Attributes:
        table: CSV or JSON lines with captions; not given, the only one in the folder,
            if any.
    """

    def source(self) -> Source:
        """Lists the audio files."""
        return folder_source(self.folder, self.table)


class AudioFolder(ClipsBuilder):
    """Clips of the audio files of a folder, with captions where there are some."""
