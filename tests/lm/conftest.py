import jax
import jax.numpy as jnp
import pytest
from flax.linen import meta

from musiclm_jax import stages
from musiclm_jax.layers.heads_start import heads_start
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.transformer import TransformerConfig
from musiclm_jax.tokens import TokenSpec, music_vocabulary

VOCABULARY = music_vocabulary(
    mulan=TokenSpec("mulan", 8, 3, 0.0),
    semantic=TokenSpec("semantic", 16, 1, 25.0),
    acoustic=TokenSpec("acoustic", 16, 4, 50.0),
)
NETWORK = TransformerConfig(
    num_layers=2,
    num_heads=2,
    head_dim=8,
    embed_dim=16,
    mlp_dim=32,
    dropout_rate=0.1,
    num_buckets=16,
    scan_layers=False,
)
STAGES = {
    "semantic": stages.semantic(mulan_levels=3, crop_seconds=0.4),
    "coarse": stages.coarse(mulan_levels=3, coarse_levels=2, crop_seconds=0.4),
    "coarse_of_mulan": stages.coarse_of_mulan(
        mulan_levels=3, coarse_levels=2, crop_seconds=0.4
    ),
    "fine": stages.fine(coarse_levels=2, fine_levels=2, crop_seconds=0.4),
}


@pytest.fixture
def codes(rng):
    """Codes of 0.4 seconds of two pieces."""
    return {
        "mulan": rng.integers(0, 8, (2, 1, 3)),
        "semantic": rng.integers(0, 16, (2, 10, 1)),
        "acoustic": rng.integers(0, 16, (2, 20, 4)),
    }


@pytest.fixture
def stage_config():
    """Makes the config of a small stage by its name."""

    def make(name):
        return StageConfig(
            stage=STAGES[name],
            vocabulary=VOCABULARY,
            network=NETWORK,
            reach_seconds=0.4,
        )

    return make


@pytest.fixture
def trained(key):
    """Makes random, lively parameters for a config."""

    def make(config):
        layout = config.layout(config.stage.crop_seconds)
        tokens = jnp.zeros((1, len(layout.positions)), jnp.int32)
        network = config.build(bias_init=heads_start)
        init = jax.jit(lambda rng: network.init(rng, tokens, layout))
        return meta.unbox(init(jax.random.clone(key)))["params"]

    return make
