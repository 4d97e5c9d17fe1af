"""A trained part in the place of a random start."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.training.warm_start import WarmStart


@dataclasses.dataclass(frozen=True)
class Inner:
    width: int
    dropout_rate: float = 0.0


@dataclasses.dataclass(frozen=True)
class Sizes:
    inner: Inner
    strides: tuple[int, ...] = (2, 3)


@dataclasses.dataclass(frozen=True)
class Others:
    width: int


TRAINED = {"a": np.arange(3.0, dtype=np.float32), "b": {"c": np.ones((2, 2))}}
START = WarmStart(Sizes(Inner(4)), TRAINED, where="stage of m")


def test_parameters_take_the_place_of_others():
    random = jax.tree.map(jnp.zeros_like, TRAINED)
    put = START.put(Sizes(Inner(4, dropout_rate=0.1)), random)
    jax.tree.map(np.testing.assert_array_equal, put, TRAINED)
    places = jax.tree.map(lambda x: x.sharding, put)
    assert places == jax.tree.map(lambda x: x.sharding, random)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        (Sizes(Inner(8)), "stage of m, has inner.width 4, and this training 8"),
        (Sizes(Inner(4), (2, 5)), "has strides.1 3, and this training 5"),
        (Sizes(Inner(4), (2,)), r"has strides \[2, 3\], and this training \[2\]"),
        (Others(4), "has the kind Sizes, and this training Others"),
    ],
)
def test_other_sizes_are_named(sizes, words):
    with pytest.raises(ValueError, match=words):
        START.put(sizes, TRAINED)
