"""A start of the relative bias for short trainings: heads with a place to look at.

docs/decisions/0004-heads-start-with-a-place.md.
"""

import jax
import jax.numpy as jnp
import numpy as np

# Bias of a head against streams that are not its own.
_OTHER_STREAMS = -3.0


def heads_start(
    rng: jax.Array, shape: tuple[int, int, int], distances: jax.Array
) -> jax.Array:
    """Gives each head a stream to read and a reach, to begin with.

    Heads take turns at the streams, the target's first. Within a stream their weight
    falls, as a power, with the distance to the token that is to be guessed; head by
    head it falls more slowly. A bias near zero would average over everything, and find
    the few keys that matter step by small step.

    Args:
        rng: for a little noise.
        shape: (heads, streams, buckets).
        distances: as of a `layers.relative_bias.BiasInit`.

    Returns:
        A table of that shape.
    """
    num_heads, num_streams, _ = shape
    head = np.arange(num_heads)
    own_stream = num_streams - 1 - head % num_streams
    power = 2.0 ** (1 - head // num_streams)
    table = -power[:, None, None] * jnp.log1p(distances)[None, :, :]
    others = own_stream[:, None] != np.arange(num_streams)[None, :]
    table += np.where(others, _OTHER_STREAMS, 0.0)[:, :, None]
    return 0.02 * jax.random.normal(rng, shape) + table
