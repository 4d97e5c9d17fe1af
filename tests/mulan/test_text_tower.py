import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

from musiclm_jax.mulan.text_tower import (
    EncoderLayer,
    TextTower,
    TextTowerConfig,
)

SMALL = TextTowerConfig(
    vocab_size=20,
    max_length=10,
    num_layers=2,
    num_heads=2,
    embed_dim=8,
    mlp_dim=16,
    dropout_rate=0.5,
    scan_layers=False,
    dtype="float32",
)


def _variables():
    init = jax.jit(TextTower(SMALL, 6).init, static_argnames="train")
    variables = nn.meta.unbox(
        init(jax.random.key(0), jnp.ones((1, 10), jnp.int32), train=False)
    )
    # Larger weights, so that every path from a token to the output is strong.
    return jax.tree.map(lambda leaf: np.asarray(leaf) * 10, variables)


@pytest.fixture(scope="module")
def tower():
    module = TextTower(SMALL, 6)
    tokens = np.random.default_rng(1).integers(1, 20, (3, 7)).astype(np.int32)
    variables = _variables()
    embed = jax.jit(lambda tokens: module.apply(variables, tokens, train=False))
    return embed, tokens


def test_paper_sizes_have_berts_parameters():
    config = TextTowerConfig(
        vocab_size=30_522,
        max_length=512,
        num_layers=12,
        num_heads=12,
        embed_dim=768,
        mlp_dim=3072,
        dropout_rate=0.1,
        scan_layers=False,
        dtype="float32",
    )
    shapes = jax.eval_shape(
        lambda key, tokens: TextTower(config, 128).init(key, tokens, train=False),
        jax.random.key(0),
        jnp.ones((1, 16), jnp.int32),
    )
    bert_base = 109_482_240  # bert-base-uncased
    pooler = 768 * 768 + 768
    segments = 2 * 768
    projection = 768 * 128 + 128
    total = sum(leaf.size for leaf in jax.tree.leaves(shapes))
    assert total == bert_base - pooler - segments + projection


def test_embeddings_have_unit_length_and_differ(tower):
    embed, tokens = tower
    y = embed(tokens)
    assert y.shape == (3, 6)
    np.testing.assert_allclose(np.linalg.norm(y, axis=-1), 1.0, atol=1e-5)
    assert np.abs(y[0] - y[1]).max() > 1e-3


def test_padding_changes_nothing(tower):
    embed, tokens = tower
    padded = np.pad(tokens, ((0, 0), (0, 3)), constant_values=-1)
    np.testing.assert_allclose(embed(padded), embed(tokens), atol=1e-5)


def test_no_id_is_padding(tower):
    """A vocabulary may have any word at any id."""
    embed, tokens = tower
    last = tokens.copy()
    last[:, -1] = 0
    assert np.abs(embed(last) - embed(tokens[:, :-1])).max() > 1e-3


def test_the_last_token_counts(tower):
    embed, tokens = tower
    other = tokens.copy()
    other[:, -1] = tokens[:, -1] % 19 + 1
    difference = embed(other) - embed(tokens)
    assert np.abs(difference).max() > 1e-3


def test_order_counts(tower):
    embed, _ = tower
    y = embed(np.array([[1, 2, 3, 4, 5, 6, 7], [1, 4, 3, 2, 5, 6, 7], [9] * 7]))
    assert np.abs(y[0] - y[1]).max() > 1e-3


def test_nothing_but_padding_is_finite(tower):
    embed, _ = tower
    y = embed(np.full((3, 7), -1, np.int32))
    assert np.isfinite(y).all()


def test_dropout_acts_in_training_only(rng, key):
    x = rng.normal(size=(2, 5, 8)).astype(np.float32)
    present = np.ones((2, 5), bool)
    layer = EncoderLayer(SMALL)
    init_rng, first, second = jax.random.split(key, 3)
    init = jax.jit(layer.init, static_argnames="train")
    variables = nn.meta.unbox(init(init_rng, x, present, train=False))
    variables = jax.tree.map(lambda leaf: np.asarray(leaf) * 10, variables)
    train = jax.jit(
        lambda rng: layer.apply(
            variables, x, present, train=True, rngs={"dropout": rng}
        )
    )
    still = jax.jit(lambda: layer.apply(variables, x, present, train=False))
    np.testing.assert_array_equal(still(), still())
    assert np.abs(train(first) - train(second)).max() > 1e-2
    assert np.abs(train(first) - still()).max() > 1e-2


