"""Causal self-attention with T5's relative position bias and a key-value cache.

MusicLM, section 4.1, asks for T5-style relative positions. Distances are measured on
the clock of `stages.Layout`, so two tokens of the same moment are near each other
whichever stream they belong to (docs/deviations.md).
"""

import math
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.parallel.sharding import constrain

NO_TIME = -1
# Without a cache, a block of queries at a time meets the keys up to the last of them:
# the scores that causality would throw away are mostly not computed. A block is a
# multiple of the first, and there are at most so many: each is compiled on its own.
_QUERY_BLOCK = 128
_MAX_BLOCKS = 8
# Bias of a head at first against streams that are not its own; see `heads_start`.
_OTHER_STREAMS = -3.0


class Cache(NamedTuple):
    """Keys and values of the positions seen so far, [batch, heads, length, kv] each."""

    key: jax.Array
    value: jax.Array


def relative_position_bucket(
    distance: jax.Array, *, num_buckets: int, max_distance: int
) -> jax.Array:
    """Sorts distances into T5's buckets: exact when near, logarithmic when far.

    Args:
        distance: integers, key position minus query position, any shape.
        num_buckets: buckets in all; one half for each direction.
        max_distance: distances from here on share the last bucket.

    Returns:
        Integers in [0, num_buckets), shaped like `distance`.
    """
    half = num_buckets // 2
    near = half // 2
    size = jnp.abs(distance)
    ratio = jnp.log(jnp.maximum(size, 1) / near) / jnp.log(max_distance / near)
    far = near + (ratio * (half - near)).astype(jnp.int32)
    bucket = jnp.where(size < near, size, jnp.minimum(far, half - 1))
    return bucket + half * (distance > 0)


