"""Pictures to places in MuLan's space, by the part `image_tower` of a bundle."""

import dataclasses
import functools
import os

import jax
import numpy as np

from musiclm_jax.bundle.folder import Bundle
from musiclm_jax.data.image.image_files import read_image
from musiclm_jax.files.params_file import Params
from musiclm_jax.mulan import image_tower

PART = "image_tower"


@dataclasses.dataclass(frozen=True, eq=False)
class ImageEmbedder:
    """The image tower, trained.

    Attributes:
        config: its sizes.
        params: its parameters.
    """

    config: image_tower.ImageTowerConfig
    params: Params

    @classmethod
    def load(cls, bundle: Bundle, *, embed_dim: int) -> "ImageEmbedder | None":
        """Loads the part, if the bundle has it.

        Raises:
            ValueError: it is damaged, or leads into another space than `embed_dim`.
        """
        if PART not in bundle.parts:
            return None
        config, params = bundle.load_part(PART)
        if config.embed_dim != embed_dim:
            raise ValueError(
                f"the part {PART} of the model in {bundle.folder} leads into "
                f"{config.embed_dim} dimensions, and MuLan into {embed_dim}: train it "
                "against this MuLan (runs/image_tower.gin)"
            )
        return cls(config, params)

    @functools.cached_property
    def _embed(self):
        return jax.jit(functools.partial(image_tower.embed_images, self.config))

    def embed(self, path: str | os.PathLike) -> np.ndarray:
        """Returns the place [embed] of a picture, of unit length; see `read`."""
        return np.asarray(self._embed(self.params, self.read(path)[None]))[0]

    def read(self, path: str | os.PathLike) -> np.ndarray:
        """Returns a picture as the tower sees it, [row, column, channel=3] uint8.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is no picture, broken or too large.
        """
        return read_image(path, self.config.image_size)
