import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from musiclm_jax.layers import conformer


def _stack(num_layers=2, *, scan_layers=False, dropout_rate=0.0):
    return conformer.ConformerStack(num_layers, 2, 24, 5, dropout_rate, scan_layers)


def _norm(x, params):
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6)
    return x * params["scale"] + params["bias"]


def _dense(x, params):
    return x @ params["kernel"] + params["bias"]


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _random_params(module, x, rng, scale=1.0):
    """Every parameter random, so that none is at 0 or 1 by its initialisation."""
    shapes = jax.eval_shape(lambda: module.init(jax.random.key(0), x, train=False))
    return jax.tree.map(
        lambda leaf: (scale * rng.normal(size=leaf.shape)).astype(np.float32),
        nn.meta.unbox(shapes)["params"],
    )


def _run(module, params, x):
    return jax.jit(lambda p, x: module.apply({"params": p}, x, train=False))(params, x)


def test_convolution_module_against_numpy(rng):
    x = rng.normal(size=(2, 9, 6)).astype(np.float32)
    module = conformer.ConvolutionModule(3, 0.0, jnp.float32)
    params = _random_params(module, x, rng)

    a, b = np.split(_dense(_norm(x, params["norm"]), params["gate"]), 2, axis=-1)
    gated = a * _sigmoid(b)
    filtered = np.zeros_like(gated)
    for row in range(2):
        for channel in range(6):
            # np.convolve turns its kernel round; ours weighs in order.
            taps = params["kernel"][::-1, channel]
            filtered[row, :, channel] = np.convolve(
                gated[row, :, channel], taps, "same"
            )
    normed = _norm(filtered, params["depthwise_norm"])
    expected = _dense(normed * _sigmoid(normed), params["mix"])

    got = _run(module, params, x)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_attention_module_against_numpy(rng):
    x = rng.normal(size=(1, 5, 8)).astype(np.float32)
    module = conformer.AttentionModule(2, 0.0, jnp.float32)
    params = _random_params(module, x, rng)
    normed = _norm(x, params["norm"])[0]

    expected = np.zeros((5, 8))
    for head in range(2):
        query, key_, value = (
            normed @ params[name]["kernel"][:, head] + params[name]["bias"][head]
            for name in ("query", "key", "value")
        )
        # Pairs as complex numbers: a rotation is a product.
        waves = np.exp(1j * np.arange(5)[:, None] / 10_000 ** (np.arange(2) / 2))
        query = (query[:, :2] + 1j * query[:, 2:]) * waves
        key_ = (key_[:, :2] + 1j * key_[:, 2:]) * waves
        scores = (query @ key_.conj().T).real / np.sqrt(4)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        expected += weights @ value @ params["out"]["kernel"][head]
    expected += params["out"]["bias"]

    got = _run(module, params, x)
    np.testing.assert_allclose(got[0], expected, rtol=1e-4, atol=1e-4)


def test_rotated_products_depend_on_the_distance_alone(rng):
    query, key = (np.tile(rng.normal(size=(1, 1, 1, 8)), (1, 6, 1, 1)) for _ in "qk")
    query, key = (
        conformer.rotate_positions(jnp.asarray(x, jnp.float32)) for x in (query, key)
    )
    products = np.einsum("bqhd,bkhd->qk", query, key)
    for distance in range(-5, 6):
        diagonal = np.diagonal(products, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-4)
    assert abs(products[0, 0] - products[0, 3]) > 1e-3


def test_block_is_two_half_steps_around_attention_and_convolution(rng):
    x = rng.normal(size=(2, 4, 8)).astype(np.float32)
    block = conformer.ConformerBlock(2, 16, 3, 0.0)
    params = _random_params(block, x, rng)

    def run(module, name, x):
        return _run(module, params[name], x)

    mlp = conformer.FeedForwardModule(16, 0.0, jnp.float32)
    expected = x + 0.5 * run(mlp, "first_mlp", x)
    attention = conformer.AttentionModule(2, 0.0, jnp.float32)
    expected = expected + run(attention, "attention", expected)
    convolution = conformer.ConvolutionModule(3, 0.0, jnp.float32)
    expected = expected + run(convolution, "convolution", expected)
    expected = expected + 0.5 * run(mlp, "second_mlp", expected)
    expected = _norm(np.asarray(expected), params["norm"])
    got = _run(block, params, x)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_scanned_stack_computes_the_same(rng):
    x = rng.normal(size=(2, 6, 8)).astype(np.float32)
    params = _random_params(_stack(), x, rng, scale=0.3)
    layers = [params[f"layer_{layer}"] for layer in range(2)]
    stacked = {"layers": jax.tree.map(lambda *leaves: np.stack(leaves), *layers)}
    plain = _run(_stack(), params, x)
    scanned = _run(_stack(scan_layers=True), stacked, x)
    np.testing.assert_allclose(plain, scanned, atol=1e-4)


