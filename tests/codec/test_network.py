import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import network, soundstream
from musiclm_jax.layers import quantization


@pytest.fixture
def encode(config, params):
    return jax.jit(functools.partial(network.encode, config, params))


@pytest.fixture
def decode(config, params):
    return jax.jit(functools.partial(network.decode, config, params))


def test_rates_follow_from_the_strides(config):
    assert config.hop_length == 8
    assert config.frame_rate == 1000
    music = dataclasses.replace(
        config,
        sample_rate=24000,
        strides=(8, 5, 4, 3),
        channel_multipliers=(2, 4, 8, 16),
    )
    assert (music.hop_length, music.frame_rate) == (480, 50)


@pytest.mark.parametrize(("num_samples", "frames"), [(80, 10), (73, 10), (1, 1)])
def test_any_length(rng, encode, decode, num_samples, frames):
    audio = rng.standard_normal((2, num_samples)).astype(np.float32)
    codes = encode(audio)
    assert codes.shape == (2, frames, 3)
    assert codes.dtype == jnp.int32
    decoded = decode(codes)
    assert decoded.shape == (2, frames * 8)
    assert decoded.dtype == jnp.float32


def test_the_end_is_padded_with_silence(rng, encode):
    audio = rng.standard_normal((1, 21)).astype(np.float32)
    padded = np.pad(audio, ((0, 0), (0, 3)))
    np.testing.assert_array_equal(encode(audio), encode(padded))


def test_is_causal(rng, config, params):
    """A change reaches its own frame, no earlier one, and sound does likewise."""
    audio = rng.standard_normal((1, 80)).astype(np.float32)
    changed = audio.copy()
    changed[:, 40] += 1.0
    embed = jax.jit(
        lambda a: soundstream.Encoder(config).apply({"params": params["encoder"]}, a)
    )
    moved = np.abs(embed(audio) - embed(changed)).max(axis=(0, 2))
    assert moved[:5].max() == 0
    assert moved[5] > 1e-4
    sound = jax.jit(
        lambda x: soundstream.Decoder(config).apply({"params": params["decoder"]}, x)
    )
    x = rng.standard_normal((1, 10, 6)).astype(np.float32)
    y = x.copy()
    y[:, 5] += 1.0
    moved = np.abs(sound(x) - sound(y))[0]
    assert moved[:40].max() == 0
    assert moved[40:48].max() > 1e-4


def test_decode_is_the_decoder_of_the_sum(rng, config, params, decode):
    codes = rng.integers(0, 16, (2, 5, 3))
    embeddings = sum(
        np.asarray(params["codebooks"])[i][codes[..., i]] for i in range(3)
    )
    want = soundstream.Decoder(config).apply({"params": params["decoder"]}, embeddings)
    np.testing.assert_allclose(decode(codes), want, atol=1e-5)


def test_fewer_levels_decode(rng, config, params):
    codes = rng.integers(0, 16, (1, 4, 3))
    coarse = network.decode(config, params, codes[..., :1])
    first = {**params, "codebooks": params["codebooks"][:1]}
    np.testing.assert_allclose(
        coarse, network.decode(config, first, codes[..., :1]), atol=1e-6
    )


def test_encode_quantizes_the_embeddings(rng, config, params, encode):
    audio = rng.standard_normal((1, 40)).astype(np.float32)
    x = soundstream.Encoder(config).apply({"params": params["encoder"]}, audio)
    np.testing.assert_array_equal(
        encode(audio), quantization.quantize(params["codebooks"], x)
    )


def test_channels_double_and_halve(params):
    encoder, decoder = params["encoder"], params["decoder"]
    assert encoder["first"]["kernel"].shape == (3, 1, 2)
    assert encoder["block_1_down"]["kernel"].shape == (8, 4, 8)
    assert encoder["last"]["kernel"].shape == (3, 8, 6)
    assert decoder["first"]["kernel"].shape == (3, 6, 16)
    assert decoder["block_0_up"]["kernel"].shape == (8, 16, 8)
    assert decoder["last"]["kernel"].shape == (3, 4, 1)


def test_size_of_the_papers_codec():
    """Table I: 8.4M at C = 32; one detail of the paper's count is not known."""
    config = soundstream.SoundStreamConfig(
        sample_rate=24000,
        strides=(2, 4, 5, 8),
        encoder_channels=32,
        decoder_channels=32,
        channel_multipliers=(2, 4, 8, 16),
        embed_dim=64,
        num_quantizers=8,
        codebook_size=1024,
    )
    shapes = jax.eval_shape(
        lambda rng: (
            soundstream.Encoder(config).init(rng, jnp.zeros((1, 320))),
            soundstream.Decoder(config).init(rng, jnp.zeros((1, 1, 64))),
        ),
        jax.random.key(0),
    )
    encoder, decoder = (
        sum(x.size for x in jax.tree.leaves(half["params"])) for half in shapes
    )
    assert 8.4e6 < encoder + decoder < 9.6e6
    assert 0.9 < encoder / decoder < 1.1


def test_errors(config):
    with pytest.raises(ValueError, match=r"as many as strides \(2\), got \(2,\)"):
        dataclasses.replace(config, channel_multipliers=(2,))
    with pytest.raises(ValueError, match=r"strides must be two or more, got \(8,\)"):
        dataclasses.replace(config, strides=(8,), channel_multipliers=(2,))
    with pytest.raises(ValueError, match=r"strides must be at least 1, got \(4, 0\)"):
        dataclasses.replace(config, strides=(4, 0))
    with pytest.raises(ValueError, match="embed_dim must be at least 1, got 0"):
        dataclasses.replace(config, embed_dim=0)
