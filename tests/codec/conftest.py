import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import network, soundstream


@pytest.fixture(scope="session")
def config() -> soundstream.SoundStreamConfig:
    """The smallest codec that has everything; its hop is 8 samples."""
    return soundstream.SoundStreamConfig(
        sample_rate=8000,
        strides=(2, 4),
        encoder_channels=2,
        decoder_channels=4,
        channel_multipliers=(2, 4),
        embed_dim=6,
        num_quantizers=3,
        codebook_size=16,
        residual_dilations=(1, 3),
        kernel_size=3,
    )


@pytest.fixture(scope="session")
def params(config) -> network.Params:
    """Random parameters of the whole codec, none of them zero."""

    @jax.jit
    def init(rng):
        encoder_rng, decoder_rng, codebook_rng = jax.random.split(rng, 3)
        audio, embeddings = jnp.zeros((1, 8)), jnp.zeros((1, 1, 6))
        return nn.meta.unbox(
            {
                "encoder": soundstream.Encoder(config).init(encoder_rng, audio)[
                    "params"
                ],
                "decoder": soundstream.Decoder(config).init(decoder_rng, embeddings)[
                    "params"
                ],
                "codebooks": jax.random.normal(codebook_rng, (3, 16, 6)),
            }
        )

    rng = np.random.default_rng(0)
    return jax.tree.map(
        lambda p: p + 0.1 * rng.standard_normal(p.shape).astype(np.float32),
        init(jax.random.key(0)),
    )
