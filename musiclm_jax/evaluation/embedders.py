"""What places sound in a space where distances mean something."""

import dataclasses
import functools
from typing import Protocol

import jax
import numpy as np

from musiclm_jax.bundle.semantic_tokenizer import SemanticTokenizer
from musiclm_jax.bundle.tokenizers import MuLanTokenizer
from musiclm_jax.semantic import centroids, windows
from musiclm_jax.training import quantizer_task


class Embedder(Protocol):
    """Maps clips to vectors."""

    @property
    def name(self) -> str:
        """What scores are called by, with a fingerprint of the weights.

        Scores of two embedders are two scores.
        """
        ...

    @property
    def sample_rate(self) -> int:
        """Of the sound that it takes, Hz."""
        ...

    def embed(self, audio: np.ndarray) -> np.ndarray:
        """Returns [clip, dim], or [clip * window, dim], of audio [clip, sample].

        Windows of a clip follow each other, and all clips have as many.
        """
        ...


class Classifier(Protocol):
    """Says what clips are."""

    @property
    def name(self) -> str:
        """What scores are called by, with a fingerprint of the weights."""
        ...

    @property
    def sample_rate(self) -> int:
        """Of the sound that it takes, Hz."""
        ...

    def log_probabilities(self, audio: np.ndarray) -> np.ndarray:
        """Returns [clip, class], which exclude each other, of audio [clip, sample]."""
        ...


@dataclasses.dataclass(frozen=True, eq=False)
class MuLanEmbedder:
    """MuLan's audio tower, a unit vector a clip.

    Attributes:
        tokenizer: of the model.
        fingerprint: of its weights.
    """

    tokenizer: MuLanTokenizer
    fingerprint: str

    @property
    def name(self) -> str:
        """What scores are called by."""
        return f"MuLan {self.fingerprint}"

    @property
    def sample_rate(self) -> int:
        """Of the sound, Hz."""
        return self.tokenizer.config.mel.sample_rate

    def embed(self, audio: np.ndarray) -> np.ndarray:
        """Returns [clip, dim] of audio [clip, sample]."""
        return self.tokenizer.embed_audio(audio)


@dataclasses.dataclass(frozen=True, eq=False)
class SemanticEmbedder:
    """Features under the semantic tokens: their mean and deviation over time.

    Each dimension is standardised as the centroids see it.

    Attributes:
        tokenizer: of the model.
        fingerprint: of its weights.
    """

    tokenizer: SemanticTokenizer
    fingerprint: str

    @property
    def name(self) -> str:
        """What scores are called by."""
        return f"semantic features {self.fingerprint}"

    @property
    def sample_rate(self) -> int:
        """Of the sound, Hz."""
        return self.tokenizer.config.mel.sample_rate

    def embed(self, audio: np.ndarray) -> np.ndarray:
        """Returns [clip, dim] of audio [clip, sample]."""
        hear = functools.partial(self._features, self.tokenizer.params)
        features = windows.over_windows(hear, self.tokenizer.config, audio)
        return np.concatenate([features.mean(axis=1), features.std(axis=1)], axis=-1)

    @functools.cached_property
    def _features(self):
        def features(params: dict, audio: jax.Array) -> jax.Array:
            heard = centroids.features(self.tokenizer.config, params, audio)
            return quantizer_task.standardise(heard, params["mean"], params["std"])

        return jax.jit(features)
