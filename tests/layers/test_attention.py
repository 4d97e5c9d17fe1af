import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.linen import meta

from musiclm_jax.layers.attention import Cache, SelfAttention, attend
from musiclm_jax.layers.relative_bias import Bias


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


def of(bias):
    """A bias of which each query and key has a row of its own."""
    share, heads, queries, keys = bias.shape
    rows = np.arange(queries * keys).reshape(queries, keys)
    return Bias(jnp.reshape(bias, (share, heads, -1)), jnp.asarray(rows))


@pytest.fixture
def attention(key, rng):
    module = SelfAttention(
        num_heads=2, head_dim=4, dropout_rate=0.5, dtype=jnp.dtype("float32")
    )
    x = rng.normal(size=(2, 5, 6)).astype(np.float32)
    bias = rng.normal(size=(1, 2, 5, 5)).astype(np.float32)
    params = meta.unbox(module.init(key, x, of(bias), None, 0, train=False))
    return module, params, x, bias


def test_attention_against_numpy(attention):
    module, params, x, bias = attention
    got, cache = module.apply(params, x, of(bias), None, 0, train=False)
    assert cache is None
    expected = reference(params["params"], x, bias, 4)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_each_share_of_the_batch_has_its_copy_of_the_bias(attention):
    module, params, x, bias = attention
    other = bias + np.arange(5.0, dtype=np.float32)
    got, _ = module.apply(
        params, x, of(np.concatenate([bias, other])), None, 0, train=False
    )
    for row, own in enumerate((bias, other)):
        alone, _ = module.apply(params, x[row : row + 1], of(own), None, 0, train=False)
        np.testing.assert_allclose(got[row], alone[0], rtol=1e-5, atol=1e-6)
    assert (
        jnp.abs(
            got[1] - module.apply(params, x, of(bias), None, 0, train=False)[0][1]
        ).max()
        > 1e-3
    )


def test_cached_attention_equals_whole(attention):
    module, params, x, bias = attention
    whole, _ = module.apply(params, x, of(bias), None, 0, train=False)
    cache = Cache(jnp.zeros((2 * 2, 5, 4)), jnp.zeros((2 * 2, 5, 4)))
    pieces = []
    for start, stop in ((0, 3), (3, 4), (4, 5)):
        piece, cache = module.apply(
            params,
            x[:, start:stop],
            of(bias[:, :, start:stop]),
            cache,
            start,
            train=False,
        )
        pieces.append(piece)
    np.testing.assert_allclose(jnp.concatenate(pieces, axis=1), whole, atol=1e-5)


def test_attention_is_causal(attention):
    module, params, x, bias = attention
    changed = x.copy()
    changed[:, 3:] += 1.0
    before, _ = module.apply(params, x, of(bias), None, 0, train=False)
    after, _ = module.apply(params, changed, of(bias), None, 0, train=False)
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert jnp.abs(before[:, 3:] - after[:, 3:]).max() > 1e-3


@pytest.mark.parametrize("max_blocks", [3, 2])
def test_blocks_of_queries_equal_numpy(attention, monkeypatch, max_blocks):
    """Three blocks of two, or two of four; the last one is shorter."""
    monkeypatch.setattr("musiclm_jax.layers.attention._QUERY_BLOCK", 2)
    monkeypatch.setattr("musiclm_jax.layers.attention._MAX_BLOCKS", max_blocks)
    module, params, x, bias = attention
    got, _ = module.apply(params, x, of(bias), None, 0, train=False)
    expected = reference(params["params"], x, bias, 4)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_attend_shows_what_is_visible_alone(rng):
    query, key, value = rng.normal(size=(3, 2, 3, 7, 4)).astype(np.float32)
    visible = np.array([True, False, True, True, False, False, True])
    got = attend(query, key, value, visible=visible[None, None, None, :])
    expected = attend(query, key[:, :, visible], value[:, :, visible])
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_bfloat16_keeps_the_scores_in_float32(rng):
    """Large scores, which bfloat16 would round by several hundredths."""
    query, key, value = rng.normal(size=(3, 4, 8, 64, 64))
    query, key, value = (
        jnp.asarray(x, jnp.bfloat16) for x in (2.0 * query, key, value)
    )
    got = np.asarray(attend(query, key, value), np.float64)
    query, key, value = (np.asarray(x, np.float64) for x in (query, key, value))
    scores = query @ key.swapaxes(-1, -2) / 8.0
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    expected = (weights @ value).swapaxes(1, 2)
    error = np.linalg.norm(got - expected) / np.linalg.norm(expected)
    assert error < 0.003


def test_weights_are_dropped_in_training(attention, key):
    module, params, x, bias = attention

    def run(seed, **changes):
        layer = module.clone(**changes)
        return layer.apply(
            params,
            x,
            of(bias),
            None,
            0,
            train=True,
            rngs={"dropout": jax.random.key(seed)},
        )[0]

    kept = module.apply(params, x, of(bias), None, 0, train=False)[0]
    assert jnp.abs(run(1) - kept).max() > 1e-2
    assert jnp.abs(run(1) - run(2)).max() > 1e-2
    np.testing.assert_array_equal(run(1, dropout_rate=0.0), kept)


def test_a_dropped_weight_is_a_dropped_value(rng):
    """All queries lose the same keys: the mask may stand at the values."""
    query, key, value = rng.normal(size=(3, 1, 2, 5, 4)).astype(np.float32)
    kept = rng.random((1, 2, 1, 5)) > 0.4
    scores = np.einsum("bhqd,bhkd->bhqk", query, key) / 2
    weights = np.asarray(jax.nn.softmax(scores, axis=-1)) * kept / 0.6
    expected = np.einsum("bhqk,bhkd->bqhd", weights, value)
    dropped = np.where(kept.transpose(0, 1, 3, 2), value / 0.6, 0.0)
    found = attend(query, key, dropped)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
