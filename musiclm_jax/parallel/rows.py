"""Computations of one row after another, each on the device that has the row."""

from collections.abc import Callable

import jax
from jax.sharding import PartitionSpec

from musiclm_jax.parallel.sharding import DATA_AXIS, batch_shares


def shard_map_rows(
    function: Callable[..., jax.Array], rows: jax.Array, *others: jax.Array
) -> jax.Array:
    """Lets each device compute a function for the rows of the batch that it has.

    For what treats each row by itself, though XLA does not know that and would gather
    all rows on all devices: Fourier transforms, grouped convolutions.

    Args:
        function: of `rows` and `others`; its result has the same first axis.
        rows: [batch, ...].
        *others: what all rows share.
    """
    mesh = jax.sharding.get_abstract_mesh()
    shares = batch_shares(rows.shape[0])
    if shares == 1 or DATA_AXIS in mesh.manual_axes:
        return function(rows, *others)
    own = PartitionSpec(DATA_AXIS)
    specs = (own, *(PartitionSpec() for _ in others))
    return jax.shard_map(function, in_specs=specs, out_specs=own)(rows, *others)
