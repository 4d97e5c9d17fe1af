import dataclasses

import flax.linen as nn
import jax
import numpy as np
import pytest

from musiclm_jax.mulan import network
from musiclm_jax.mulan.augment import SpecAugmentConfig

AUGMENT = SpecAugmentConfig(
    num_time_masks=2,
    max_time_share=0.3,
    num_frequency_masks=1,
    max_frequency_share=0.3,
)


@pytest.fixture(scope="module")
def params(config):
    init = jax.jit(network.init_params, static_argnums=0)
    return nn.meta.unbox(init(config, jax.random.key(0)))


def test_lengths_follow_from_seconds(config):
    assert config.window_length == 1000
    assert config.stride_length == 250


def test_features_are_standardised_log_mel(config, rng):
    audio = rng.normal(size=(2, 1000)).astype(np.float32)
    plain = network.features(config, audio)
    assert plain.shape == (2, 50, 8)
    tower = dataclasses.replace(config.audio_tower, log_mel_mean=1.0, log_mel_std=2.0)
    shifted = network.features(dataclasses.replace(config, audio_tower=tower), audio)
    np.testing.assert_allclose(shifted, (plain - 1.0) / 2.0, atol=1e-6)


def test_augmentation_acts_only_when_asked(config, params, rng):
    audio = rng.normal(size=(2, 1000)).astype(np.float32)
    embed = jax.jit(network.embed_clips, static_argnames=("config", "augment"))
    still = embed(config, params, audio)
    np.testing.assert_array_equal(still, embed(config, params, audio))
    moved = embed(config, params, audio, augment=AUGMENT, rng=jax.random.key(1))
    assert np.abs(moved - still).max() > 1e-4


def test_config_says_what_is_wrong(config):
    with pytest.raises(ValueError, match=r"stride_seconds=2.0.*window_seconds=1.0"):
        dataclasses.replace(config, stride_seconds=2.0)
