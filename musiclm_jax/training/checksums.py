"""Sums over the bits of arrays, which tell whether they are still what they were.

Of two kinds: on a CPU, words are added in the memory where they lie, at the pace of
reading; elsewhere, and where other processes have a part, devices add them. There each
word counts by its place, with an odd factor, modulo 2^32, so that neither the order of
adding nor how an array is shared among devices changes anything.
"""

import hashlib
from concurrent import futures
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import NamedSharding

from musiclm_jax.parallel import sharding

_THREADS = 4
# Words that are added side by side; which of them one is tells its place, in part.
_COLUMNS = 512
# Even: with one more every factor is odd, and no bit of a word is lost.
_STEP = np.uint32(0x3C6EF362)


def of(arrays: dict[str, jax.Array]) -> dict[str, Any]:
    """Returns the quickest sums of arrays, for JSON; see `changed`."""
    if _are_here(arrays) and jax.default_backend() == "cpu":
        return {"words": _by_word(arrays)}
    return {"places": by_place(arrays)}


def changed(arrays: dict[str, jax.Array], sums: dict[str, Any]) -> list[str]:
    """Returns the names of arrays whose sums are others than `of` once gave.

    What was added in one memory cannot be compared where arrays lie in several.
    """
    if "places" in sums:
        now, before = by_place(arrays), sums["places"]
    elif _are_here(arrays):
        now, before = _by_word(arrays), sums["words"]
    else:
        return []
    return [name for name in now if now[name] != before.get(name)]


def by_place(arrays: dict[str, jax.Array]) -> dict[str, int]:
    """Returns the sums that are the same on any devices and in any process."""
    if not arrays:
        return {}
    place = next(iter(arrays.values())).sharding
    is_meshed = isinstance(place, NamedSharding)
    everywhere = sharding.replicated(place.mesh) if is_meshed else None
    sums = jax.jit(_sums, out_shardings=everywhere)(list(arrays.values()))
    return dict(zip(arrays, np.asarray(sums).tolist(), strict=True))


def _are_here(arrays: dict[str, jax.Array]) -> bool:
    return all(array.is_fully_addressable for array in arrays.values())


def _by_word(arrays: dict[str, jax.Array]) -> dict[str, str]:
    # A core alone does not read as fast as the memory gives.
    with futures.ThreadPoolExecutor(_THREADS) as threads:
        return dict(zip(arrays, threads.map(_in_memory, arrays.values()), strict=True))


def _in_memory(array: jax.Array) -> str:
    if jnp.issubdtype(array.dtype, jax.dtypes.prng_key):
        array = jax.random.key_data(array)
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    row = 8 * _COLUMNS
    whole = len(data) // row * row
    columns = data[:whole].view(np.uint64).reshape(-1, _COLUMNS).sum(axis=0)
    digest = hashlib.sha256(columns.tobytes())
    digest.update(data[whole:].tobytes())
    return digest.hexdigest()


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
    while words.ndim:
        places = lax.broadcasted_iota(jnp.uint32, words.shape, 0)
        factors = places * _STEP + np.uint32(1)
        words = jnp.sum(words * factors, axis=0, dtype=jnp.uint32)
    return words
