"""What the rest of the model asks of MuLan: pure functions on trained parameters.

MusicLM (2301.11325), section 3.1: a piece is seen through windows, their embeddings are
averaged, the result is quantised with a residual VQ, and the very same VQ quantises a
prompt's embedding. `params` holds "audio_tower", "text_tower" and, for `quantize`,
"codebooks" [level, code, embed]. All are jit-able with `config` static.

The paper is silent on two points. A mean of unit vectors is shorter than one, the more
so the more the music changes; it is brought back to unit length, so that it lies where
texts lie. And a clip shorter than a window is repeated until it fills one: a tower that
was trained on full windows would place it by its silence.
"""

import jax
import jax.numpy as jnp

from musiclm_jax.layers import quantization
from musiclm_jax.layers.normalize import unit_length
from musiclm_jax.mulan import network

# Bounds the memory of long audio: windows (over the batch) in the tower at once.
WINDOWS_AT_ONCE = 16


def num_windows(config: network.MuLanConfig, num_samples: int) -> int:
    """Counts the windows of a piece; what no whole stride reaches is left out.

    Args:
        config: of the embedding.
        num_samples: of the piece; a piece shorter than a window still has one.

    Returns:
        At least 1.
    """
    beyond = max(0, num_samples - config.window_length)
    return 1 + beyond // config.stride_length


def embed_windows(
    config: network.MuLanConfig, params: dict, audio: jax.Array
) -> jax.Array:
    """Embeds every window of pieces of one length.

    Args:
        config: of the embedding.
        params: with the key "audio_tower".
        audio: [batch, sample], at the front end's rate.

    Returns:
        [batch, window, embed], each of unit length.

    Raises:
        ValueError: if there are no samples.
    """
    batch, num_samples = audio.shape
    if num_samples == 0:
        raise ValueError("The audio has no samples: there is nothing to embed.")
    if num_samples < config.window_length:
        repeats = -(-config.window_length // num_samples)
        audio = jnp.tile(audio, (1, repeats))[:, : config.window_length]

    def embed_window(start: jax.Array) -> jax.Array:
        window = jax.lax.dynamic_slice_in_dim(
            audio, start, config.window_length, axis=1
        )
        return network.embed_clips(config, params, window)

    starts = config.stride_length * jnp.arange(num_windows(config, num_samples))
    if len(starts) == 1:
        return embed_window(starts[0])[:, None, :]
    embedding = jax.lax.map(
        embed_window, starts, batch_size=max(1, WINDOWS_AT_ONCE // batch)
    )
    return embedding.transpose(1, 0, 2)  # [window, batch, embed] -> [batch, window, ..]


def pool_windows(windows: jax.Array) -> jax.Array:
    """Averages the windows of a piece and brings the mean back to unit length.

    Args:
        windows: [batch, window, embed].

    Returns:
        [batch, embed].
    """
    return unit_length(jnp.mean(windows, axis=1))


def embed_audio(
    config: network.MuLanConfig, params: dict, audio: jax.Array
) -> jax.Array:
    """Embeds whole pieces: `pool_windows` of `embed_windows`.

    Args:
        config: of the embedding.
        params: with the key "audio_tower".
        audio: [batch, sample], at the front end's rate.

    Returns:
        [batch, embed], of unit length.
    """
    return pool_windows(embed_windows(config, params, audio))


def embed_text(
    config: network.MuLanConfig, params: dict, tokens: jax.Array
) -> jax.Array:
    """Embeds prompts.

    Args:
        config: of the embedding.
        params: with the key "text_tower".
        tokens: [batch, length], int32, [CLS] first, padded with -1.

    Returns:
        [batch, embed], of unit length.
    """
    return network.embed_texts(config, params, tokens)


def quantize(params: dict, embedding: jax.Array) -> jax.Array:
    """Turns embeddings of audio or of text into MuLan tokens' codes.

    Args:
        params: with the key "codebooks", [level, code, embed].
        embedding: [batch, embed], of any length: a mean of windows may come as it is.

    Returns:
        [batch, 1, level], int32.
    """
    frames = unit_length(embedding)[:, None, :]  # [batch, embed] -> [batch, time=1, ..]
    return quantization.quantize(params["codebooks"], frames)


def dequantize(params: dict, codes: jax.Array) -> jax.Array:
    """Turns codes back into the embeddings they stand for.

    Args:
        params: with the key "codebooks", [level, code, embed].
        codes: [batch, 1, level].

    Returns:
        [batch, embed], of unit length.
    """
    return unit_length(quantization.dequantize(params["codebooks"], codes)[:, 0])
