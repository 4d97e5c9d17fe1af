"""Semantic tokens: the tap of w2v-BERT, standardised, and its nearest centroid.

MusicLM, section 3.1; AudioLM (2209.03143), section III-B. The parameters of the
tokenizer are those of two trainings after each other:

    {"network": ...}                      W2vBertTask.inference_params
    {"mean", "std", "codebooks"}          centroids_task(...).inference_params
"""

import functools

import jax
import jax.numpy as jnp

from musiclm_jax.layers import quantization
from musiclm_jax.semantic import network
from musiclm_jax.training import quantizer_task
from musiclm_jax.training.frozen import FrozenNetwork, name_axes


def features(
    config: network.W2vBertConfig, params: dict, audio: jax.Array
) -> jax.Array:
    """Returns the output of the tapped block.

    Args:
        config: of the network.
        params: holds "network"; more is ignored.
        audio: [batch, sample], any length; zeros fill the last step.

    Returns:
        [batch, time, embed], float32; `time` is samples over hop length, rounded up.
    """
    padding = -audio.shape[1] % config.hop_length
    audio = jnp.pad(audio, ((0, 0), (0, padding)))
    return network.W2vBert(config.up_to_tap()).apply(
        {"params": params["network"]}, audio, method="tap"
    )


def tokenize(
    config: network.W2vBertConfig, params: dict, audio: jax.Array
) -> jax.Array:
    """Returns semantic codes of sound that is heard at once.

    Args:
        config: of the network.
        params: "network", "mean", "std" and "codebooks".
        audio: [batch, sample], at most a window of the configuration: for longer sound
            see `windows`.

    Returns:
        [batch, time, level], int32, of one level; `time` as in `features`.
    """
    x = features(config, params, audio)
    x = quantizer_task.standardise(x, params["mean"], params["std"])
    return quantization.quantize(params["codebooks"], x)


def frozen_network(config: network.W2vBertConfig, params: dict) -> FrozenNetwork:
    """Returns what maps batches of {"audio"} to `features`.

    Args:
        config: of the network.
        params: holds the trained "network"; more is ignored.
    """
    whole_steps = jax.ShapeDtypeStruct((1, config.hop_length), jnp.float32)
    tapped = network.W2vBert(config.up_to_tap())
    init = functools.partial(tapped.init, method="tap")
    boxed = jax.eval_shape(init, jax.random.key(0), whole_steps)["params"]
    return FrozenNetwork(
        params={"network": name_axes(params["network"], boxed)},
        apply=lambda params, batch: features(config, params, batch["audio"]),
    )


def centroids_task(
    config: network.W2vBertConfig,
    params: dict,
    *,
    decay: float,
    dead_threshold: float,
    standardise_steps: int,
) -> quantizer_task.QuantizerTask:
    """Returns the k-means of the tapped block on batches of {"audio"}.

    Args:
        config: of the network.
        params: holds the trained "network"; more is ignored.
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
