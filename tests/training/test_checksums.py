import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from musiclm_jax.parallel import sharding
from musiclm_jax.training import checksums


@pytest.fixture
def arrays(rng):
    return {
        "a": jnp.asarray(rng.standard_normal((40, 130)), jnp.float32),
        "b": jnp.asarray(rng.standard_normal(7), jnp.bfloat16),
        "c": jnp.arange(5000, dtype=jnp.int32),
        "d": jnp.asarray([True, False]),
        "e": jax.random.key(3),
    }


@pytest.mark.parametrize("how", ["words", "places"])
def test_one_bit_is_another_sum(arrays, how, rng):
    sums = checksums.of(arrays)
    if how == "places":
        sums = {"places": checksums.by_place(arrays)}
    assert checksums.changed(arrays, sums) == []
    for name in ("a", "c"):
        for _ in range(20):
            value = np.array(arrays[name])
            bytes_ = value.reshape(-1).view(np.uint8)
            bytes_[rng.integers(len(bytes_))] ^= np.uint8(1 << rng.integers(8))
            other = arrays | {name: jnp.asarray(value)}
            assert checksums.changed(other, sums) == [name]


def test_sums_by_place_are_those_of_any_sharding(arrays):
    mesh = sharding.make_mesh()
    spread = NamedSharding(mesh, PartitionSpec(sharding.DATA_AXIS))
    split = {"a": jax.device_put(arrays["a"], spread)}
    assert checksums.by_place(split)["a"] == checksums.by_place(arrays)["a"]
    swapped = {"a": arrays["a"][::-1]}
    assert checksums.by_place(swapped)["a"] != checksums.by_place(split)["a"]
