"""T5's relative position bias, for distances in time and streams of keys.

MusicLM, section 4.1, asks for T5-style relative positions. Distances are measured on
the clock of `stages.Layout`, from the token that is to be guessed, so that two tokens
of the same moment are near each other whichever stream they belong to
(docs/deviations.md). Keys of the target's stream are always past and have all buckets
for the past, as in T5's decoder; those of the prefix lie on both sides, as in its
encoder.
"""

from collections.abc import Callable
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.parallel.sharding import constrain

NO_TIME = -1

BiasInit = Callable[[jax.Array, tuple[int, int, int], jax.Array], jax.Array]
"""Draws a table of (heads, streams, buckets) from a key, that shape, and the distances
[stream, bucket]: how many ticks a bucket's nearest key lies from the guessed token."""


class Bias(NamedTuple):
    """What attention adds to its scores, before it is looked up.

    All heads, queries and keys together are more numbers than the activations of a
    layer: attention looks up those of a block of queries at a time, and its gradient
    goes down to the table in each block.

    Attributes:
        table: [share, heads, row], a copy for each share of the batch.
        rows: [query, key], int32: the row of each query and key.
    """

    table: jax.Array
    rows: jax.Array

    def block(self, first: int, end: int) -> jax.Array:
        """Looks up [share, heads, query, key]: queries, and the keys before `end`."""
        return _look_up(self.table, self.rows[first:end, :end])

    def whole(self) -> jax.Array:
        """Looks up [share, heads, query, key]: all queries and keys."""
        return _look_up(self.table, self.rows)


def t5_start(
    rng: jax.Array, shape: tuple[int, int, int], distances: jax.Array
) -> jax.Array:
    """t5x's start, for the heads and buckets of each stream; a `BiasInit`."""
    del distances
    init = nn.initializers.variance_scaling(
        1.0, "fan_avg", "uniform", in_axis=0, out_axis=2, batch_axis=1
    )
    return init(rng, shape)


def bucket_table(num_buckets: int, reach: int) -> np.ndarray:
    """T5's bucket of every distance in one direction.

    Half of the buckets are for one distance each, the others for ever more.

    Args:
        num_buckets: buckets of this direction.
        reach: the distance at which the last bucket would be full.

    Returns:
        [reach + 1], int32: the bucket of each distance from zero on; those beyond
        belong to the last bucket.
    """
    near = num_buckets // 2
    reach = max(reach, near + 1)
    distance = np.arange(reach + 1)
    share = np.log(np.maximum(distance, near) / near) / np.log(reach / near)
    # The small term keeps a rounding error from falling a whole bucket back.
    far = near + np.floor(share * (num_buckets - near) + 1e-6)
    bucket = np.where(distance < near, distance, np.minimum(far, num_buckets - 1))
    return bucket.astype(np.int32)


def relative_position_bucket(
    distance: jax.Array, is_target: jax.Array, *, num_buckets: int, reach: int
) -> jax.Array:
    """Sorts distances into buckets.

    Args:
        distance: integers in ticks, key minus guessed token, any shape.
        is_target: whether the key belongs to the target's stream, a shape that
            broadcasts with it.
        num_buckets: buckets a stream.
        reach: see `bucket_table`.

    Returns:
        Integers in [0, num_buckets).
    """
    half = num_buckets // 2
    # The newest token of the target stands one tick before the guessed one.
    past = _bucket(-distance - 1, bucket_table(num_buckets, reach))
    either = _bucket(jnp.abs(distance), bucket_table(half, reach))
    return jnp.where(is_target, past, either + half * (distance > 0))


def _bucket(distance: jax.Array, table: np.ndarray) -> jax.Array:
    """What `table` has for distances, or at its ends for those outside.

    Compared with where the table rises: an accelerator looks up number by number.
    """
    rises = np.diff(table)
    bucket = jnp.full_like(distance, table[0])
    for at in np.flatnonzero(rises):
        bucket += rises[at] * (distance > at)
    return bucket


