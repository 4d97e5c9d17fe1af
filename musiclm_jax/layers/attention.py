"""Scaled dot-product attention, and causal self-attention with a key-value cache."""

import math
from collections.abc import Callable
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.layers.dropout import Dropout
from musiclm_jax.layers.product import product
from musiclm_jax.layers.relative_bias import Bias
from musiclm_jax.parallel.sharding import constrain

# Without a cache, a block of queries at a time meets the keys up to the last of them:
# the scores that causality would throw away are mostly not computed. A block is a
# multiple of the first, and there are at most so many: each is compiled on its own.
_QUERY_BLOCK = 128
_MAX_BLOCKS = 8


class Cache(NamedTuple):
    """Keys and values of the positions seen so far, [batch * heads, length, kv] each.

    Batch and heads are one axis, in the products that read it too: where the compiler
    has to turn one shape into another, it copies the cache at every step instead of
    writing it in place.
    """

    key: jax.Array
    value: jax.Array

    @property
    def length(self) -> int:
        """Positions it has room for."""
        return self.key.shape[1]

    def write(
        self, key: jax.Array, value: jax.Array, start: jax.Array | int
    ) -> "Cache":
        """Returns the cache with these [batch, heads, length, kv] from `start` on."""

        def at(array: jax.Array, new: jax.Array) -> jax.Array:
            new = new.reshape(-1, *new.shape[2:])
            return jax.lax.dynamic_update_slice_in_dim(array, new, start, axis=1)

        return Cache(at(self.key, key), at(self.value, value))


def attend(
    query: jax.Array,
    key: jax.Array,
    value: jax.Array,
    *,
    bias: jax.Array | None = None,
    visible: jax.Array | None = None,
    drop: Callable[[jax.Array], jax.Array] = lambda weights: weights,
) -> jax.Array:
    """Mixes the values of the keys that each query may see.

    Scores and softmax are float32 whatever the arguments are.

    Args:
        query: [batch, heads, query, kv].
        key: [batch, heads, key, kv], or [batch * heads, key, kv].
        value: of that shape.
        bias: [share, heads, query, key], added to the scores; the batch divides into
            the shares. None adds nothing.
        visible: bool, of a shape that broadcasts to [batch, heads, query, key]; None
            shows all keys. A query that sees none mixes all evenly.
        drop: what becomes of the weights [batch, heads, query, key] in training.

    Returns:
        [batch, query, heads, kv].
    """
    rows = key.shape[:-2]
    scores = jnp.einsum(
        "...qd,...kd->...qk",
        query.reshape(*rows, *query.shape[2:]),
        key,
        preferred_element_type=jnp.float32,
    ).reshape(*query.shape[:3], -1)
    scores *= query.shape[-1] ** -0.5
    if bias is not None:
        # [batch, ...] -> [share, row, ...] and back.
        shares = scores.reshape(bias.shape[0], -1, *scores.shape[1:]) + bias[:, None]
        scores = shares.reshape(scores.shape)
    if visible is not None:
        scores = jnp.where(visible, scores, jnp.finfo(jnp.float32).min)
    weights = drop(jax.nn.softmax(scores, axis=-1)).astype(value.dtype)
    weights = weights.reshape(*rows, *weights.shape[2:])
    mixed = jnp.einsum("...qk,...kd->...qd", weights, value)
    return mixed.reshape(*query.shape[:3], -1).swapaxes(1, 2)


class SelfAttention(nn.Module):
    """Multi-head causal self-attention.

    Attributes:
        num_heads: heads.
        head_dim: width of a head.
        dropout_rate: of the attention weights; as in T5, all queries lose the same
            keys.
        dtype: of the computation; scores and softmax are float32.
    """

    num_heads: int
    head_dim: int
    dropout_rate: float
    dtype: jnp.dtype

    @nn.compact
    def __call__(
        self,
        x: jax.Array,
        bias: Bias,
        cache: Cache | None,
        start: jax.Array | int,
        *,
        train: bool,
    ) -> tuple[jax.Array, Cache | None]:
        """Attends from each position to itself and all before it.

        Args:
            x: [batch, query, embed].
            bias: of queries and keys, whose shares the batch divides into.
            cache: positions before `start`, with room for those of `x`; or None, where
                the queries are all there is.
            start: place of the first query among the keys.
            train: whether to drop out.

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
        parts = product(x, kernel).transpose(2, 0, 3, 1, 4)
        query, key, value = (
            constrain(part, ("batch", "heads", "length", "kv")) for part in parts
        )
        # A weight that all queries lose is a value that is not there: dropped here, the
        # mask is as small as the values.
        value = Dropout(self.dropout_rate, broadcast_dims=(3,))(value, train=train)
        if cache is not None:
            cache = cache.write(key, value, start)
            visible = _up_to_itself(query, cache.key, start)
            mixed = attend(query, *cache, bias=bias.whole(), visible=visible)
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
        y = product(mixed, kernel, axes=2)
        return constrain(y, ("batch", "length", "embed")), cache


def _up_to_itself(
    query: jax.Array, key: jax.Array, start: jax.Array | int
) -> jax.Array:
    """What queries from place `start` on may see: [1, 1, query, key]."""
    place = start + jnp.arange(query.shape[2])
    return (jnp.arange(key.shape[-2])[None, :] <= place[:, None])[None, None]


def _attend_in_blocks(
    query: jax.Array, key: jax.Array, value: jax.Array, bias: Bias
) -> jax.Array:
    """Mixes the values of all keys up to each query; shapes as in `attend`."""
    length = query.shape[2]
    block = _QUERY_BLOCK * math.ceil(length / (_QUERY_BLOCK * _MAX_BLOCKS))
    mixed = []
    for first in range(0, length, block):
        end = min(first + block, length)
        queries, keys = query[:, :, first:end], key[:, :, :end]
        mixed.append(
            attend(
                queries,
                keys,
                value[:, :, :end],
                bias=bias.block(first, end),
                visible=_up_to_itself(queries, keys, first),
            )
        )
    return jnp.concatenate(mixed, axis=1)
