"""Semantic tokens: features, standardised or not, and their nearest centroid.

MusicLM, section 3.1; AudioLM (2209.03143), section III-B. The features are the tap of
w2v-BERT, or aspects that nothing is trained for. The parameters of the tokenizer are
those of two trainings after each other, or of the second alone:

    {"network": ...}                      W2vBertTask.inference_params
    {"mean", "std", "codebooks"}          centroids_task(...).inference_params
"""

from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.layers import quantization
from musiclm_jax.training import quantizer_task
from musiclm_jax.training.frozen import FrozenNetwork, name_axes


class SemanticFeatures(Protocol):
    """A configuration of features: `W2vBertConfig` or `AspectsConfig`.

    Attributes:
        hop_length: samples from one token to the next.
        frame_rate: tokens a second, Hz.
        window_steps: tokens of what is heard at once.
        stride_steps: tokens from one window to the next.
        num_centroids: of the k-means: the semantic codes.
    """

    hop_length: int
    frame_rate: float
    window_steps: int
    stride_steps: int
    num_centroids: int

    def embed(self, params: dict, audio: jax.Array) -> jax.Array:
        """Returns [batch, time, embed] of whole steps of audio [batch, sample]."""
        ...

    def tells_alone(self, aspect: str, num_steps: int) -> np.ndarray:
        """Returns which steps [time] tell of an aspect and of nothing else."""
        ...

    def boxed_network(self) -> dict:
        """Returns what `embed` reads of its parameters, as shapes in their boxes."""
        ...


def features(config: SemanticFeatures, params: dict, audio: jax.Array) -> jax.Array:
    """Returns features of sound of any length.

    Args:
        config: of the features.
        params: holds what they read; more is ignored.
        audio: [batch, sample]; zeros fill the last step.

    Returns:
        [batch, time, embed], float32; `time` is samples over hop length, rounded up.
    """
    padding = -audio.shape[1] % config.hop_length
    return config.embed(params, jnp.pad(audio, ((0, 0), (0, padding))))


def tokenize(config: SemanticFeatures, params: dict, audio: jax.Array) -> jax.Array:
    """Returns semantic codes of sound that is heard at once.

    Args:
        config: of the features.
        params: what they read, "mean", "std" and "codebooks".
        audio: [batch, sample], at most a window of the configuration: for longer sound
            see `windows`.

    Returns:
        [batch, time, level], int32, of one level; `time` as in `features`.
    """
    x = features(config, params, audio)
    x = quantizer_task.standardise(x, params["mean"], params["std"])
    return quantization.quantize(params["codebooks"], x)


def frozen_network(config: SemanticFeatures, params: dict) -> FrozenNetwork:
    """Returns what maps batches of {"audio"} to `features`.

    Args:
        config: of the features.
        params: holds what they read; more is ignored.
    """
    boxed = config.boxed_network()
    return FrozenNetwork(
        params={name: name_axes(params[name], boxed[name]) for name in boxed},
        apply=lambda params, batch: features(config, params, batch["audio"]),
    )


def centroids_task(
    config: SemanticFeatures,
    params: dict,
    *,
    decay: float,
    dead_threshold: float,
    standardise_steps: int,
) -> quantizer_task.QuantizerTask:
    """Returns the k-means of the features on batches of {"audio"}.

    Args:
        config: of the features.
        params: holds what they read; more is ignored.
        decay: see `quantizer_task.QuantizerConfig`, and so the next two.
        dead_threshold: see there.
        standardise_steps: see there.
    """
    return quantizer_task.QuantizerTask(
        config=quantizer_task.QuantizerConfig(
            num_quantizers=1,
            codebook_size=config.num_centroids,
            decay=decay,
            dead_threshold=dead_threshold,
            standardise_steps=standardise_steps,
        ),
        frozen=frozen_network(config, params),
    )
