"""Semantic tokens that cost no training: what a trained network must do better than."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from musiclm_jax.bundle.semantic_tokenizer import SemanticTokenizer
from musiclm_jax.layers import quantization
from musiclm_jax.semantic import centroids
from musiclm_jax.semantic.network import W2vBert, W2vBertConfig
from musiclm_jax.signal.mel import MelConfig, log_mel_spectrogram
from musiclm_jax.training.quantizer_task import standardise

Tokenize = Callable[[np.ndarray], np.ndarray]
Features = Callable[[jax.Array], jax.Array]

_FRAME_SECONDS = 0.025
_FRAMES_PER_TOKEN = 4
_NUM_MELS = 80
_LOWEST_STD = 1e-3


def untrained(config: W2vBertConfig, audio: np.ndarray, *, seed: int) -> Tokenize:
    """Returns a tokenizer of the network at its random start, with k-means.

    Args:
        config: of the network.
        audio: [clip, sample], to fit the k-means to.
        seed: of the network and of the k-means.

    Returns:
        What maps audio [batch, sample] to codes [batch, time].
    """
    network = W2vBert(config.up_to_tap())
    steps = jnp.zeros((1, config.hop_length))
    init = jax.jit(lambda key: network.init(key, steps, method="tap"))
    params = {"network": nn.meta.unbox(init(jax.random.key(seed)))["params"]}

    @jax.jit
    def features(sound: jax.Array) -> jax.Array:
        return centroids.features(config, params, sound)

    fitted = _kmeans(_frames(features, audio), config.num_centroids, seed)
    tokenizer = SemanticTokenizer(config, params | fitted)
    return lambda sound: tokenizer.tokenize(sound)[:, :, 0]


def log_mel(config: W2vBertConfig, audio: np.ndarray, *, seed: int) -> Tokenize:
    """Returns k-means of mean log-mel levels at the network's rate; see `untrained`."""
    sample_rate = round(config.hop_length * config.frame_rate)
    mel = MelConfig(
        sample_rate=sample_rate,
        frame_length=round(_FRAME_SECONDS * sample_rate),
        hop_length=config.hop_length // _FRAMES_PER_TOKEN,
        num_mels=_NUM_MELS,
        low_hz=0.0,
        high_hz=sample_rate / 2,
    )

    @jax.jit
    def features(sound: jax.Array) -> jax.Array:
        level = log_mel_spectrogram(sound, mel)
        steps = level.shape[1] // _FRAMES_PER_TOKEN
        level = level[:, : steps * _FRAMES_PER_TOKEN]
        return level.reshape(len(sound), steps, _FRAMES_PER_TOKEN, -1).mean(axis=2)

    fitted = _kmeans(_frames(features, audio), config.num_centroids, seed)

    @jax.jit
    def tokenize(sound: jax.Array) -> jax.Array:
        x = standardise(features(sound), fitted["mean"], fitted["std"])
        return quantization.quantize(fitted["codebooks"], x)[:, :, 0]

    return lambda sound: np.asarray(tokenize(sound))


def _frames(features: Features, audio: np.ndarray) -> jax.Array:
    """Returns [1, frame, dim] of all clips, one after the other."""
    found = [features(clip[None]) for clip in audio]
    return jnp.concatenate(found, axis=1)


def _kmeans(frames: jax.Array, num_codes: int, seed: int) -> dict[str, jax.Array]:
    """Standardises frames [1, frame, dim] and fits codes, as parameters."""
    mean = frames.mean(axis=(0, 1))
    std = jnp.maximum(frames.std(axis=(0, 1)), _LOWEST_STD)
    empty = quantization.init_rvq(
        num_quantizers=1, codebook_size=num_codes, dim=frames.shape[-1]
    )
    started = jax.jit(quantization.kmeans_init)(
        empty, standardise(frames, mean, std), jax.random.key(seed)
    )
    return {"mean": mean, "std": std, "codebooks": started.codebooks}
