import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.mulan import losses
from musiclm_jax.mulan.temporal_tower import TemporalTower, TemporalTowerConfig

SMALL = TemporalTowerConfig(
    width=6,
    stride=2,
    kernel_size=3,
    dilations=(1, 2),
    log_mel_mean=0.0,
    log_mel_std=1.0,
    dtype="float32",
)
# Frames a stride of the stem, and its taps; the blocks' taps; what one output sees.
REACH = (1 + 2 * (1 + 2) - 1) * 2 + 5


def draw(config, num_mels=4):
    module = TemporalTower(config, 8)
    init = jax.jit(module.init)
    variables = nn.meta.unbox(init(jax.random.key(0), jnp.ones((1, 40, num_mels))))
    return module, jax.tree.map(lambda leaf: np.asarray(leaf) + 0.1, variables)


@pytest.fixture(scope="module")
def tower():
    module, variables = draw(SMALL)
    x = np.random.default_rng(1).normal(size=(3, 40, 4)).astype(np.float32)
    return jax.jit(lambda x: module.apply(variables, x)), x


def test_every_parameter_has_logical_axes():
    shapes = jax.eval_shape(
        TemporalTower(SMALL, 8).init, jax.random.key(0), jnp.zeros((1, 40, 4))
    )
    boxes = jax.tree.leaves(shapes, is_leaf=lambda x: hasattr(x, "names"))
    assert all(len(box.names) == box.value.ndim for box in boxes)


def test_embeddings_have_unit_length(tower):
    embed, x = tower
    y = embed(x)
    assert y.shape == (3, 8)
    np.testing.assert_allclose(np.linalg.norm(y, axis=-1), 1.0, atol=1e-5)


def test_rows_do_not_see_each_other(tower):
    embed, x = tower
    together = embed(x)
    other = np.stack([x[2] * 3, x[1], x[0] + 1])
    np.testing.assert_allclose(together[1], embed(other)[1], atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-3


@pytest.mark.parametrize("num_frames", [1, 2, 7, 100])
def test_takes_clips_of_any_length(tower, num_frames):
    embed, _ = tower
    y = embed(np.ones((2, num_frames, 4), np.float32))
    assert y.shape == (2, 8) and np.isfinite(y).all()


def test_a_frame_sees_as_far_as_its_reach_and_no_further():
    """Which frames move the frame before the pooling, by its gradient."""
    assert SMALL.reach == REACH
    module, variables = draw(SMALL)
    middle = 40 // SMALL.stride // 2

    def norm_output(x):
        _, state = module.apply(
            variables, x, capture_intermediates=lambda layer, _: layer.name == "norm"
        )
        (frames,) = state["intermediates"]["norm"]["__call__"]
        return jnp.sum(jnp.square(frames[0, middle, :3]))

    x = np.random.default_rng(2).normal(size=(1, 40, 4)).astype(np.float32)
    gradient = jax.jit(jax.grad(norm_output))(x)
    seen = np.flatnonzero(np.abs(gradient[0]).max(axis=-1) > 0)
    assert len(seen) == REACH
    assert (seen[0] + seen[-1]) / 2 == middle * SMALL.stride


def test_it_hears_the_order_of_frames_within_reach(tower):
    """And not of stretches further apart, for the pooling forgets when they were."""
    embed, x = tower
    shuffled = x[:, np.random.default_rng(3).permutation(40)]
    assert np.abs(embed(shuffled) - embed(x)).max() > 1e-2
    halves = np.concatenate(
        [np.repeat(x, 10, axis=1)[:, :200], x[:, :1].repeat(200, 1)], 1
    )
    swapped = np.concatenate([halves[:, 200:], halves[:, :200]], axis=1)
    np.testing.assert_allclose(embed(swapped), embed(halves), atol=0.1)


def test_it_hears_how_a_band_moves_where_the_mean_is_the_same():
    """Two rhythms of as many strokes differ; without deviations they would not."""
    module, variables = draw(dataclasses.replace(SMALL, dilations=(1,)))
    x = np.zeros((2, 48, 4), np.float32)
    x[0, ::12] = x[1, [0, 4, 24, 28]] = 3.0
    y = module.apply(variables, x)
    assert np.abs(y[0] - y[1]).max() > 1e-2


def test_deviations_against_numpy():
    """The pooled numbers are mean and standard deviation of the frames before them."""
    module, variables = draw(SMALL)
    x = np.random.default_rng(4).normal(size=(2, 40, 4)).astype(np.float32)
    y, state = module.apply(
        variables, x, capture_intermediates=lambda layer, _: layer.name == "norm"
    )
    (frames,) = state["intermediates"]["norm"]["__call__"]
    pooled = np.concatenate([frames.mean(axis=1), frames.std(axis=1)], axis=-1)
    projection = variables["params"]["projection"]
    expected = pooled @ projection["kernel"] + projection["bias"]
    expected /= np.linalg.norm(expected, axis=-1, keepdims=True)
    np.testing.assert_allclose(y, expected, atol=1e-4)


def test_it_learns_tempi_of_one_sound():
    """A batch of click tracks, each as dense in the mean as all others."""
    config = dataclasses.replace(SMALL, width=16, dilations=(1, 2, 4))
    frames = np.arange(96)
    x = np.stack([np.sin(2 * np.pi * frames / period) for period in (6, 8, 12, 16)])
    x = np.repeat(x[:, :, None], 4, axis=2).astype(np.float32)
    module = TemporalTower(config, 8)
    params = nn.meta.unbox(jax.jit(module.init)(jax.random.key(0), x))
    texts = np.eye(8, dtype=np.float32)[:4]
    optimizer = optax.adam(3e-3)

    def loss_fn(params):
        logits = module.apply(params, x) @ texts.T * 10.0
        return losses.info_nce(logits, jnp.ones((4, 4), bool))

    @jax.jit
    def step(params, state):
        loss, gradient = jax.value_and_grad(loss_fn)(params)
        updates, state = optimizer.update(gradient, state)
        return optax.apply_updates(params, updates), state, loss

    state = optimizer.init(params)
    for _ in range(100):
        params, state, loss = step(params, state)
    assert loss < 0.1  # at chance: the logarithm of four


def test_bfloat16_stays_near_float32(tower):
    embed, x = tower
    _, variables = draw(SMALL)
    coarse = TemporalTower(dataclasses.replace(SMALL, dtype="bfloat16"), 8)
    y = jax.jit(coarse.apply)(variables, x)
    assert y.dtype == jnp.float32
    np.testing.assert_allclose(y, embed(x), atol=0.03)
    assert np.abs(y - embed(x)).max() > 1e-5  # it does compute in fewer bits


def test_rematerialised_blocks_are_the_same_blocks(tower):
    embed, x = tower
    _, variables = draw(SMALL)
    again = TemporalTower(SMALL, 8, "full")
    np.testing.assert_allclose(jax.jit(again.apply)(variables, x), embed(x), atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kernel_size": 2}, "kernel_size=2 is not odd"),
        ({"stride": 0}, "stride=0 is not at least 1"),
        ({"dilations": (1, 0)}, "at least one, each at least 1"),
        ({"dilations": ()}, "at least one, each at least 1"),
        ({"log_mel_std": 0.0}, "not positive"),
        ({"dtype": "float16"}, "dtype must be float32 or bfloat16, got 'float16'"),
    ],
)
def test_config_says_what_is_wrong(wrong, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **wrong)
