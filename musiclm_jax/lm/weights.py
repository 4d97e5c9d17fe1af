"""Weights as the loop over tokens reads them: in as many bits as are asked for.

A step of few rows takes as long as all weights take to be read, so half the bits are up
to twice the steps where the machine multiplies by them as it reads. On a CPU, XLA makes
floats of them before the loop: nothing is gained there, and nothing lost.
"""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp

from musiclm_jax.files import eight_bits

PyTree = Any


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Levels:
    """An array in eight bits, see `files.eight_bits`.

    Attributes:
        levels: [row, ...], int8.
        scale: [row], float32.
    """

    levels: jax.Array
    scale: jax.Array


def keep(params: PyTree, bits: int | None) -> PyTree:
    """Returns parameters in fewer bits, for `whole`; vectors stay as they are.

    Args:
        params: nested dicts of float32 arrays.
        bits: 8 for whole numbers with scales, 16 for bfloat16, or 32, as None.
    """
    if bits in (None, 32):
        return params
    kept = jax.tree.map(functools.partial(_rounded, bits=bits), params)
    # Else a compiler may round what was read in full, at every step.
    return jax.lax.optimization_barrier(kept)


def whole(kept: PyTree) -> PyTree:
    """Returns what `keep` gave as float32 arrays."""
    return jax.tree.map(_whole, kept, is_leaf=lambda leaf: isinstance(leaf, Levels))


def _rounded(value: jax.Array, *, bits: int) -> jax.Array | Levels:
    if value.ndim < 2:
        return value
    if bits == 16:
        return value.astype(jnp.bfloat16)
    return Levels(*eight_bits.pack(value))


def _whole(value: jax.Array | Levels) -> jax.Array:
    if isinstance(value, Levels):
        return eight_bits.unpack(value.levels, value.scale)
    return value.astype(jnp.float32)
