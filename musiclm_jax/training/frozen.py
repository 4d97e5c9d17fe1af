"""A trained network that another training stands on.

Its parameters are an argument of every program. Closed over, they would be constants of
each: a copy in each program, whole on each device, and beyond what a program may hold.
They are no part of the state either, so no checkpoint repeats them.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
from flax import linen as nn
from flax import struct
from jax.sharding import Mesh

from musiclm_jax.files import fingerprints
from musiclm_jax.parallel import sharding
from musiclm_jax.training import checksums

PyTree = Any


class FrozenNetwork(struct.PyTreeNode):
    """A function of trained parameters and a batch; its leaves are the parameters.

    Attributes:
        params: what `apply` reads, in boxes with the names of their axes or without.
        apply: maps unboxed parameters and a batch to [batch, time, dim].
    """

    params: PyTree
    apply: Callable[[PyTree, PyTree], jax.Array] = struct.field(pytree_node=False)

    def __call__(self, batch: PyTree) -> jax.Array:
        """Returns [batch, time, dim]."""
        return self.apply(nn.meta.unbox(self.params), batch)


def name_axes(params: PyTree, boxed: PyTree) -> PyTree:
    """Puts parameters from a file into the boxes of the network they belong to.

    Args:
        params: arrays.
        boxed: what the network's `init` gives, arrays or shapes, of the same structure.
    """
    return jax.tree.map(
        lambda box, array: box.replace_boxed(array),
        boxed,
        params,
        is_leaf=lambda x: isinstance(x, nn.Partitioned),
    )


def frozen_of(task: Any) -> FrozenNetwork | None:
    """Returns the network that a task keeps as its `frozen`, if it does."""
    return getattr(task, "frozen", None)


def with_frozen(task: Any, frozen: FrozenNetwork | None) -> Any:
    """Returns the task on these parameters: inside a program, on its argument."""
    return task if frozen is None else dataclasses.replace(task, frozen=frozen)


def abstract_frozen(task: Any, mesh: Mesh, rules: sharding.Rules) -> PyTree:
    """Returns the unboxed `frozen_of(task)` as shapes, dtypes and shardings."""
    return sharding.abstract(frozen_of(task), mesh, rules)


def frozen_made_of(frozen: PyTree) -> dict[str, str]:
    """Returns the fingerprint of what `put_frozen` gave, under its name."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(frozen)
    named = {jax.tree_util.keystr(path): leaf for path, leaf in leaves}
    sums = checksums.by_place(named)
    return {"frozen network": fingerprints.of(sums)} if sums else {}


def put_frozen(task: Any, mesh: Mesh, rules: sharding.Rules) -> PyTree:
    """Lays `frozen_of(task)` onto the mesh as the rules say; unboxed.

    Every process has read all of it, and gives its devices their shares.
    """

    def put(array: Any, place: jax.ShapeDtypeStruct) -> jax.Array:
        return jax.make_array_from_callback(
            array.shape, place.sharding, lambda share: array[share]
        )

    frozen = nn.meta.unbox(frozen_of(task))
    return jax.tree.map(put, frozen, abstract_frozen(task, mesh, rules))
