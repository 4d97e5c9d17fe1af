"""What the networks are asked for, all said."""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp

from musiclm_jax.generation.spans import Spans


@dataclasses.dataclass(frozen=True, kw_only=True)
class Score:
    """Pieces of one length, made side by side.

    Attributes:
        spans: MuLan codes by time.
        seconds: length of each.
        rngs: [batch] keys, one a piece.
        semantic: [batch, time, 1], the beginning of the semantic tokens, if it is
            known; it may be all of them.
        acoustic: [batch, time, level], likewise; it may have the coarse levels alone.
    """

    spans: Spans
    seconds: float
    rngs: jax.Array
    semantic: jax.Array | None = None
    acoustic: jax.Array | None = None

    def times(self, count: int) -> "Score":
        """Returns the score with each piece `count` times, with keys of their own."""
        several = self.map(lambda rows: jnp.repeat(rows, count, axis=0))
        return dataclasses.replace(several, rngs=each_key(self.rngs, count))

    def map(self, function: Callable[[jax.Array], jax.Array]) -> "Score":
        """Returns the score with a function of every array [batch, ...]."""
        spans = [
            dataclasses.replace(span, codes=jax.tree.map(function, span.codes))
            for span in self.spans.spans
        ]
        return Score(
            spans=Spans(tuple(spans)),
            seconds=self.seconds,
            rngs=function(self.rngs),
            semantic=None if self.semantic is None else function(self.semantic),
            acoustic=None if self.acoustic is None else function(self.acoustic),
        )


def each_key(keys: jax.Array, count: int) -> jax.Array:
    """Makes `count` keys of each: [batch] -> [batch * count]."""
    each = jax.vmap(jax.random.fold_in, (None, 0))
    return jax.vmap(each, (0, None))(keys, jnp.arange(count)).reshape(-1)
