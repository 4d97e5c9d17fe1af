import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import discriminators

SMALL = discriminators.DiscriminatorConfig(
    wave_factors=(1, 2),
    wave_channels=4,
    max_wave_channels=16,
    wave_strides=(4, 2),
    wave_kernel_size=5,
    group_size=2,
    stft_channels=2,
    stft_multipliers=(1, 2),
    frame_length=32,
    stft_hop_length=8,
)
PAPER = discriminators.DiscriminatorConfig()


def features(config, length):
    module = discriminators.Discriminators(config)
    return jax.eval_shape(
        lambda rng: module.init_with_output(rng, jnp.zeros((2, length))),
        jax.random.key(0),
    )


def test_paper_shapes():
    """Section III-D, as far as it gives them; 1.024 s at 24 kHz."""
    outputs, variables = features(PAPER, 24576)
    *waves, stft = outputs
    assert len(waves) == 3
    for factor, layers in zip((1, 2, 4), waves, strict=True):
        channels = [layer.shape[2] for layer in layers]
        assert channels == [16, 64, 256, 1024, 1024, 1024, 1]
        assert [layer.shape[1] for layer in layers] == [
            24576 // factor // 4 ** min(i, 4) for i in range(7)
        ]
    # T / (H * 8) in time, all frequencies merged by the last layer.
    assert [layer.shape[1] for layer in stft] == [96, 96, 48, 48, 24, 24, 12, 12]
    assert [layer.shape[2] for layer in stft] == [512, 256, 128, 64, 32, 16, 8, 1]
    kernel = variables["params"]["wave_1"]["Conv_2"]["kernel"].value
    assert kernel.shape == (41, 4, 256)  # groups of four channels


def test_judges_have_their_own_parameters():
    _, variables = features(SMALL, 64)
    assert set(variables["params"]) == {"wave_1", "wave_2", "stft"}
    without = dataclasses.replace(SMALL, stft_channels=0)
    assert len(features(without, 64)[0]) == 2


def test_slower_judges_hear_averages(rng):
    """The one at half rate cannot tell a sound from its pairwise means."""
    audio = rng.standard_normal((1, 64)).astype(np.float32)
    means = audio.reshape(1, 32, 2).mean(axis=2).repeat(2, axis=1)
    module = discriminators.Discriminators(SMALL)
    params = jax.jit(module.init)(jax.random.key(0), audio)
    full, half, _ = jax.jit(module.apply)(params, audio)
    full_means, half_means, _ = jax.jit(module.apply)(params, means)
    np.testing.assert_allclose(half[-1], half_means[-1], atol=1e-5)
    assert float(jnp.abs(full[-1] - full_means[-1]).max()) > 1e-3


def test_rows_are_independent_and_odd_lengths_fit(rng):
    audio = rng.standard_normal((2, 67)).astype(np.float32)
    module = discriminators.Discriminators(SMALL)
    params = jax.jit(module.init)(jax.random.key(0), audio)
    both = jax.jit(module.apply)(params, audio)
    second = jax.jit(module.apply)(params, audio[1:])
    jax.tree.map(
        lambda b, s: np.testing.assert_allclose(b[1:], s, atol=1e-5), both, second
    )


def test_errors():
    with pytest.raises(
        ValueError, match="wave_channels must be a multiple of group_si"
    ):
        dataclasses.replace(SMALL, wave_channels=5)
    with pytest.raises(ValueError, match="at least one discriminator"):
        dataclasses.replace(SMALL, wave_factors=(), stft_channels=0)
