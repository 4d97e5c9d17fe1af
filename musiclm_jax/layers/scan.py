"""Layers of one shape as one loop of the compiled program."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax

PyTree = Any


def scan_layers(
    run: Callable[[nn.Module, jax.Array], jax.Array],
    layer: nn.Module,
    x: jax.Array,
    *,
    num_layers: int,
) -> jax.Array:
    """Runs a layer several times, with parameters and random numbers of its own each.

    The parameters are stacked along a leading axis with the logical name `layers`. What
    is compiled does not grow with the number of layers.

    Args:
        run: calls the layer; its result has the shape and dtype of its argument.
        layer: a submodule.
        x: what the first one reads.
        num_layers: how often.

    Returns:
        What the last one gives.
    """
    scan = nn.scan(
        lambda layer, x, _: (run(layer, x), None),
        variable_axes={"params": 0},
        split_rngs={"params": True, "dropout": True},
        length=num_layers,
        metadata_params={nn.PARTITION_NAME: "layers"},
    )
    return scan(layer, x, None)[0]


def unstack_layers(params: PyTree, *, num_layers: int) -> list[PyTree]:
    """Takes the parameters of scanned layers apart, one tree a layer."""
    leaves, structure = jax.tree.flatten(params)
    return [
        jax.tree.unflatten(structure, [leaf[number] for leaf in leaves])
        for number in range(num_layers)
    ]
