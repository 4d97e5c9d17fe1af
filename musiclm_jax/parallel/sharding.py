"""Where arrays lie: the mesh, the logical axis rules, and the shardings of a state.

Networks name the axes of their parameters (t5x's names: embed, mlp, heads, ...), the
rules say which mesh axis each name is split over, and nobody but this file sees the
boxes in which flax carries the names:

    task.init -> eval_shape -> names -> rules -> NamedSharding -> jit(out_shardings)
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax.core import meta
from jax.experimental import mesh_utils
from jax.sharding import AbstractMesh, AxisType, Mesh, NamedSharding, PartitionSpec

PyTree = Any
Rules = tuple[tuple[str, str | None], ...]

DATA_AXIS = "data"
MODEL_AXIS = "model"

# Batch over `data`, the wide axes over `model`. Earlier rules win where two names of
# one array ask for the same mesh axis.
DEFAULT_RULES: Rules = (
    ("batch", DATA_AXIS),
    ("vocab", MODEL_AXIS),
    ("mlp", MODEL_AXIS),
    ("heads", MODEL_AXIS),
    ("out", MODEL_AXIS),
    ("embed", None),
    ("kv", None),
    ("in", None),
    ("kernel", None),
    ("layers", None),
    ("length", None),
)

# The same, and parameters and optimizer state split over `data` too; activations keep
# `data` for their batch.
FULLY_SHARDED_RULES: Rules = tuple(
    (name, DATA_AXIS if name in ("embed", "in") else axis)
    for name, axis in DEFAULT_RULES
)


def logical_axis_rules(*, parameter_partitioning_dims: int = 1) -> Rules:
    """Returns the rules by t5x's name for them.

    Args:
        parameter_partitioning_dims: 1 splits parameters over `model` alone, 2 over
            `data` too.
    """
    rules = {1: DEFAULT_RULES, 2: FULLY_SHARDED_RULES}
    if parameter_partitioning_dims not in rules:
        raise ValueError(
            f"parameter_partitioning_dims must be 1 or 2, got "
            f"{parameter_partitioning_dims}"
        )
    return rules[parameter_partitioning_dims]


def make_mesh(
    data: int = -1, model: int = 1, *, devices: Sequence[jax.Device] | None = None
) -> Mesh:
    """Arranges the devices as `data` x `model`.

    Args:
        data: how many shares the batch is cut into; -1 takes what `model` leaves.
        model: how many shares the wide axes of a network are cut into.
        devices: what to arrange; all of `jax.devices()` if None.

    Raises:
        ValueError: if the devices cannot be arranged so.
    """
    devices = list(jax.devices() if devices is None else devices)
    count = len(devices)
    if model < 1 or (data < 1 and data != -1):
        raise ValueError(
            f"mesh axes must be positive (data may be -1), got data={data}, "
            f"model={model}"
        )
    if data == -1:
        if count % model:
            raise ValueError(
                f"mesh axis model={model} does not divide the {count} devices here"
            )
        data = count // model
    if data * model != count:
        raise ValueError(
            f"a mesh of data={data} x model={model} needs {data * model} devices, "
            f"there are {count}"
        )
    # Of a slice of 8x8x16 chips no axis is 4 long; one must be shared by both.
    arranged = mesh_utils.create_device_mesh(
        (data, model), devices, allow_split_physical_axes=True
    )
    return Mesh(
        arranged,
        (DATA_AXIS, MODEL_AXIS),
        axis_types=(AxisType.Auto, AxisType.Auto),
    )


@contextmanager
def use_mesh(mesh: Mesh, rules: Rules) -> Iterator[None]:
    """Sets the mesh and the rules that `constrain` reads."""
    with jax.set_mesh(mesh), nn.logical_axis_rules(rules):
        yield


def constrain(x: jax.Array, names: tuple[str | None, ...]) -> jax.Array:
    """Lays an activation as the rules say, where its dimensions divide.

    Args:
        x: any array inside a computation.
        names: logical name of each of its axes.

    Returns:
        The same array; outside `use_mesh`, or on one device, nothing is done.
    """
    mesh = jax.sharding.get_abstract_mesh()
    if mesh.empty or mesh.size == 1:
        return x
    spec = nn.logical_to_mesh_axes(names, nn.get_logical_axis_rules())
    return jax.lax.with_sharding_constraint(x, _fit_spec(spec, x.shape, mesh))


def batch_shares(rows: int) -> int:
    """Counts the shares that a batch of so many rows is cut into inside `use_mesh`.

    One outside of it, and where the rows do not divide.
    """
    shares = jax.sharding.get_abstract_mesh().shape.get(DATA_AXIS, 1)
    return shares if rows % shares == 0 else 1


def _fit_spec(
    spec: PartitionSpec | None, shape: tuple[int, ...], mesh: Mesh | AbstractMesh
) -> PartitionSpec:
    """Drops from `spec` what `shape` cannot follow: those dimensions are replicated."""
    # An optimizer may keep less than a parameter's shape under the parameter's names
    # (Adafactor's rows and columns).
    if spec is None or len(spec) > len(shape):
        return PartitionSpec()
    fitted = []
    for size, axes in zip(shape, spec, strict=False):
        names = () if axes is None else (axes,) if isinstance(axes, str) else axes
        shares = int(np.prod([mesh.shape[name] for name in names], dtype=int))
        fitted.append(axes if size % shares == 0 else None)
    return PartitionSpec(*fitted)


def _box_shardings(boxed: PyTree, mesh: Mesh, rules: Rules) -> PyTree:
    """Shardings of a boxed tree of shapes, in the structure of the unboxed one."""

    def is_box(x: Any) -> bool:
        return isinstance(x, meta.AxisMetadata)

    def shard(x: Any) -> PyTree:
        if not is_box(x):
            return replicated(mesh)
        spec = nn.logical_to_mesh_axes(x.names, rules)
        # A box may hold no array at all: an optimizer's masked leaf.
        return jax.tree.map(
            lambda array: NamedSharding(mesh, _fit_spec(spec, array.shape, mesh)),
            meta.unbox(x),
        )

    return jax.tree.map(shard, boxed, is_leaf=is_box)


def _init_function(task: Any, batch: PyTree) -> Any:
    """`rng -> boxed state`, with zeros of the batch's shapes in place of the batch."""
    shapes = jax.tree.map(lambda x: (tuple(x.shape), x.dtype), batch)

    def init(rng: jax.Array) -> PyTree:
        zeros = jax.tree.map(
            lambda x: jnp.zeros(*x), shapes, is_leaf=lambda x: isinstance(x, tuple)
        )
        return task.init(rng, zeros)

    return init


