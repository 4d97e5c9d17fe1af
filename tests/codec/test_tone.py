"""The codec with a clock: it keeps pitch untrained, streams, and has what all have."""

import dataclasses
import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import network, streaming, tone, tone_analysis, tone_corrections
from musiclm_jax.evaluation import pitch
from musiclm_jax.files import config_json

RATE = 24_000
BLOCKS = tone_corrections.Blocks(width=16, mlp_dim=24, num_blocks=2, kernel_size=3)
CONFIG = tone.ToneCodecConfig(
    scale=tone_analysis.ToneScale(
        sample_rate=RATE,
        hop_length=240,
        moments_per_frame=2,
        lowest_hz=41.2,
        tones_per_octave=36,
        num_tones=252,
        num_bands=32,
        tone_window=4096,
        band_window=1024,
    ),
    lines_per_band=4,
    tone_floor=1e-3,
    band_floor=1e-4,
    band_weight=0.5,
    corrections=BLOCKS,
    sharpening=BLOCKS,
    num_quantizers=2,
    codebook_size=8,
)
HOP = CONFIG.hop_length
# Chunks of one frame and of many.
FRAMES = (1, 3, 1, 10)


@functools.cache
def untrained():
    return nn.meta.unbox(network.init_params(CONFIG, jax.random.key(0)))


@pytest.fixture(scope="module")
def params():
    """Corrections do something, and codebooks lie among the embeddings of noise."""
    rng = np.random.default_rng(0)
    params = jax.tree.map(
        lambda p: p + 0.05 * rng.standard_normal(p.shape).astype(np.float32),
        untrained(),
    )
    noise = (0.1 * rng.standard_normal((1, 16 * HOP))).astype(np.float32)
    embeddings = np.asarray(network.embed(CONFIG, params, noise))[0]
    return params | {"codebooks": jnp.stack([embeddings[:8], 0.2 * embeddings[8:]])}


@pytest.fixture(scope="module")
def audio():
    rng = np.random.default_rng(1)
    length = sum(FRAMES) * HOP
    swell = np.linspace(0.01, 0.3, length)
    return (swell * rng.standard_normal((2, length))).astype(np.float32)


def test_it_is_a_codec():
    assert isinstance(CONFIG, network.CodecConfig)
    assert (CONFIG.sample_rate, HOP, CONFIG.frame_rate) == (RATE, 480, 50.0)
    assert CONFIG.embed_dim == 252 + 2 * 32
    # Half a long window less half a frame is 1,808 samples.
    assert CONFIG.lookahead == 4 * HOP
    data = config_json.to_json(CONFIG)
    assert config_json.from_json(tone.ToneCodecConfig, data, where="here") == CONFIG


def test_codes_have_the_shapes_of_a_codec(params, audio):
    codes = network.encode(CONFIG, params, audio[:, :5000])
    assert codes.shape == (2, 11, 2) and codes.dtype == jnp.int32
    assert network.decode(CONFIG, params, codes).shape == (2, 11 * HOP)


def test_untrained_it_keeps_the_pitch_of_a_chord():
    time = np.arange(2 * RATE) / RATE
    hz = np.array([196.0, 246.9, 293.7, 440.0, 587.3])
    chord = 0.1 * np.sin(2 * np.pi * hz[:, None] * time).sum(axis=0)
    chord = chord.astype(np.float32)
    embeddings = network.embed(CONFIG, untrained(), chord[None])
    made = np.asarray(network.sound(CONFIG, untrained(), embeddings))[0]
    assert pitch.partials_kept(chord, made, RATE) > 0.9
    ratio = np.square(made[4800:-4800]).mean() / np.square(chord[4800:-4800]).mean()
    assert 0.8 < ratio < 1.2


def test_encoding_chunks_equals_the_whole_later(params, audio):
    """By `lookahead`, which is silence at the end of the whole."""
    late = CONFIG.lookahead // HOP
    step = jax.jit(functools.partial(streaming.encode_chunk, CONFIG, params))
    state = streaming.start_encode(CONFIG, batch_size=2)
    chunks = np.split(audio, np.cumsum(FRAMES[:-1]) * HOP, axis=1)
    codes = []
    for chunk in (*chunks, np.zeros((2, CONFIG.lookahead), np.float32)):
        state, new = step(state, chunk)
        assert new.shape == (2, chunk.shape[1] // HOP, 2)
        codes.append(new)
    want = np.asarray(network.encode(CONFIG, params, audio))
    assert len(np.unique(want)) > 4
    np.testing.assert_array_equal(jnp.concatenate(codes, axis=1)[:, late:], want)


def test_decoding_chunks_equals_the_whole(params, rng):
    codes = rng.integers(0, 8, (2, sum(FRAMES), 2))
    step = jax.jit(functools.partial(streaming.decode_chunk, CONFIG, params))
    state = streaming.start_decode(CONFIG, batch_size=2)
    audio = []
    for chunk in np.split(codes, np.cumsum(FRAMES[:-1]), axis=1):
        state, new = step(state, chunk)
        audio.append(new)
    want = np.asarray(network.decode(CONFIG, params, codes))
    assert np.abs(want).max() > 0.05
    np.testing.assert_allclose(jnp.concatenate(audio, axis=1), want, atol=1e-4)


def test_the_training_begins_at_any_time(params):
    """The clock moves phases alone: other samples, the same levels."""
    embeddings = jnp.full((1, 40, CONFIG.embed_dim), 0.5)
    made = [
        np.asarray(network.sound(CONFIG, params, embeddings, clock_rng=rng))[0]
        for rng in (None, None, jax.random.key(0), jax.random.key(1))
    ]
    np.testing.assert_array_equal(made[0], made[1])
    power = [np.square(x).mean() for x in made]
    for other in (2, 3):
        assert np.square(made[other] - made[0]).mean() > power[0]
        np.testing.assert_allclose(power[other], power[0], rtol=0.3)
    assert not np.allclose(made[2], made[3], atol=0.1 * np.abs(made[2]).max())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tone_floor": 0.0}, r"tone_floor must be above 0, got 0\.0"),
        ({"band_weight": -1.0}, r"band_weight must be above 0, got -1\.0"),
        ({"lines_per_band": 0}, "lines_per_band must be at least 1, got 0"),
    ],
)
def test_what_cannot_be(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CONFIG, **changes)
