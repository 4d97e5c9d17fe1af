import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.mulan.audio_tower import AudioTower, AudioTowerConfig

SMALL = AudioTowerConfig(
    width=4,
    stage_sizes=(1, 1),
    num_groups=2,
    log_mel_mean=-2.0,
    log_mel_std=3.0,
    scan_layers=False,
    dtype="float32",
)


def count(tree):
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


@pytest.fixture(scope="module")
def tower():
    module = AudioTower(SMALL, 8)
    x = np.random.default_rng(1).normal(size=(3, 40, 16)).astype(np.float32)
    variables = nn.meta.unbox(jax.jit(module.init)(jax.random.key(0), x))
    # The last scale of a block starts at zero: make every block count.
    variables = jax.tree.map(lambda leaf: np.asarray(leaf) + 0.1, variables)
    return jax.jit(lambda x: module.apply(variables, x)), x


def test_paper_sizes_have_resnet50s_parameters():
    config = AudioTowerConfig(
        width=64,
        stage_sizes=(3, 4, 6, 3),
        num_groups=32,
        log_mel_mean=0.0,
        log_mel_std=1.0,
        scan_layers=False,
        dtype="float32",
    )
    shapes = jax.eval_shape(
        AudioTower(config, 128).init, jax.random.key(0), jnp.zeros((1, 1000, 64))
    )
    resnet50_without_classifier = 23_508_032  # as in torchvision
    two_more_channels_of_the_stem = 2 * 7 * 7 * 64
    projection = 2048 * 128 + 128
    assert count(shapes) == (
        resnet50_without_classifier - two_more_channels_of_the_stem + projection
    )


def test_every_parameter_has_logical_axes():
    shapes = jax.eval_shape(
        AudioTower(SMALL, 8).init, jax.random.key(0), jnp.zeros((1, 40, 16))
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


def test_a_block_is_the_identity_at_the_start():
    init = AudioTower(SMALL, 8).init
    variables = nn.meta.unbox(jax.jit(init)(jax.random.key(0), np.ones((3, 40, 16))))
    scale = variables["params"]["stage0_block0"]["up_norm"]["scale"]
    np.testing.assert_array_equal(scale, 0.0)


def test_takes_clips_of_any_length(tower):
    embed, _ = tower
    assert jax.eval_shape(embed, np.ones((2, 7, 16), np.float32)).shape == (2, 8)


def test_scanned_blocks_are_the_same_blocks(rng):
    deep = dataclasses.replace(SMALL, stage_sizes=(3, 1))
    x = rng.normal(size=(2, 40, 16)).astype(np.float32)
    plain = nn.meta.unbox(AudioTower(deep, 8).init(jax.random.key(0), x))["params"]
    plain = jax.tree.map(lambda leaf: np.asarray(leaf) + 0.1, plain)
    others = [plain[f"stage0_block{i}"] for i in (1, 2)]
    scanned = {k: v for k, v in plain.items() if k[-6:] not in ("block1", "block2")}
    scanned["stage0_others"] = jax.tree.map(lambda *leaves: np.stack(leaves), *others)
    once = AudioTower(dataclasses.replace(deep, scan_layers=True), 8, "full")
    np.testing.assert_allclose(
        jax.jit(once.apply)({"params": scanned}, x),
        jax.jit(AudioTower(deep, 8).apply)({"params": plain}, x),
        atol=1e-6,
    )


def test_bfloat16_stays_near_float32(tower):
    embed, x = tower
    module = AudioTower(SMALL, 8)
    variables = nn.meta.unbox(jax.jit(module.init)(jax.random.key(0), x))
    variables = jax.tree.map(lambda leaf: leaf + 0.1, variables)
    coarse = AudioTower(dataclasses.replace(SMALL, dtype="bfloat16"), 8)
    y = jax.jit(coarse.apply)(variables, x)
    assert y.dtype == jnp.float32
    np.testing.assert_allclose(y, embed(x), atol=0.03)
    assert np.abs(y - embed(x)).max() > 1e-5  # it does compute in fewer bits


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_groups": 3}, "num_groups=3 does not divide width=4"),
        ({"stage_sizes": (1, 0)}, "at least one block"),
        ({"log_mel_std": 0.0}, "not positive"),
        ({"dtype": "float16"}, "dtype must be float32 or bfloat16, got 'float16'"),
    ],
)
def test_config_says_what_is_wrong(wrong, message):
    right = {
        "width": 4,
        "stage_sizes": (1,),
        "num_groups": 2,
        "log_mel_mean": 0.0,
        "log_mel_std": 1.0,
        "scan_layers": False,
        "dtype": "float32",
    }
    with pytest.raises(ValueError, match=message):
        AudioTowerConfig(**(right | wrong))
