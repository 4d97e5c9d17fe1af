"""Nothing large is written into a program: what a training reads, it is given.

All trainings at the paper's sizes, traced from shapes: nothing is computed.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend import core

from musiclm_jax import bundle
from musiclm_jax.cli import config, train
from musiclm_jax.parallel import sharding
from musiclm_jax.programs import training
from musiclm_jax.training import evaluation, frozen

LIMIT = 10e6
FOLDER = config.configs_folder() / "runs"
OTHERS = {"describe", "generate", "prepare", "tokenize"}
TRAININGS = sorted({path.stem for path in FOLDER.glob("*.gin")} - OTHERS)
# Trainings on a part that is trained already, and the run of the part.
ON_PARTS = {
    "centroids": "semantic",
    "mulan_rvq": "mulan",
    "melody_rvq": "melody",
    "image_tower": "mulan",
}
PLACES = ("MODEL_DIR", "DATA_DIR", "VOCABULARY", "BUNDLE", "TOKENS")


def constant_bytes(jaxpr):
    """Of arrays that a program holds in itself, in all that it calls."""
    found = sum(np.asarray(x).nbytes for x in getattr(jaxpr, "consts", ()))
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        literals = (x.val for x in equation.invars if isinstance(x, core.Literal))
        found += sum(np.asarray(value).nbytes for value in literals)
        for inner in jax.tree.leaves(
            list(equation.params.values()),
            is_leaf=lambda x: isinstance(x, core.ClosedJaxpr | core.Jaxpr),
        ):
            if isinstance(inner, core.ClosedJaxpr | core.Jaxpr):
                found += constant_bytes(inner)
            elif isinstance(inner, np.ndarray | jax.Array):
                found += inner.nbytes
    return found


def test_constants_are_found_wherever_they_are():
    table = np.ones((500, 1000), np.float32)

    def program(x):
        return jax.lax.scan(lambda y, _: (jax.jit(jnp.add)(y, table), None), x, None, 3)

    shape = jax.ShapeDtypeStruct(table.shape, table.dtype)
    assert table.nbytes <= constant_bytes(jax.make_jaxpr(program)(shape))
    assert constant_bytes(jax.make_jaxpr(lambda x: 2.0 * x)(shape)) < 100


def load(run):
    """The task of a run at the paper's sizes, the shapes of its batches, the rules."""
    files = (f"runs/{run}.gin", "sizes/paper.gin")
    # A bundle's own, of which there is none.
    words = ("VOCABULARY='.'",) if run == "image_tower" else ()
    config.load(config.GinArguments(files, words, ()), blank=PLACES)
    task, batches, rules = (
        config.build(train.train, name) for name in ("task", "batches", "rules")
    )
    return task, batches.shapes(), rules


def part_of(run):
    """A part of a bundle, of zeros that no memory is taken for."""
    task, shapes, _ = load(run)
    init = jax.eval_shape(task.init, jax.random.key(0), shapes)
    params = jax.eval_shape(task.inference_params, nn.meta.unbox(init))
    return task.config, jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), params)


@pytest.mark.parametrize("run", TRAININGS)
def test_programs_of_a_training_hold_nothing_large(monkeypatch, run):
    if run in ON_PARTS:
        part = part_of(ON_PARTS[run])
        monkeypatch.setattr(bundle, "load_part", lambda folder, name: part)
    task, shapes, rules = load(run)
    mesh = sharding.make_mesh()
    given = frozen.abstract_frozen(task, mesh, rules)
    state = sharding.abstract_state(task, shapes, mesh, rules)
    batch = sharding.abstract_batch(shapes, mesh)
    step = training.trace_train_step(task, shapes, mesh=mesh, rules=rules)
    with sharding.use_mesh(mesh, rules):
        measure = evaluation.compile_eval_step(task, mesh=mesh)
        measured = measure.trace(state, batch, given)
    start = jax.make_jaxpr(task.init)(jax.random.key(0), shapes)
    for jaxpr in (step.jaxpr, measured.jaxpr, start):
        assert constant_bytes(jaxpr) < LIMIT
    # And what is frozen is there, as an argument.
    assert (given is not None) == (run in ON_PARTS)
    read = {leaf.shape for leaf in jax.tree.leaves(given)}
    assert read <= {leaf.shape for leaf in step.jaxpr.in_avals}
