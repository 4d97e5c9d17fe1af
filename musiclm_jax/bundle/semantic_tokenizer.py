"""Semantic tokens of sound, and of those the ones that tell a tune."""

import dataclasses
import functools
from typing import Any

import numpy as np
from jax.sharding import Mesh

from musiclm_jax.bundle.codec_tokenizer import ByRows
from musiclm_jax.semantic import centroids, windows


@dataclasses.dataclass(frozen=True, eq=False)
class SemanticTokenizer:
    """Semantic tokens: MusicLM, section 3.1; by windows, see `semantic.windows`.

    Attributes:
        config: of the features.
        params: of the features and their centroids.
        mesh: of the devices that share batches; one device if None.
    """

    config: centroids.SemanticFeatures
    params: dict[str, Any]
    mesh: Mesh | None = None

    @property
    def frame_rate(self) -> float:
        """Codes a second, in Hz."""
        return self.config.frame_rate

    @functools.cached_property
    def _tokenize(self):
        return ByRows(functools.partial(centroids.tokenize, self.config), self.mesh)

    def tokenize(self, audio: np.ndarray) -> np.ndarray:
        """Returns codes [batch, time, 1] of audio [batch, sample], int32."""
        hear = functools.partial(self._tokenize, self.params)
        return windows.over_windows(hear, self.config, audio)

    @property
    def tells_tunes(self) -> bool:
        """Whether some tokens tell of harmony and of nothing else."""
        return bool(self._is_harmony(self.config.window_steps).any())

    def tokenize_tune(self, audio: np.ndarray) -> np.ndarray:
        """Returns the codes of `tokenize` that tell of harmony, -1 for all others."""
        codes = self.tokenize(audio)
        return np.where(self._is_harmony(codes.shape[1])[:, None], codes, -1)

    def _is_harmony(self, num_steps: int) -> np.ndarray:
        return self.config.tells_alone("harmony", num_steps)
