"""Residual vector quantization, with k-means as its case of one level.

SoundStream (2107.03312), section III-C. Level `l` quantizes what levels `0..l-1` left
over:

    residual_0 = x
    code_l     = argmin_c |residual_l - codebook_l[c]|
    residual_{l+1} = residual_l - codebook_l[code_l]

Codebooks are no parameters: they follow the data by exponential moving averages. All is
plain arithmetic on whole arrays, so under `jit` on sharded arrays the statistics are
those of the global batch.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct

KMEANS_ITERATIONS = 10


class RvqState(struct.PyTreeNode):
    """Codebooks that follow the data.

    Attributes:
        codebooks: [level, code, dim], float32.
        counts: [level, code], moving average of the frames a batch gives to each code.
        sums: [level, code, dim], moving average of the sum of these frames.
        initialized: [], bool, whether the codebooks have seen a batch.
    """

    codebooks: jax.Array
    counts: jax.Array
    sums: jax.Array
    initialized: jax.Array


class Split(NamedTuple):
    """Levels that quantize a subspace, before others that quantize the rest.

    No code of the others then changes what those of the subspace say.

    Attributes:
        basis: [axis, dim], orthonormal, of the subspace.
        num_levels: that quantize it, the first ones.
    """

    basis: np.ndarray
    num_levels: int

    def heard(self, residual: jax.Array, level: jax.Array) -> jax.Array:
        """Returns what the level with this number hears of a residual [..., dim]."""
        inside = residual @ self.basis.T @ self.basis
        return jnp.where(level < self.num_levels, inside, residual - inside)


def init_rvq(*, num_quantizers: int, codebook_size: int, dim: int) -> RvqState:
    """Returns codebooks of zeros, to be filled from the first batch."""
    return RvqState(
        codebooks=jnp.zeros((num_quantizers, codebook_size, dim), jnp.float32),
        counts=jnp.zeros((num_quantizers, codebook_size), jnp.float32),
        sums=jnp.zeros((num_quantizers, codebook_size, dim), jnp.float32),
        initialized=jnp.zeros((), bool),
    )


def trained_rvq(codebooks: jax.Array) -> RvqState:
    """Returns codebooks [level, code, dim] that go on as if they had just started."""
    counts = jnp.ones(codebooks.shape[:2], jnp.float32)
    return RvqState(codebooks, counts, jnp.copy(codebooks), jnp.ones((), bool))


def nearest(codebook: jax.Array, x: jax.Array) -> jax.Array:
    """Returns the nearest codes `[...]`, int32, of `x [..., dim]`."""
    dots = jnp.einsum("...d,cd->...c", x, codebook, precision=jax.lax.Precision.HIGHEST)
    squares = jnp.sum(jnp.square(codebook), axis=-1)
    squares = jnp.expand_dims(squares, tuple(range(x.ndim - 1)))
    return jnp.argmin(squares - 2.0 * dots, axis=-1).astype(jnp.int32)


def quantize(codebooks: jax.Array, x: jax.Array) -> jax.Array:
    """Quantizes vectors level by level.

    Args:
        codebooks: [level, code, dim].
        x: [..., dim], a single vector too.

    Returns:
        [..., level], int32.
    """

    def level(residual, codebook):
        codes = nearest(codebook, residual)
        return residual - codebook[codes], codes

    _, codes = jax.lax.scan(level, x.astype(jnp.float32), codebooks)
    return jnp.moveaxis(codes, 0, -1)


def dequantize(
    codebooks: jax.Array, codes: jax.Array, *, num_levels: jax.Array | None = None
) -> jax.Array:
    """Sums the vectors that codes stand for.

    Args:
        codebooks: [level, code, dim].
        codes: [batch, time, level], of the first levels if of fewer than there are.
        num_levels: [batch], levels to sum in each example; all if None.

    Returns:
        [batch, time, dim], float32.

    Raises:
        ValueError: if there are more levels of codes than codebooks.
    """
    levels = codes.shape[-1]
    num_quantizers, codebook_size, dim = codebooks.shape
    if levels > num_quantizers:
        raise ValueError(
            f"codes have {levels} levels, there are {num_quantizers} codebooks"
        )
    table = codebooks.reshape(num_quantizers * codebook_size, dim)
    offsets = jnp.arange(levels, dtype=jnp.int32) * codebook_size
    vectors = table[codes + offsets[None, None, :]]  # [batch, time, level, dim]
    if num_levels is None:
        return jnp.sum(vectors, axis=-2)
    kept = jnp.arange(levels)[None, :] < num_levels[:, None]
    return jnp.einsum("btld,bl->btd", vectors, kept.astype(vectors.dtype))


def kmeans_init(
    state: RvqState, x: jax.Array, rng: jax.Array, *, split: Split | None = None
) -> RvqState:
    """Fits the codebooks to the first batch by k-means, level after level.

    Args:
        state: returned as it is if it has seen a batch.
        x: [batch, time, dim]; where a frame is not finite, the start is left to the
            next batch.
        rng: a key.
        split: which level hears what; all hear all if None.

    Returns:
        The state, initialized if all of `x` is finite.
    """

    def fit(state: RvqState) -> RvqState:
        def level(residual, inputs):
            heard = _heard(split, residual, inputs[0])
            codebook = _kmeans(heard, state.codebooks.shape[1], inputs[1])
            codes = nearest(codebook, heard)
            counts, sums = _statistics(codes, heard, codebook.shape[0])
            return residual - codebook[codes], (codebook, counts, sums)

        levels = state.codebooks.shape[0]
        inputs = (jnp.arange(levels), jax.random.split(rng, levels))
        frames = x.reshape(-1, x.shape[-1]).astype(jnp.float32)
        _, (codebooks, counts, sums) = jax.lax.scan(level, frames, inputs)
        return RvqState(codebooks, counts, sums, jnp.ones((), bool))

    is_start = ~state.initialized & _all_finite(x)
    return jax.lax.cond(is_start, fit, lambda state: state, state)


def ema_update(
    state: RvqState,
    x: jax.Array,
    codes: jax.Array,
    rng: jax.Array,
    *,
    decay: float,
    dead_threshold: float,
    revival: float = 1.0,
    split: Split | None = None,
) -> RvqState:
    """Moves the codebooks towards the frames they were chosen for.

    A code dies when its moving average of frames a batch falls below `dead_threshold`,
    and comes back between a random frame of this batch and the code that frame has: at
    the frame, as in the paper, or near the code, of which it then takes its share. In
    many dimensions a single frame is far from all others, and soon dies again.

    Args:
        state: returned as it is if not initialized.
        x: [batch, time, dim]; if a frame is not finite, nothing moves.
        codes: [batch, time, level], `x` quantized with `state.codebooks`.
        rng: a key.
        decay: of the moving averages.
        dead_threshold: frames a batch; 0 replaces no code, and one near the frames a
            batch has for each code replaces most of them at every step.
        revival: where a code comes back: 1 is the frame, 0 the code that it has.
        split: see `kmeans_init`.

    Returns:
        The state after the batch.
    """
    codebook_size = state.codebooks.shape[1]
    frames = x.reshape(-1, x.shape[-1]).astype(jnp.float32)
    even = frames.shape[0] / codebook_size

    def level(residual, inputs):
        number, codebook, counts, sums, level_codes, level_rng = inputs
        heard = _heard(split, residual, number)
        new = _statistics(level_codes, heard, codebook_size)
        counts, sums = optax.incremental_update(new, (counts, sums), 1.0 - decay)
        moved = sums / jnp.maximum(counts, 1e-6)[:, None]
        moved = jnp.where((counts > 1e-6)[:, None], moved, codebook)
        chosen = jax.random.randint(level_rng, (codebook_size,), 0, frames.shape[0])
        dead = counts < dead_threshold
        owner = codebook[level_codes[chosen]]
        revived = owner + revival * (heard[chosen] - owner)
        moved = jnp.where(dead[:, None], revived, moved)
        # Even use as a start, so that a new code has time to prove itself.
        counts = jnp.where(dead, even, counts)
        sums = jnp.where(dead[:, None], moved * even, sums)
        return residual - codebook[level_codes], (moved, counts, sums)

    flat_codes = codes.reshape(-1, codes.shape[-1]).T  # [level, batch * time]
    numbers, rngs = jnp.arange(len(flat_codes)), jax.random.split(rng, len(flat_codes))
    averages = (state.codebooks, state.counts, state.sums)
    _, moved = jax.lax.scan(level, frames, (numbers, *averages, flat_codes, rngs))
    moved = RvqState(*moved, initialized=state.initialized)
    moves = state.initialized & _all_finite(x)
    return jax.tree.map(lambda new, old: jnp.where(moves, new, old), moved, state)


def update_rvq(
    state: RvqState,
    x: jax.Array,
    rng: jax.Array,
    *,
    decay: float,
    dead_threshold: float,
) -> tuple[RvqState, jax.Array]:
    """Starts, quantizes and follows: one training step of codebooks on `x`.

    Args:
        state: before the batch.
        x: [batch, time, dim].
        rng: a key.
        decay: see `ema_update`.
        dead_threshold: see `ema_update`.

    Returns:
        The state after the batch, and the codes `[batch, time, level]` before the
        codebooks moved.
    """
    start_rng, follow_rng = jax.random.split(rng)
    state = kmeans_init(state, x, start_rng)
    codes = quantize(state.codebooks, x)
    state = ema_update(
        state, x, codes, follow_rng, decay=decay, dead_threshold=dead_threshold
    )
    return state, codes


def _heard(split: Split | None, residual: jax.Array, level: jax.Array) -> jax.Array:
    return residual if split is None else split.heard(residual, level)


def _all_finite(x: jax.Array) -> jax.Array:
    return jnp.all(jnp.isfinite(x))


def _statistics(
    codes: jax.Array, frames: jax.Array, codebook_size: int
) -> tuple[jax.Array, jax.Array]:
    """Counts and sums the `frames [frame, dim]` of each code."""
    counts = jnp.zeros((codebook_size,), jnp.float32).at[codes].add(1.0)
    sums = jnp.zeros((codebook_size, frames.shape[-1]), jnp.float32)
    return counts, sums.at[codes].add(frames)


def _kmeans(frames: jax.Array, codebook_size: int, rng: jax.Array) -> jax.Array:
    """Lloyd's algorithm from random frames; `[frame, dim]` -> `[code, dim]`."""
    order = jax.random.permutation(rng, frames.shape[0])
    # Fewer frames than codes: some start twice, and die and are replaced later.
    centres = frames[jnp.resize(order, (codebook_size,))]

    def iterate(_, centres):
        counts, sums = _statistics(nearest(centres, frames), frames, codebook_size)
        means = sums / jnp.maximum(counts, 1.0)[:, None]
        return jnp.where((counts > 0)[:, None], means, centres)

    return jax.lax.fori_loop(0, KMEANS_ITERATIONS, iterate, centres)