def test_scanned_layers_are_the_same_layers(tower):
    embed, tokens = tower
    scanned = TextTower(dataclasses.replace(SMALL, scan_layers=True), 6, "full")
    variables = _variables()
    params = dict(variables["params"])
    layers = [params.pop(f"layer{i}") for i in range(SMALL.num_layers)]
    params["layers"] = jax.tree.map(lambda *leaves: np.stack(leaves), *layers)
    y = jax.jit(scanned.apply, static_argnames="train")(
        {"params": params}, tokens, train=False
    )
    np.testing.assert_allclose(y, embed(tokens), atol=1e-5)


def test_scanned_layers_drop_out_apart(key):
    """Each layer has its own random numbers, and each example."""
    scanned = TextTower(dataclasses.replace(SMALL, scan_layers=True), 6)
    tokens = np.full((2, 7), 3, np.int32)
    init = jax.jit(scanned.init, static_argnames="train")
    variables = jax.tree.map(
        lambda leaf: leaf * 10, nn.meta.unbox(init(key, tokens, train=False))
    )
    first, second = jax.jit(
        lambda rng: scanned.apply(variables, tokens, train=True, rngs={"dropout": rng})
    )(key)
    assert np.abs(first - second).max() > 1e-2


def test_bfloat16_stays_near_float32(tower):
    embed, tokens = tower
    coarse = TextTower(dataclasses.replace(SMALL, dtype="bfloat16"), 6)
    y = jax.jit(coarse.apply, static_argnames="train")(
        _variables(), tokens, train=False
    )
    assert y.dtype == jnp.float32
    np.testing.assert_allclose(y, embed(tokens), atol=0.05)
    assert np.abs(y - embed(tokens)).max() > 1e-5  # it does compute in fewer bits


def test_encoder_layer_against_numpy(rng, key):
    x = rng.normal(size=(2, 5, 8)).astype(np.float32)
    present = np.array([[True] * 5, [True, True, True, False, False]])
    layer = EncoderLayer(SMALL)
    init = jax.jit(layer.init, static_argnames="train")
    variables = nn.meta.unbox(init(key, x, present, train=False))
    variables = jax.tree.map(lambda leaf: np.asarray(leaf) * 5 + 0.1, variables)
    actual = jax.jit(lambda: layer.apply(variables, x, present, train=False))()
    expected = [
        reference_layer(variables["params"], x[i], present[i]) for i in range(2)
    ]
    np.testing.assert_allclose(actual, expected, atol=1e-4)


def reference_layer(params, x, present):
    """One text at a time, one head at a time, padding cut off."""

    def norm(x, p):
        x = (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)
        return x * p["scale"] + p["bias"]

    def linear(x, p, head):
        return x @ p["kernel"][:, head] + p["bias"][head]

    attention = params["attention"]
    y = np.zeros_like(x) + attention["out"]["bias"]
    for head in range(2):
        query = linear(x, attention["query"], head)
        key = linear(x[present], attention["key"], head)
        value = linear(x[present], attention["value"], head)
        weights = scipy.special.softmax(query @ key.T / 2.0, axis=-1)  # 2 = sqrt(4)
        y += weights @ value @ attention["out"]["kernel"][head]
    x = norm(x + y, params["attention_norm"])
    y = x @ params["mlp_in"]["kernel"] + params["mlp_in"]["bias"]
    y = y * scipy.special.ndtr(y)  # GELU by its definition
    y = y @ params["mlp_out"]["kernel"] + params["mlp_out"]["bias"]
    return norm(x + y, params["mlp_norm"])


def test_too_long_a_text_says_so(tower):
    embed, _ = tower
    with pytest.raises(ValueError, match=r"11 tokens.*at most 10"):
        embed(np.ones((1, 11), np.int32))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_heads": 3}, "does not divide"),
        ({"dropout_rate": 1.0}, "dropout_rate is 1.0; it must be a number from 0"),
        ({"dtype": "half"}, "dtype must be float32 or bfloat16, got 'half'"),
    ],
)
def test_config_says_what_is_wrong(wrong, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **wrong)
