"""What the rest of the model asks of melodies: pure functions on trained parameters.

`params` holds "network" and, for `quantize`, "codebooks" [level, code, embed]. All are
jit-able with `config` static.
"""

import jax
import jax.numpy as jnp

from musiclm_jax.layers import quantization
from musiclm_jax.melody import network

# Bounds the memory of long audio: windows (over the batch) in the network at once.
WINDOWS_AT_ONCE = 32


def num_windows(config: network.MelodyConfig, num_samples: int) -> int:
    """Counts the windows of a piece, at least 1: those that begin before its last one.

    Args:
        config: of the embedding.
        num_samples: of the piece; one shorter than a window is filled with silence.
    """
    beyond = max(0, num_samples - config.window_length)
    return 1 + -(-beyond // config.stride_length)


def embed_windows(
    config: network.MelodyConfig, params: dict, audio: jax.Array
) -> jax.Array:
    """Embeds every window of pieces of one length, with silence behind the last.

    Args:
        config: of the embedding.
        params: with the key "network".
        audio: [batch, sample], at the config's rate.

    Returns:
        [batch, window, embed], each of unit length.
    """
    batch, num_samples = audio.shape
    count = num_windows(config, num_samples)
    starts = config.stride_length * jnp.arange(count)
    needed = config.stride_length * (count - 1) + config.window_length
    audio = jnp.pad(audio, ((0, 0), (0, needed - num_samples)))

    def embed_window(start: jax.Array) -> jax.Array:
        window = jax.lax.dynamic_slice_in_dim(
            audio, start, config.window_length, axis=1
        )
        return network.embed(config, params["network"], window)

    embedding = jax.lax.map(
        embed_window, starts, batch_size=max(1, WINDOWS_AT_ONCE // batch)
    )
    return embedding.transpose(1, 0, 2)  # [window, batch, embed] -> [batch, window, ..]


def quantize(params: dict, embedding: jax.Array) -> jax.Array:
    """Turns embeddings into the codes of melody tokens.

    Args:
        params: with the key "codebooks", [level, code, embed].
        embedding: [batch, window, embed], of unit length.

    Returns:
        [batch, window, level], int32.
    """
    return quantization.quantize(params["codebooks"], embedding)
