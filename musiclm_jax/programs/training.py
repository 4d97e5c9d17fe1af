"""The program of a training step, from shapes alone."""

from typing import Any

import jax
import numpy as np
from flax.linen import meta
from jax.sharding import Mesh
from jax.stages import Traced

from musiclm_jax.parallel import sharding
from musiclm_jax.training import loop
from musiclm_jax.training.frozen import abstract_frozen
from musiclm_jax.training.train_state import TrainState


def trace_train_step(
    task: Any, shapes: dict[str, Any], *, mesh: Mesh, rules: sharding.Rules
) -> Traced:
    """Traces the step that `training.loop.fit` would run.

    Args:
        task: a `training.task.Task`.
        shapes: of a batch over all processes, what `Batches.shapes` gives.
        mesh: of devices that need not be there.
        rules: logical axis rules.

    Raises:
        ValueError: the batch does not divide over the mesh.
    """
    batch = sharding.abstract_batch(shapes, mesh)
    state = sharding.abstract_state(task, shapes, mesh, rules)
    step = jax.ShapeDtypeStruct((), np.int32, sharding=sharding.replicated(mesh))
    given = abstract_frozen(task, mesh, rules)
    train_step = loop.compile_train_step(task, state, seed=0)
    with sharding.use_mesh(mesh, rules):
        return train_step.trace(state, batch, step, given)


def count_parameters(task: Any, shapes: dict[str, Any]) -> int:
    """Counts what a task optimises, without computing it."""
    state = jax.eval_shape(task.init, jax.random.key(0), shapes)
    states = jax.tree.leaves(state, is_leaf=lambda x: isinstance(x, TrainState))
    return sum(
        leaf.size
        for one in states
        if isinstance(one, TrainState)
        for leaf in jax.tree.leaves(one.params)
    )


def inference_shapes(task: Any, shapes: dict[str, Any]) -> Any:
    """Returns what a task leaves for inference, unboxed, as shapes and dtypes."""
    params = jax.eval_shape(
        lambda *given: task.inference_params(task.init(*given)),
        jax.random.key(0),
        shapes,
    )
    return meta.unbox(params)