def heads_start(
    rng: jax.Array, shape: tuple[int, int, int], max_distance: int
) -> jax.Array:
    """Gives each head a stream to read and a reach, to begin with.

    Heads take turns at the streams, the target's first. Within a stream their weight
    falls, as a power, with the distance to the token that is to be guessed; head by
    head it falls more slowly. A bias near zero would average over everything, and find
    the few keys that matter step by small step
    (docs/decisions/0004-heads-start-with-a-place.md).

    Args:
        rng: for a little noise.
        shape: (heads, streams, buckets).
        max_distance: as in `relative_position_bucket`.

    Returns:
        A table of that shape.
    """
    num_heads, num_streams, num_buckets = shape
    distances = jnp.arange(-max_distance, max_distance + 1)
    buckets = relative_position_bucket(
        distances, num_buckets=num_buckets, max_distance=max_distance
    )
    # A query guesses the token one tick after its own.
    away = jnp.abs(distances - 1)
    nearest = jnp.full(num_buckets, max_distance).at[buckets].min(away)

    head = np.arange(num_heads)
    own_stream = num_streams - 1 - head % num_streams
    power = 2.0 ** (1 - head // num_streams)
    table = -power[:, None, None] * jnp.log1p(nearest)[None, None, :]
    others = own_stream[:, None] != np.arange(num_streams)[None, :]
    table += np.where(others, _OTHER_STREAMS, 0.0)[:, :, None]
    return 0.02 * jax.random.normal(rng, shape) + table


class RelativeBias(nn.Module):
    """What attention adds to its scores for the distance and the stream of a key.

    Attributes:
        num_heads: heads of the attention, which share no bias.
        num_streams: streams a key may belong to, each with a bias of its own.
        num_buckets: buckets of distance.
        max_distance: where the last bucket begins, in ticks of the clock.
    """

    num_heads: int
    num_streams: int
    num_buckets: int
    max_distance: int

    @nn.compact
    def __call__(
        self,
        query_positions: jax.Array,
        positions: jax.Array,
        streams: jax.Array,
        *,
        num_shares: int = 1,
    ) -> jax.Array:
        """Returns the bias [share, heads, query, key].

        Args:
            query_positions: [query], `NO_TIME` or a tick of the clock.
            positions: [key], likewise.
            streams: [key].
            num_shares: equal copies, one for each share of the batch: the gradient of a
                copy stays on its devices, and what they add up over the mesh is that of
                the table, not of every query and key in every layer.
        """
        table = self.param(
            "table",
            nn.with_logical_partitioning(heads_start, ("heads", "streams", "buckets")),
            (self.num_heads, self.num_streams, self.num_buckets),
            self.max_distance,
        )
        distance = positions[None, :] - query_positions[:, None]
        timed = (positions != NO_TIME)[None, :] & (query_positions != NO_TIME)[:, None]
        buckets = relative_position_bucket(
            jnp.where(timed, distance, 0),
            num_buckets=self.num_buckets,
            max_distance=self.max_distance,
        )
        table = jnp.broadcast_to(table, (num_shares, *table.shape))
        table = constrain(table, ("batch", "heads", "streams", "buckets"))
        bias = table[:, :, streams[None, :], buckets]
        return constrain(bias, ("batch", "heads", "length", None))


class SelfAttention(nn.Module):
    """Multi-head causal self-attention.

    Attributes:
        num_heads: heads.
        head_dim: width of a head.
        dtype: of the computation; the softmax is float32.
    """

    num_heads: int
    head_dim: int
    dtype: jnp.dtype

    @nn.compact
    def __call__(
        self, x: jax.Array, bias: jax.Array, cache: Cache | None, start: jax.Array | int
    ) -> tuple[jax.Array, Cache | None]:
        """Attends from each position to itself and all before it.

        Args:
            x: [batch, query, embed].
            bias: [share, heads, query, key], whose shares the batch divides into.
            cache: positions before `start`, with room for those of `x`; or None, where
                the queries are all there is.
            start: place of the first query among the keys.

        Returns:
            [batch, query, embed], and the cache with the keys and values of `x` in it.
        """
        init = nn.initializers.variance_scaling(
            1.0, "fan_in", "normal", in_axis=0, out_axis=(1, 2, 3)
        )
        kernel = self.param(
            "query_key_value",
            nn.with_logical_partitioning(init, ("embed", "stack", "heads", "kv")),
            (x.shape[-1], 3, self.num_heads, self.head_dim),
        ).astype(self.dtype)
        # The kernel's axes keep their order in a product: turned round, a kernel would
        # be copied whole at every step of sampling.
        parts = jnp.tensordot(x, kernel, axes=1).transpose(2, 0, 3, 1, 4)
        query, key, value = (
            constrain(part, ("batch", "heads", "length", "kv")) for part in parts
        )
        if cache is not None:
            cache = Cache(
                jax.lax.dynamic_update_slice_in_dim(cache.key, key, start, axis=2),
                jax.lax.dynamic_update_slice_in_dim(cache.value, value, start, axis=2),
            )
            mixed = _attend(query, *cache, bias, start)
        else:
            mixed = _attend_in_blocks(query, key, value, bias)

        kernel = self.param(
            "out",
            nn.with_logical_partitioning(
                nn.initializers.variance_scaling(
                    1.0, "fan_in", "normal", in_axis=(0, 1), out_axis=2
                ),
                ("heads", "kv", "embed"),
            ),
            (self.num_heads, self.head_dim, x.shape[-1]),
        ).astype(self.dtype)
        y = jnp.tensordot(mixed, kernel, axes=2)
        return constrain(y, ("batch", "length", "embed")), cache


def _attend_in_blocks(
    query: jax.Array, key: jax.Array, value: jax.Array, bias: jax.Array
) -> jax.Array:
    """Mixes the values of all keys up to each query; shapes as in `_attend`."""
    length = query.shape[2]
    block = _QUERY_BLOCK * math.ceil(length / (_QUERY_BLOCK * _MAX_BLOCKS))
    ends = [*range(block, length, block), length]
    blocks = [
        _attend(
            query[:, :, first:end],
            key[:, :, :end],
            value[:, :, :end],
            bias[:, :, first:end, :end],
            first,
        )
        for first, end in zip([0, *ends], ends, strict=False)
    ]
    return jnp.concatenate(blocks, axis=1)


def _attend(
    query: jax.Array,
    key: jax.Array,
    value: jax.Array,
    bias: jax.Array,
    start: jax.Array | int,
) -> jax.Array:
    """Mixes the values of the keys that each query may see.

    Args:
        query: [batch, heads, query, kv].
        key: [batch, heads, key, kv].
        value: [batch, heads, key, kv].
        bias: [share, heads, query, key].
        start: place of the first query among the keys.

    Returns:
        [batch, query, heads, kv].
    """
    scores = jnp.einsum("bhqd,bhkd->bhqk", query, key).astype(jnp.float32)
    # [batch, ...] -> [share, row, ...] and back.
    shares = scores.reshape(bias.shape[0], -1, *scores.shape[1:])
    shares = shares * query.shape[-1] ** -0.5 + bias[:, None]
    scores = shares.reshape(scores.shape)
    query_index = start + jnp.arange(query.shape[2])
    visible = jnp.arange(key.shape[2])[None, :] <= query_index[:, None]
    scores = jnp.where(visible[None, None], scores, jnp.finfo(jnp.float32).min)
    weights = jax.nn.softmax(scores, axis=-1).astype(query.dtype)
    return jnp.einsum("bhqk,bhkd->bqhd", weights, value)
