"""The smallest network that has every part, and its training."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn

from musiclm_jax.semantic.aspects import AspectsConfig
from musiclm_jax.semantic.long_windows import LongWindows
from musiclm_jax.semantic.network import W2vBert, W2vBertConfig
from musiclm_jax.semantic.rhythm import RhythmConfig
from musiclm_jax.semantic.task import Pretraining
from musiclm_jax.signal.log_frequency import LogFrequencyConfig
from musiclm_jax.signal.mel import MelConfig


@pytest.fixture
def config() -> W2vBertConfig:
    return W2vBertConfig(
        mel=MelConfig(
            sample_rate=24_000,
            frame_length=600,
            hop_length=240,
            num_mels=16,
            low_hz=0.0,
            high_hz=8_000.0,
        ),
        log_mel_std=2.0,
        conv_channels=4,
        embed_dim=16,
        mlp_dim=32,
        num_heads=2,
        kernel_size=3,
        num_contrastive_layers=1,
        num_masked_layers=2,
        dropout_rate=0.1,
        codebook_size=12,
        codebook_dim=8,
        tap_layer=1,
        num_centroids=6,
        window_seconds=0.4,
        stride_seconds=0.08,
        scan_layers=False,
        dtype="float32",
    )


@pytest.fixture
def long_windows() -> LongWindows:
    return LongWindows(
        lines=LogFrequencyConfig(
            sample_rate=24_000,
            frame_length=4096,
            hop_length=960,
            low_hz=130.81,
            lines_per_octave=24,
            num_octaves=4,
        ),
        rhythm=RhythmConfig(
            window_seconds=1.0, low_bpm=90.0, high_bpm=600.0, num_tempi=16
        ),
    )


@pytest.fixture
def aspects_config(config, long_windows) -> AspectsConfig:
    return AspectsConfig(
        mel=config.mel,
        long_windows=long_windows,
        num_cepstra=8,
        weights=(0.25, 1.0, 1.0, 0.5),
        turns=("timbre", "harmony", "onsets", "harmony", "rhythm"),
        num_centroids=24,
        window_seconds=1.0,
        stride_seconds=0.4,
    )


@pytest.fixture
def pretraining() -> Pretraining:
    """With the numbers of the paper."""
    return Pretraining(
        mask_start_probability=0.065,
        mask_span=10,
        mask_scale=0.1,
        num_distractors=100,
        contrastive_temperature=0.1,
        gumbel_start=2.0,
        gumbel_end=0.5,
        gumbel_decay=0.999995,
        contrastive_weight=1.0,
        masked_weight=1.0,
        diversity_weight=0.1,
    )


@pytest.fixture
def shapes_of() -> Callable[[W2vBertConfig], dict]:
    """Shapes of the parameters, in their boxes."""

    def shapes_of(config: W2vBertConfig) -> dict:
        num_samples = 2 * config.hop_length
        return jax.eval_shape(
            lambda: W2vBert(config).init(
                {"params": jax.random.key(0), "mask": jax.random.key(1)},
                jnp.zeros((1, num_samples)),
                jnp.zeros((1, 2), bool),
                mask_scale=0.1,
                temperature=jnp.ones(()),
                train=False,
            )["params"]
        )

    return shapes_of


@pytest.fixture
def make_params(rng, shapes_of) -> Callable[[W2vBertConfig], dict]:
    """Unboxed parameters from their shapes alone, which needs no compilation."""

    def make(config: W2vBertConfig) -> dict:
        return jax.tree.map(
            lambda leaf: jnp.asarray(0.3 * rng.normal(size=leaf.shape), jnp.float32),
            nn.meta.unbox(shapes_of(config)),
        )

    return make
