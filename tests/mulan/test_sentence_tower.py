import dataclasses
import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.mulan.sentence_tower import (
    Readings,
    SentenceTower,
    SentenceTowerConfig,
)
from musiclm_jax.mulan.text_tower import HEAD, TextTower

SMALL = SentenceTowerConfig(
    vocab_size=20,
    max_length=10,
    num_layers=2,
    num_heads=2,
    embed_dim=8,
    mlp_dim=16,
    dropout_rate=0.0,
    scan_layers=False,
    dtype="float32",
    num_readings=2,
    reading_dim=5,
    reading_dropout_rate=0.5,
)


def draw(config):
    init = jax.jit(config.module(6).init, static_argnames="train")
    tokens = jnp.ones((1, 10), jnp.int32)
    variables = nn.meta.unbox(init(jax.random.key(0), tokens, train=False))
    # Larger weights, so that every path from a token to the output is strong.
    return jax.tree.map(lambda leaf: np.asarray(leaf) * 10, variables)


@pytest.fixture(scope="module")
def tower():
    tokens = np.random.default_rng(1).integers(1, 20, (3, 7)).astype(np.int32)
    variables, module = draw(SMALL), SMALL.module(6)
    return jax.jit(lambda t: module.apply(variables, t, train=False)), tokens


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


def test_nothing_but_padding_is_finite(tower):
    embed, _ = tower
    assert np.isfinite(embed(np.full((3, 7), -1, np.int32))).all()


def test_its_encoder_is_the_text_towers():
    """By names and shapes, so that a published one fits both."""
    tokens = jnp.ones((1, 10), jnp.int32)
    shapes = [
        nn.meta.unbox(
            jax.eval_shape(
                functools.partial(module.init, train=False), jax.random.key(0), tokens
            )["params"]
        )
        for module in (TextTower(SMALL, 6), SMALL.module(6))
    ]
    encoders = [{k: v for k, v in s.items() if k not in HEAD} for s in shapes]
    assert encoders[0] == encoders[1]
    assert set(shapes[1]) - set(encoders[1]) == set(HEAD)


def test_readings_against_numpy(rng, key):
    """Text by text, padding cut off; the last reading is the plain mean."""
    x = rng.normal(size=(2, 5, 8)).astype(np.float32)
    present = np.array([[True] * 5, [True, True, True, False, False]])
    module = Readings(SMALL)
    variables = nn.meta.unbox(jax.jit(module.init)(key, x, present))
    variables = jax.tree.map(lambda leaf: np.asarray(leaf) * 3 + 0.1, variables)
    params = variables["params"]
    actual = jax.jit(module.apply)(variables, x, present)
    assert actual.shape == (2, 3, 8)

    def dense(x, p):
        return x @ p["kernel"] + p["bias"]

    for row, tokens in enumerate([x[0], x[1, :3]]):
        scores = dense(np.tanh(dense(tokens, params["hidden"])), params["scores"])
        weights = np.exp(scores) / np.exp(scores).sum(axis=0)
        readings = [*(weights.T @ tokens), tokens.mean(axis=0)]
        for reading, found in zip(readings, actual[row], strict=True):
            scaled = (reading - reading.mean()) / np.sqrt(reading.var() + 1e-6)
            expected = scaled * params["norm"]["scale"] + params["norm"]["bias"]
            np.testing.assert_allclose(found, expected, atol=1e-3)


def test_every_parameter_has_logical_axes():
    tokens = jnp.ones((1, 10), jnp.int32)
    shapes = jax.eval_shape(
        lambda: SentenceTower(SMALL, 6).init(jax.random.key(0), tokens, train=False)
    )
    boxes = jax.tree.leaves(shapes, is_leaf=lambda x: hasattr(x, "names"))
    assert all(len(box.names) == box.value.ndim for box in boxes)


def test_what_is_read_drops_out_in_training_alone(tower):
    embed, tokens = tower
    variables, module = draw(SMALL), SMALL.module(6)
    train = jax.jit(
        lambda rng: module.apply(variables, tokens, train=True, rngs={"dropout": rng})
    )
    first, second = train(jax.random.key(1)), train(jax.random.key(2))
    assert np.abs(first - second).max() > 1e-2
    np.testing.assert_array_equal(embed(tokens), embed(tokens))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_readings": 0}, "num_readings=0 and reading_dim=5 must be at least 1"),
        ({"reading_dim": 0}, "reading_dim=0 must be at least 1"),
        ({"reading_dropout_rate": 1.0}, "reading_dropout_rate is 1.0; it must be"),
        ({"dropout_rate": 1.0}, "dropout_rate is 1.0; it must be"),
    ],
)
def test_config_says_what_is_wrong(wrong, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **wrong)
