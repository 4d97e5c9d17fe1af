"""What every codec is: audio to embeddings to codes, and back.

    audio -encoder-> embeddings -residual vector quantization-> codes
    codes -codebooks-> embeddings -decoder-> audio

SoundStream (2107.03312), section III-C, has the quantizer. Encoder and decoder are of
one of the kinds beside this file. Inference needs one pytree: `{"encoder", "decoder",
"codebooks" [level, code, dim]}`; a half without parameters has no place in it.
"""

from typing import Any, Protocol, runtime_checkable

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.layers import quantization

Params = dict[str, Any]

# Of random numbers: where in time a sound of the training lies.
CLOCK = "clock"


@runtime_checkable
class CodecConfig(Protocol):
    """Sizes of a codec: a frozen dataclass that goes to JSON and back.

    Attributes:
        num_quantizers: levels of the residual quantizer.
        codebook_size: codes in each level.
    """

    num_quantizers: int
    codebook_size: int

    @property
    def sample_rate(self) -> int:
        """Of the audio, Hz."""

    @property
    def hop_length(self) -> int:
        """Samples a frame of codes stands for."""

    @property
    def frame_rate(self) -> float:
        """Frames of codes a second, Hz."""

    @property
    def embed_dim(self) -> int:
        """Width of what is quantized."""

    @property
    def split(self) -> quantization.Split | None:
        """Which levels hear which part of an embedding; all hear all if None."""

    @property
    def lookahead(self) -> int:
        """Samples behind a frame that its codes depend on, whole frames."""

    @property
    def draws_noise(self) -> bool:
        """Whether the same embeddings sound otherwise at another time of `CLOCK`."""

    def encoder(self) -> nn.Module:
        """Returns what maps [batch, frame * hop_length] to [batch, frame, embed_dim].

        With the collection `layers.convolution.PAST` mutable it goes on from the chunk
        before, and is late by `lookahead`.
        """

    def decoder(self) -> nn.Module:
        """Returns what maps [batch, frame, embed_dim] to [batch, frame * hop_length].

        With the collection `layers.convolution.PAST` mutable it goes on from the chunk
        before. Random numbers of the name `CLOCK` are for the training.
        """


def pad_to_hop(config: CodecConfig, audio: jax.Array) -> jax.Array:
    """Pads `audio [batch, sample]` with zeros at the end to whole frames."""
    return jnp.pad(audio, ((0, 0), (0, -audio.shape[1] % config.hop_length)))


def init_params(config: CodecConfig, rng: jax.Array) -> Params:
    """Returns random parameters of encoder and decoder, as far as they have some."""
    encoder_rng, decoder_rng = jax.random.split(rng)
    hop = jnp.zeros((1, config.hop_length), jnp.float32)
    embedding = jnp.zeros((1, 1, config.embed_dim), jnp.float32)
    halves = {
        "encoder": config.encoder().init(encoder_rng, hop),
        "decoder": config.decoder().init(decoder_rng, embedding),
    }
    return {name: half["params"] for name, half in halves.items() if "params" in half}


def embed(config: CodecConfig, params: Params, audio: jax.Array) -> jax.Array:
    """Turns audio into what is quantized.

    Args:
        config: of the codec.
        params: of its encoder at least.
        audio: [batch, sample], at `config.sample_rate`, any length.

    Returns:
        [batch, frame, embed_dim], with ceil(sample / hop_length) frames.
    """
    return config.encoder().apply(
        {"params": params.get("encoder", {})}, pad_to_hop(config, audio)
    )


def sound(
    config: CodecConfig,
    params: Params,
    embeddings: jax.Array,
    *,
    clock_rng: jax.Array | None = None,
) -> jax.Array:
    """Turns embeddings into audio.

    Args:
        config: of the codec.
        params: of its decoder at least.
        embeddings: [batch, frame, embed_dim].
        clock_rng: begins at a random time, where that matters; None at the first.

    Returns:
        [batch, frame * hop_length], float32, not clipped.
    """
    rngs = None if clock_rng is None else {CLOCK: clock_rng}
    variables = {"params": params.get("decoder", {})}
    return config.decoder().apply(variables, embeddings, rngs=rngs)


def encode(config: CodecConfig, params: Params, audio: jax.Array) -> jax.Array:
    """Turns audio into codes.

    Args:
        config: of the codec.
        params: of the whole codec, see the module.
        audio: [batch, sample], at `config.sample_rate`, any length.

    Returns:
        [batch, frame, level], int32, with ceil(sample / hop_length) frames.
    """
    return quantization.quantize(params["codebooks"], embed(config, params, audio))


def decode(config: CodecConfig, params: Params, codes: jax.Array) -> jax.Array:
    """Turns codes into audio.

    Args:
        config: of the codec.
        params: of the whole codec, see the module.
        codes: [batch, frame, level]; fewer levels than there are give a coarser sound.

    Returns:
        [batch, frame * hop_length], float32, not clipped.
    """
    embeddings = quantization.dequantize(params["codebooks"], codes)
    return sound(config, params, embeddings)