@pytest.mark.parametrize("scan_layers", [False, True])
def test_first_layers_are_a_shorter_stack(rng, scan_layers):
    x = rng.normal(size=(1, 5, 8)).astype(np.float32)
    stack = _stack(scan_layers=scan_layers)
    params = _random_params(stack, x, rng, scale=0.3)
    first = conformer.first_layers(params, 1)
    if scan_layers:
        rest = jax.tree.map(lambda leaf: leaf[1:], params)
    else:
        rest = {"layer_0": params["layer_1"]}
    short = _stack(1, scan_layers=scan_layers)
    middle = _run(short, first, x)
    whole = _run(stack, params, x)
    np.testing.assert_allclose(whole, _run(short, rest, middle), atol=1e-4)


def test_dropout_is_on_in_training_alone(rng, key):
    first_rng, second_rng = jax.random.split(key)
    x = rng.normal(size=(1, 5, 8)).astype(np.float32)
    stack = _stack(2, scan_layers=True, dropout_rate=0.5)
    params = _random_params(stack, x, rng, scale=0.3)

    @jax.jit
    def train(dropout_rng):
        rngs = {"dropout": dropout_rng}
        return stack.apply({"params": params}, x, train=True, rngs=rngs)

    assert np.abs(train(first_rng) - train(second_rng)).max() > 0.1
    still = _run(_stack(2, scan_layers=True), params, x)
    np.testing.assert_allclose(_run(stack, params, x), still, atol=1e-6)


def test_bfloat16_is_close(rng):
    x = rng.normal(size=(2, 5, 8)).astype(np.float32)
    params = _random_params(_stack(1), x, rng, scale=0.3)
    narrow = conformer.ConformerStack(1, 2, 24, 5, 0.0, False, jnp.bfloat16)
    got = _run(narrow, params, x)
    assert got.dtype == jnp.bfloat16
    full = _run(_stack(1), params, x)
    np.testing.assert_allclose(got.astype(np.float32), full, atol=0.1)


def test_gradients_reach_every_parameter(rng):
    x, target = rng.normal(size=(2, 2, 5, 8)).astype(np.float32)
    stack = _stack(1)

    @jax.jit
    @jax.grad
    def gradient(params):
        y = stack.apply({"params": params}, x, train=False)
        return jnp.square(y - target).sum()

    gradients = gradient(_random_params(stack, x, rng, scale=0.3))
    for path, leaf in jax.tree_util.tree_leaves_with_path(gradients):
        size = np.abs(leaf).max()
        assert np.isfinite(size) and size > 0, jax.tree_util.keystr(path)


@pytest.mark.parametrize(
    ("scan_layers", "policy"), [(False, "minimal"), (True, "full")]
)
def test_gradients_are_the_same_whatever_is_kept(rng, key, scan_layers, policy):
    x, target = rng.normal(size=(2, 2, 5, 8)).astype(np.float32)
    kept = _stack(scan_layers=scan_layers, dropout_rate=0.3)
    params = _random_params(kept, x, rng, scale=0.3)

    def gradient(stack):
        def loss(params):
            rngs = {"dropout": jax.random.clone(key)}
            y = stack.apply({"params": params}, x, train=True, rngs=rngs)
            return jnp.square(y - target).sum()

        return jax.jit(jax.value_and_grad(loss))(params)

    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5),
        gradient(kept),
        gradient(kept.clone(remat_policy=policy)),
    )


def test_width_must_fit_the_heads(key):
    with pytest.raises(ValueError, match=r"even multiple of num_heads \(2\), got 6"):
        _stack(1).init(key, jnp.zeros((1, 3, 6)), train=False)
