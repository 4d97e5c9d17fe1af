import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import network, streaming

# Chunks of one frame and of many; the first is shorter than what some layers remember.
FRAMES = (1, 2, 1, 8)


@pytest.fixture
def audio(rng):
    return rng.standard_normal((2, 8 * sum(FRAMES))).astype(np.float32)


def test_encode_chunks_equal_the_whole(config, params, audio):
    step = jax.jit(functools.partial(streaming.encode_chunk, config, params))
    state = streaming.start_encode(config, batch_size=2)
    chunks = np.split(audio, np.cumsum(FRAMES[:-1]) * 8, axis=1)
    codes = []
    for chunk in chunks:
        state, new = step(state, chunk)
        codes.append(new)
    want = network.encode(config, params, audio)
    np.testing.assert_array_equal(jnp.concatenate(codes, axis=1), want)


def test_decode_chunks_equal_the_whole(config, params, rng):
    codes = rng.integers(0, 16, (2, sum(FRAMES), 3))
    step = jax.jit(functools.partial(streaming.decode_chunk, config, params))
    state = streaming.start_decode(config, batch_size=2)
    audio = []
    for chunk in np.split(codes, np.cumsum(FRAMES[:-1]), axis=1):
        state, new = step(state, chunk)
        assert new.shape == (2, chunk.shape[1] * 8)
        audio.append(new)
    want = network.decode(config, params, codes)
    np.testing.assert_allclose(jnp.concatenate(audio, axis=1), want, atol=1e-4)


def test_state_keeps_its_shape(config, params, audio):
    """So that one compiled step serves all chunks of a length."""
    state = streaming.start_encode(config, batch_size=2)
    after, _ = streaming.encode_chunk(config, params, state, audio[:, :8])
    assert jax.tree.map(jnp.shape, after) == jax.tree.map(jnp.shape, state)


@pytest.mark.parametrize("length", [0, 12])
def test_chunks_are_whole_frames(config, params, length):
    state = streaming.start_encode(config, batch_size=1)
    with pytest.raises(ValueError, match=f"multiple of 8 samples, got {length}"):
        streaming.encode_chunk(config, params, state, jnp.zeros((1, length)))