def abstract_state(task: Any, batch: PyTree, mesh: Mesh, rules: Rules) -> PyTree:
    """The unboxed state as shapes, dtypes and shardings, without computing it.

    Args:
        task: a training task.
        batch: arrays, or anything with `shape` and `dtype`, of one global batch.
        mesh: the mesh to lie on.
        rules: logical axis rules.
    """
    boxed = jax.eval_shape(_init_function(task, batch), jax.random.key(0))
    return abstract(boxed, mesh, rules)


def abstract(boxed: PyTree, mesh: Mesh, rules: Rules) -> PyTree:
    """Shapes, dtypes and shardings of a boxed tree, unboxed."""
    return jax.tree.map(
        lambda x, sharding: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding),
        meta.unbox(boxed),
        _box_shardings(boxed, mesh, rules),
    )


def state_shardings(task: Any, batch: PyTree, mesh: Mesh, rules: Rules) -> PyTree:
    """The sharding of every leaf of the unboxed state; see `abstract_state`."""
    return jax.tree.map(lambda x: x.sharding, abstract_state(task, batch, mesh, rules))


def init_state(
    task: Any, batch: PyTree, rng: jax.Array, *, mesh: Mesh, rules: Rules
) -> PyTree:
    """Computes the first state where it belongs: no device ever holds all of it.

    Args:
        task: a training task.
        batch: one global batch, of which only shapes and dtypes are read.
        rng: key of the random start; the same on every mesh gives the same state.
        mesh: the mesh to lie on.
        rules: logical axis rules.

    Returns:
        The unboxed state, sharded.
    """
    init = _init_function(task, batch)
    # Outside `use_mesh`: the names in the boxes decide through `out_shardings`, which
    # knows which dimensions do not divide; as constraints they would fail on those.
    compiled = jax.jit(
        lambda rng: meta.unbox(init(rng)),
        out_shardings=state_shardings(task, batch, mesh, rules),
    )
    return compiled(rng)


def replicated(mesh: Mesh) -> NamedSharding:
    """The sharding of what every device holds whole."""
    return NamedSharding(mesh, PartitionSpec())


def batch_sharding(mesh: Mesh) -> NamedSharding:
    """The sharding of arrays `[batch, ...]`: cut along the data axis."""
    return NamedSharding(mesh, PartitionSpec(DATA_AXIS))


def abstract_batch(shapes: PyTree, mesh: Mesh) -> PyTree:
    """Gives the shapes of a global batch the shardings that `put_batch` would.

    Raises:
        ValueError: if the rows do not divide.
    """
    for name, array in shapes.items():
        _check_rows(name, array.shape[0], mesh)
    sharding = batch_sharding(mesh)
    return jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding), shapes
    )


def put_batch(batch: PyTree, mesh: Mesh) -> PyTree:
    """Lays this process's share of a batch onto the mesh.

    Args:
        batch: NumPy arrays `[batch, ...]`, this process's rows.
        mesh: the mesh; its data axis must divide the rows of all processes.

    Returns:
        The global batch as sharded arrays.

    Raises:
        ValueError: if the rows do not divide.
    """
    for name, array in batch.items():
        _check_rows(name, array.shape[0] * jax.process_count(), mesh)
    sharding = batch_sharding(mesh)
    return {
        name: jax.make_array_from_process_local_data(sharding, np.asarray(array))
        for name, array in batch.items()
    }


def _check_rows(name: str, rows: int, mesh: Mesh) -> None:
    shares = mesh.shape[DATA_AXIS]
    if rows % shares:
        raise ValueError(
            f"batch {name!r} has {rows} rows, which do not divide over the "
            f"{shares} shares of the mesh axis {DATA_AXIS!r}: choose a multiple "
            f"of {shares}"
        )
