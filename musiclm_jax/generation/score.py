"""What the networks are asked for, all said."""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp

from musiclm_jax.generation.spans import Spans
from musiclm_jax.generation.streams import Tune


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
        melody: codes of the tune, if one is asked for by codes of its own.
        kept: [batch, time, 1], semantic tokens that stand where they are not negative,
            whatever is written around them: those of a tune, likewise.
    """

    spans: Spans
    seconds: float
    rngs: jax.Array
    semantic: jax.Array | None = None
    acoustic: jax.Array | None = None
    melody: Tune | None = None
    kept: jax.Array | None = None

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
        known = {
            name: function(rows)
            for name in ("rngs", "semantic", "acoustic", "kept")
            if (rows := getattr(self, name)) is not None
        }
        if self.melody is not None:
            windows = function(self.melody.windows)
            known["melody"] = dataclasses.replace(self.melody, windows=windows)
        return dataclasses.replace(self, spans=Spans(tuple(spans)), **known)


def each_key(keys: jax.Array, count: int) -> jax.Array:
    """Makes `count` keys of each: [batch] -> [batch * count]."""
    each = jax.vmap(jax.random.fold_in, (None, 0))
    return jax.vmap(each, (0, None))(keys, jnp.arange(count)).reshape(-1)
