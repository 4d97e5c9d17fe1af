"""A tune's tokens, whoever plays it: MusicLM, section 6 and appendix C."""

import dataclasses
import functools
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from musiclm_jax.bundle.codec_tokenizer import ByRows
from musiclm_jax.bundle.folder import Bundle
from musiclm_jax.melody import embedding
from musiclm_jax.melody.network import MelodyConfig

PART = "melody"


def fingerprint(bundle: Bundle) -> str:
    """Returns the hash of the part that makes melody tokens; empty without one."""
    return bundle.parts.get(PART, {}).get("sha256", "")


@dataclasses.dataclass(frozen=True, eq=False)
class MelodyTokenizer:
    """Melody tokens of sound.

    Attributes:
        config: of the network.
        params: of the network and its codebooks.
        mesh: of the devices that share batches; one device if None.
    """

    config: MelodyConfig
    params: dict[str, Any]
    mesh: Mesh | None = None

    @property
    def frame_rate(self) -> float:
        """Frames a second that a stage reads, in Hz."""
        return 1 / self.config.hop_seconds

    @functools.cached_property
    def _tokenize(self):
        def codes(params: dict, audio: jax.Array) -> jax.Array:
            windows = embedding.embed_windows(self.config, params, audio)
            return embedding.quantize(params, windows)

        return ByRows(codes, self.mesh)

    def tokenize_windows(self, audio: np.ndarray) -> np.ndarray:
        """Returns codes [batch, window, level] of audio [batch, sample], int32.

        Windows are `config.stride_seconds` apart, closer than the frames of a stage,
        which finds its own among them (`crops.melody_frames`).
        """
        return np.asarray(self._tokenize(self.params, audio))
