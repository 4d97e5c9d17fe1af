"""Sums over the bits of arrays, computed where the arrays lie.

Whole numbers modulo 2^32, so the order of adding, and how an array is shared among
devices, change nothing. Each word counts by its place: of one changed word, and of two
that changed places, the sum is another one.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import NamedSharding

from musiclm_jax.parallel import sharding

# Even, so that with one more every place has an odd factor: no bit of a word is lost.
_STEP = np.uint32(0x3C6EF362)


def of(arrays: dict[str, Any]) -> dict[str, int]:
    """Returns the sum of each array; all processes of a program get the same."""
    if not arrays:
        return {}
    place = next(iter(arrays.values())).sharding
    is_meshed = isinstance(place, NamedSharding)
    everywhere = sharding.replicated(place.mesh) if is_meshed else None
    sums = jax.jit(_sums, out_shardings=everywhere)(list(arrays.values()))
    return dict(zip(arrays, np.asarray(sums).tolist(), strict=True))


def _sums(arrays: list[jax.Array]) -> jax.Array:
    return jnp.stack([_sum(_words(array)) for array in arrays])


def _words(array: jax.Array) -> jax.Array:
    """Returns the bits of an array as uint32, of its shape or with one axis more."""
    if jnp.issubdtype(array.dtype, jax.dtypes.prng_key):
        array = jax.random.key_data(array)
    if array.dtype == bool:
        return array.astype(jnp.uint32)
    size = min(array.dtype.itemsize, 4)
    as_words = lax.bitcast_convert_type(array, jnp.dtype(f"uint{8 * size}"))
    return as_words.astype(jnp.uint32)


def _sum(words: jax.Array) -> jax.Array:
    place = jnp.zeros(words.shape, jnp.uint32)
    for axis, length in enumerate(words.shape):
        along = lax.broadcasted_iota(jnp.uint32, words.shape, axis)
        place = place * np.uint32(length) + along
    return jnp.sum(words * (place * _STEP + np.uint32(1)), dtype=jnp.uint32)
