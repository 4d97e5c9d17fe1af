import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.linen import meta

from musiclm_jax.layers.attention import (
    Cache,
    RelativeBias,
    SelfAttention,
    relative_position_bucket,
)


def bucket_by_hand(distance, num_buckets, max_distance):
    """T5's rule, one distance at a time."""
    half, offset = num_buckets // 2, 0
    if distance > 0:
        offset = half
    distance, near = abs(distance), half // 2
    if distance < near:
        return offset + distance
    fraction = np.log(distance / near) / np.log(max_distance / near)
    return offset + min(half - 1, near + int(fraction * (half - near)))


def test_buckets_follow_t5():
    # The powers of two sit on bucket borders, where float32 may round either way.
    distances = np.setdiff1d(np.arange(-300, 301), [-64, -32, -16, 16, 32, 64])
    expected = [bucket_by_hand(d, 32, 128) for d in distances]
    got = relative_position_bucket(
        jnp.asarray(distances), num_buckets=32, max_distance=128
    )
    np.testing.assert_array_equal(got, expected)


def test_bias_depends_on_distance_and_stream_alone(key):
    module = RelativeBias(num_heads=2, num_streams=2, num_buckets=8, max_distance=16)
    positions = jnp.array([-1, 0, 4, 0, 1, 2, 3, 4])
    streams = jnp.array([0, 0, 0, 1, 1, 1, 1, 1])
    params = meta.unbox(module.init(key, positions, positions, streams))
    bias = np.asarray(module.apply(params, positions, positions, streams))
    assert bias.shape == (1, 2, 8, 8)
    bias = bias[0]
    # The same stream, one tick back, from three places.
    assert np.ptp([bias[0, 4, 3], bias[0, 5, 4], bias[0, 7, 6]]) == 0
    # The same moment in the other stream has a bias of its own.
    assert bias[0, 3, 3] != bias[0, 3, 1]
    # A token without time is equally far from all.
    assert np.ptp(bias[0, :, 0]) == 0


def start_weights(key, positions, streams, *, query):
    """What each head pays to each key before it has learnt: [head, key]."""
    module = RelativeBias(num_heads=6, num_streams=3, num_buckets=32, max_distance=128)
    params = module.init(key, positions, positions, streams)
    bias = module.apply(meta.unbox(params), positions, positions, streams)
    return np.asarray(jax.nn.softmax(bias[0, :, query], axis=-1))


def test_heads_start_with_a_stream_each(key):
    # Three tokens without time, then two timed streams side by side.
    positions = jnp.array([-1] * 3 + list(range(20)) * 2)
    streams = jnp.array([0] * 3 + [1] * 20 + [2] * 20)
    weights = start_weights(key, positions, streams, query=30)
    own = [
        [weights[h, np.asarray(streams) == s].sum() for s in range(3)]
        for h in (0, 1, 2)
    ]
    assert [int(np.argmax(w)) for w in own] == [2, 1, 0]
    assert min(max(w) for w in own) > 0.5


def test_heads_start_near_the_token_to_be_guessed(key):
    positions = jnp.array(list(range(20)) * 3)
    streams = jnp.repeat(jnp.arange(3), 20)
    weights = start_weights(key, positions, streams, query=47).reshape(6, 3, 20)
    for head, stream in ((0, 2), (1, 1), (2, 0)):
        near, far = weights[head, stream], weights[head + 3, stream]
        # The query stands at tick 7 and guesses tick 8.
        assert near.argmax() == far.argmax() == 8
        assert near[8] / near[4] > 2 * far[8] / far[4] > 2


def reference(params, x, bias, head_dim):
    """One head and one query at a time."""
    kernel, out = np.asarray(params["query_key_value"]), np.asarray(params["out"])
    y = np.zeros_like(x)
    for b in range(x.shape[0]):
        for h in range(kernel.shape[2]):
            q, k, v = (x[b] @ kernel[:, s, h] for s in range(3))
            for i in range(x.shape[1]):
                score = k[: i + 1] @ q[i] / np.sqrt(head_dim) + bias[0, h, i, : i + 1]
                weight = np.exp(score - score.max())
                y[b, i] += (weight / weight.sum()) @ v[: i + 1] @ out[h]
    return y


@pytest.fixture
def attention(key, rng):
    module = SelfAttention(num_heads=2, head_dim=4, dtype=jnp.dtype("float32"))
    x = rng.normal(size=(2, 5, 6)).astype(np.float32)
    bias = rng.normal(size=(1, 2, 5, 5)).astype(np.float32)
    params = meta.unbox(module.init(key, x, bias, None, 0))
    return module, params, x, bias


def test_attention_against_numpy(attention):
    module, params, x, bias = attention
    got, cache = module.apply(params, x, bias, None, 0)
    assert cache is None
    expected = reference(params["params"], x, bias, 4)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_each_share_of_the_batch_has_its_copy_of_the_bias(attention):
    module, params, x, bias = attention
    other = bias + np.arange(5.0, dtype=np.float32)
    got, _ = module.apply(params, x, np.concatenate([bias, other]), None, 0)
    for row, own in enumerate((bias, other)):
        alone, _ = module.apply(params, x[row : row + 1], own, None, 0)
        np.testing.assert_allclose(got[row], alone[0], rtol=1e-5, atol=1e-6)
    assert jnp.abs(got[1] - module.apply(params, x, bias, None, 0)[0][1]).max() > 1e-3


def test_cached_attention_equals_whole(attention):
    module, params, x, bias = attention
    whole, _ = module.apply(params, x, bias, None, 0)
    cache = Cache(jnp.zeros((2, 2, 5, 4)), jnp.zeros((2, 2, 5, 4)))
    pieces = []
    for start, stop in ((0, 3), (3, 4), (4, 5)):
        piece, cache = module.apply(
            params, x[:, start:stop], bias[:, :, start:stop], cache, start
        )
        pieces.append(piece)
    np.testing.assert_allclose(jnp.concatenate(pieces, axis=1), whole, atol=1e-5)


def test_attention_is_causal(attention):
    module, params, x, bias = attention
    changed = x.copy()
    changed[:, 3:] += 1.0
    before, _ = module.apply(params, x, bias, None, 0)
    after, _ = module.apply(params, changed, bias, None, 0)
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert jnp.abs(before[:, 3:] - after[:, 3:]).max() > 1e-3


@pytest.mark.parametrize("max_blocks", [3, 2])
def test_blocks_of_queries_equal_numpy(attention, monkeypatch, max_blocks):
    """Three blocks of two, or two of four; the last one is shorter."""
    monkeypatch.setattr("musiclm_jax.layers.attention._QUERY_BLOCK", 2)
    monkeypatch.setattr("musiclm_jax.layers.attention._MAX_BLOCKS", max_blocks)
    module, params, x, bias = attention
    got, _ = module.apply(params, x, bias, None, 0)
    expected = reference(params["params"], x, bias, 4)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
