"""The codec chunk by chunk, with the same result as on the whole.

SoundStream (2107.03312), section III-A: every layer is causal, so what it needs of the
past is a few steps, kept in the state (see `layers/convolution.py`). Before the first
chunk there is silence, as there is before the whole.

    state = start_encode(config, batch_size=1)
    for chunk in chunks:
        state, codes = encode_chunk(config, params, state, chunk)
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.codec import network
from musiclm_jax.layers import convolution, quantization

StreamState = Any


def start_encode(config: network.CodecConfig, *, batch_size: int) -> StreamState:
    """Returns the state of `encode_chunk` before the first chunk."""
    audio = jax.ShapeDtypeStruct((batch_size, config.hop_length), jnp.float32)
    return _silence(config.encoder(), audio)


def encode_chunk(
    config: network.CodecConfig,
    params: network.Params,
    state: StreamState,
    chunk: jax.Array,
) -> tuple[StreamState, jax.Array]:
    """Encodes the next samples.

    Args:
        config: of the codec.
        params: of the whole codec.
        state: after the chunk before.
        chunk: [batch, frame * hop_length].

    Returns:
        The state after the chunk, and codes `[batch, frame, level]`.

    Raises:
        ValueError: if the chunk is not a whole number of frames.
    """
    if chunk.shape[1] == 0 or chunk.shape[1] % config.hop_length:
        raise ValueError(
            f"a chunk must be a multiple of {config.hop_length} samples, "
            f"got {chunk.shape[1]}"
        )
    embeddings, state = _step(config.encoder(), params.get("encoder", {}), state, chunk)
    return state, quantization.quantize(params["codebooks"], embeddings)


def start_decode(config: network.CodecConfig, *, batch_size: int) -> StreamState:
    """Returns the state of `decode_chunk` before the first chunk."""
    embeddings = jax.ShapeDtypeStruct((batch_size, 1, config.embed_dim), jnp.float32)
    return _silence(config.decoder(), embeddings)


def decode_chunk(
    config: network.CodecConfig,
    params: network.Params,
    state: StreamState,
    codes: jax.Array,
) -> tuple[StreamState, jax.Array]:
    """Decodes the next codes.

    Args:
        config: of the codec.
        params: of the whole codec.
        state: after the chunk before.
        codes: [batch, frame, level].

    Returns:
        The state after the chunk, and audio `[batch, frame * hop_length]`.
    """
    embeddings = quantization.dequantize(params["codebooks"], codes)
    audio, state = _step(config.decoder(), params.get("decoder", {}), state, embeddings)
    return state, audio


def _silence(module: nn.Module, x: jax.ShapeDtypeStruct) -> StreamState:
    shapes = jax.eval_shape(lambda x: module.init(jax.random.key(0), x), x)
    past = shapes[convolution.PAST]
    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), past)


def _step(
    module: nn.Module, params: Any, state: StreamState, x: jax.Array
) -> tuple[jax.Array, StreamState]:
    variables = {"params": params, convolution.PAST: state}
    y, mutated = module.apply(variables, x, mutable=[convolution.PAST])
    return y, mutated[convolution.PAST]