# Looked up anew for the gradient: what a lookup by products compares is never kept.
@jax.checkpoint
def _look_up(table: jax.Array, rows: jax.Array) -> jax.Array:
    """Entries [share, heads, query, key] of a table at rows; see `Bias`."""
    bias = jax.lax.platform_dependent(table, rows, cpu=by_index, default=by_product)
    return constrain(bias, ("batch", "heads", "length", None))


def by_index(table: jax.Array, rows: jax.Array) -> jax.Array:
    """Looks up [share, heads, query, key] number by number."""
    return table[:, :, rows]


def by_product(table: jax.Array, rows: jax.Array) -> jax.Array:
    """Looks up [share, heads, query, key] as products with ones and zeros.

    The TPU compiler compares inside of the product, and of its gradient, which by index
    would add one number at a time.
    """
    ones = rows[None] == jnp.arange(table.shape[-1])[:, None, None]
    return jnp.einsum(
        "shr,rqk->shqk",
        table,
        ones.astype(table.dtype),
        precision=jax.lax.Precision.HIGHEST,
    )


class RelativeBias(nn.Module):
    """What attention adds to its scores for the distance and the stream of a key.

    Attributes:
        num_heads: heads of the attention, which share no bias.
        num_streams: streams a key may belong to, each with a bias of its own; the last
            is the target's.
        num_buckets: buckets of distance.
        reach: see `bucket_table`, in ticks of the clock.
        init_table: draws the table.
    """

    num_heads: int
    num_streams: int
    num_buckets: int
    reach: int
    init_table: BiasInit = t5_start

    @nn.compact
    def __call__(
        self,
        query_positions: jax.Array,
        positions: jax.Array,
        streams: jax.Array,
        *,
        num_shares: int = 1,
    ) -> Bias:
        """Returns the bias of queries and keys.

        Args:
            query_positions: [query], `NO_TIME` or the tick of the token to be guessed.
            positions: [key], `NO_TIME` or the tick of the token itself.
            streams: [key].
            num_shares: equal copies, one for each share of the batch: the gradient of a
                copy stays on its devices, and what they add up over the mesh is that of
                the table, not of every query and key in every layer.
        """
        table = self.param(
            "table",
            nn.with_logical_partitioning(
                self.init_table, ("heads", "streams", "buckets")
            ),
            (self.num_heads, self.num_streams, self.num_buckets),
            self._distances(),
        )
        distance = positions[None, :] - query_positions[:, None]
        timed = (positions != NO_TIME)[None, :] & (query_positions != NO_TIME)[:, None]
        buckets = self._buckets(jnp.where(timed, distance, 0), streams)
        table = jnp.broadcast_to(
            table.reshape(self.num_heads, -1),
            (num_shares, self.num_heads, self.num_streams * self.num_buckets),
        )
        table = constrain(table, ("batch", "heads", None))
        return Bias(table, streams[None, :] * self.num_buckets + buckets)

    def _buckets(self, distance: jax.Array, streams: jax.Array) -> jax.Array:
        """Buckets [query, key] of distances [query, key] in streams [key]."""
        return relative_position_bucket(
            distance,
            (streams == self.num_streams - 1)[None, :],
            num_buckets=self.num_buckets,
            reach=self.reach,
        )

    def _distances(self) -> jax.Array:
        """Ticks from the guessed token to the nearest key of each [stream, bucket]."""
        ticks = jnp.arange(-self.reach - 1, self.reach + 1)
        streams = jnp.arange(self.num_streams)
        distance = jnp.broadcast_to(ticks[:, None], (len(ticks), self.num_streams))
        buckets = self._buckets(distance, streams)
        nearest = jnp.full((self.num_streams, self.num_buckets), self.reach)
        return nearest.at[streams[None, :], buckets].min(jnp.abs(distance))
