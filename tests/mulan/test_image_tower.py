import dataclasses
import functools

import flax.linen as nn
import jax
import numpy as np
import pytest

from musiclm_jax.mulan import image_tower

CONFIG = image_tower.ImageTowerConfig(
    embed_dim=6,
    image_size=16,
    widths=(8, 16),
    num_blocks=1,
    num_groups=4,
    num_readings=2,
    dtype="float32",
)


embed = jax.jit(functools.partial(image_tower.embed_images, CONFIG))


@pytest.fixture(scope="module")
def params():
    init = jax.jit(functools.partial(image_tower.init_params, CONFIG))
    return nn.meta.unbox(init(jax.random.key(0)))


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (3, 16, 16, 3)).astype(np.uint8)


def test_places_are_of_unit_length_and_differ(params, images):
    placed = np.asarray(embed(params, images))
    assert placed.shape == (3, 6)
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1.0, rtol=1e-5)
    assert np.ptp(placed, axis=0).max() > 1e-3


def test_a_picture_is_placed_alone(params, images):
    together = embed(params, images)
    alone = embed(params, images[1:2])
    np.testing.assert_allclose(alone[0], together[1], atol=1e-5)


def test_what_is_read_is_a_mean_over_places(params, images):
    """Without weights of their own all readings are the plain mean, and alike."""
    even = jax.tree.map(np.asarray, params)
    even["image_tower"]["scores"]["kernel"] = np.zeros((16, 2), np.float32)
    placed = embed(even, images)
    kernel = even["image_tower"]["projection"]["kernel"]
    swapped = np.concatenate([kernel[32:], kernel[:32]])
    even["image_tower"]["projection"]["kernel"] = swapped
    np.testing.assert_allclose(embed(even, images), placed, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"widths": (8, 10)}, "num_groups=4 does not divide all of widths"),
        ({"widths": ()}, "num_groups=4 does not divide all"),
        ({"num_blocks": 0}, "num_blocks=0 and num_readings=2 must be at least 1"),
        ({"image_size": 20}, "image_size=20 is no multiple of 8"),
        ({"dtype": "float64"}, "float64"),
    ],
)
def test_sizes_that_cannot_be(change, said):
    with pytest.raises(ValueError, match=said):
        dataclasses.replace(CONFIG, **change)
