"""The Free Music Archive's data set as TFDS clips."""

import dataclasses

from musiclm_jax.data.intake.builder import ClipsBuilder
from musiclm_jax.data.intake.folder_config import FolderConfig
from musiclm_jax.data.intake.recordings import Pile


@dataclasses.dataclass(kw_only=True)
class FmaConfig(FolderConfig):
    """Stub until merged."""

    def pile(self) -> Pile:
        """Lists."""
        raise NotImplementedError


class Fma(ClipsBuilder):
    """Clips of FMA."""
