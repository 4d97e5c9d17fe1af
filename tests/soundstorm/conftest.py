import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.linen import meta

from musiclm_jax.soundstorm.network import SoundStormConfig
from musiclm_jax.tokens import TokenSpec, music_vocabulary

CONFIG = SoundStormConfig(
    vocabulary=music_vocabulary(
        mulan=TokenSpec("mulan", 8, 3, 0.0),
        semantic=TokenSpec("semantic", 16, 1, 25.0),
        acoustic=TokenSpec("acoustic", 16, 4, 50.0),
    ),
    crop_seconds=0.4,
    num_layers=2,
    num_heads=2,
    embed_dim=32,
    mlp_dim=32,
    kernel_size=3,
    dropout_rate=0.1,
    scan_layers=False,
)


@pytest.fixture(scope="session")
def config():
    return CONFIG


@pytest.fixture
def codes(rng):
    """Codes of 0.4 seconds of two pieces."""
    return {
        "mulan": rng.integers(0, 8, (2, 1, 3)),
        "semantic": rng.integers(0, 16, (2, 10, 1)),
        "acoustic": rng.integers(0, 16, (2, 20, 4)),
    }


@pytest.fixture(scope="session")
def params(config):
    """Random, lively parameters, also of what starts as nothing."""
    codes = {
        spec.name: jnp.zeros((1, spec.num_frames(0.4), spec.num_quantizers), int)
        for spec in config.vocabulary.specs
    }
    init = jax.jit(
        lambda rng: config.build().init(rng, codes, is_conditioned=jnp.ones((1,), bool))
    )
    rng = np.random.default_rng(0)
    return jax.tree.map(
        lambda leaf: leaf + 0.2 * rng.normal(size=leaf.shape).astype(np.float32),
        meta.unbox(init(jax.random.key(0)))["params"],
    )
