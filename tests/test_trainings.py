"""Every training computes the same on any mesh, and whatever is kept for its gradient.

The run files at tiny sizes, through what `fit` calls, on batches made here. Optimizers
are replaced by one that keeps the gradient as its state: comparing states compares
gradients.
"""

import dataclasses
import functools
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn
from jax.extend import core

from musiclm_jax import bundle
from musiclm_jax.cli import config, train
from musiclm_jax.parallel import sharding
from musiclm_jax.training import loop
from musiclm_jax.training.frozen import put_frozen, with_frozen

FOLDER = Path(__file__).parent
# By name: a run file, and further files and bindings on top of trainings.gin.
TRAININGS = {
    "codec": ("codec",),
    "codec_without_adversaries": (
        "codec",
        "codec_task.CodecTask.adversary=None",
    ),
    "tone_codec": ("tone_codec",),
    "semantic": ("semantic",),
    "deep_semantic": ("semantic", "SCAN_LAYERS=True"),
    "centroids": ("centroids",),
    "semantic_aspects": ("semantic_aspects",),
    "mulan": ("mulan",),
    "deep_mulan": ("mulan", "shared/resnet_tower.gin", "SCAN_LAYERS=True"),
    "mulan_rvq": ("mulan_rvq",),
    "residual_mulan_rvq": ("mulan_rvq", "shared/residual_quantizer.gin"),
    "melody": ("melody",),
    "melody_rvq": ("melody_rvq",),
    "image_tower": ("image_tower",),
    "semantic_stage": ("semantic_stage",),
    "semantic_stage_of_melody": ("semantic_stage", "shared/melody.gin"),
    "coarse_stage": ("coarse_stage",),
    "deep_coarse_stage": ("coarse_stage", "SCAN_LAYERS=True", "LM_MICROBATCHES=2"),
    "coarse_of_mulan": ("coarse_of_mulan",),
    "fine_stage": ("fine_stage",),
    "soundstorm": ("soundstorm",),
    "deep_soundstorm": ("soundstorm", "SCAN_LAYERS=True"),
}
# Trainings on a part that is trained already, and the run of the part.
FROZEN_PARTS = {
    "centroids": "semantic",
    "mulan_rvq": "mulan",
    "melody_rvq": "melody",
    "image_tower": "mulan",
}
# Those that fit codebooks alone: small enough to be whole on each device.
CODEBOOKS = {*FROZEN_PARTS, "semantic_aspects"} - {"image_tower"}
# Shares of the batch, shares of wide axes, axes of the mesh that split parameters.
# Where the batch has one share, both sets of rules are the same.
MESHES = [(8, 1, 1), (8, 1, 2), (4, 2, 1), (4, 2, 2), (2, 4, 1), (2, 4, 2), (1, 8, 1)]
# What is compiled in the default suite.
OFTEN = {
    "tone_codec": [(4, 2, 2)],
    "centroids": [(4, 2, 2)],
    "semantic_aspects": [(8, 1, 1)],
    "mulan": [(4, 2, 2)],
    "mulan_rvq": [(4, 2, 2)],
    "residual_mulan_rvq": [(8, 1, 1)],
    "melody": [(4, 2, 2)],
    "melody_rvq": [(8, 1, 1)],
    "image_tower": [(4, 2, 2)],
    "semantic_stage": [(4, 2, 2)],
    "semantic_stage_of_melody": [(8, 1, 2)],
    "deep_coarse_stage": [(4, 2, 2)],
    "fine_stage": [(8, 1, 1), (4, 2, 2), (1, 8, 1)],
    "soundstorm": [(4, 2, 2)],
}
NUM_STEPS = 2
TOLERANCE = 1e-5
# Gradients that are nearly nothing but rounding: the tolerance is of their whole tree.
CANCELLED = (
    # The softmax takes away what all keys share.
    r"text_tower.*\['key'\]\['bias'\]",
    # Of melodies: what moves all windows alike tells no tune from another.
    r"^[^']*\['(in|layer\d|norm|projection)'\].*\['bias'\]",
    # Sums over real less sums over decoded sound, which hardly differ at first.
    r"\.discriminator\..*\['bias'\]",
    # Standardised, by the quantizer once more, and no other ear before the blocks open.
    r"\['encoder'\]\['(norm|convolution_0)'\]",
)


def keep_gradient():
    return optax.chain(
        optax.trace(decay=0.0), optax.clip_by_global_norm(1.0), optax.scale(-1.0)
    )


def with_kept_gradients(task):
    """The task with `keep_gradient` for its optimizers, also for those of its parts."""
    changes = {}
    for field in dataclasses.fields(task):
        value = getattr(task, field.name)
        if field.name.endswith("optimizer"):
            changes[field.name] = keep_gradient()
        elif dataclasses.is_dataclass(value):
            changes[field.name] = with_kept_gradients(value)
    return dataclasses.replace(task, **changes)


def load(run, *bindings):
    files = (
        f"runs/{run}.gin",
        *(str(FOLDER / f) for f in ("micro.gin", "trainings.gin")),
        *(given for given in bindings if given.endswith(".gin")),
    )
    bindings = tuple(given for given in bindings if not given.endswith(".gin"))
    config.load(config.GinArguments(files, bindings, ()))
    return config.build(train.train, "batches").shapes()


def random_part(run):
    """Config and random parameters of a part."""
    shapes = load(run)
    task = config.build(train.train, "task")
    state = nn.meta.unbox(jax.eval_shape(task.init, jax.random.key(0), shapes))
    rng = np.random.default_rng(0)

    def draw(path, leaf):
        scale = 1.0 if path[-1].key == "scale" else 0.0
        return (scale + 0.3 * rng.normal(size=leaf.shape)).astype(leaf.dtype)

    params = jax.eval_shape(task.inference_params, state)
    return task.config, jax.tree_util.tree_map_with_path(draw, params)


@functools.cache
def build(run, *bindings):
    """The task of a run, and the shapes of its batches."""
    with pytest.MonkeyPatch.context() as patch:
        if run in FROZEN_PARTS:
            part = random_part(FROZEN_PARTS[run])
            patch.setattr(bundle, "load_part", lambda folder, name: part)
        shapes = load(run, *bindings)
        task = config.build(train.train, "task")
    return with_kept_gradients(task), shapes


def make_batch(shapes, seed):
    """Chords that swell in noise, pictures, captions of some words, codes."""
    rng = np.random.default_rng(seed)
    batch = {}
    for name, array in shapes.items():
        if name == "audio":
            rows, length = array.shape
            hz, phase = rng.uniform([100, 0], [4000, 6], (rows, 3, 2)).T[..., None]
            time = np.arange(length) / 24_000
            chord = np.sin(2 * np.pi * hz * time + phase).sum(axis=0)
            # Levels that move: what hardly does is all rounding once standardised.
            swell = np.logspace(-2, 0, length) * rng.uniform(0.1, 0.3, (rows, 1))
            x = (chord + 0.3 * rng.normal(size=array.shape)) * swell
        elif name == "image":
            x = rng.integers(0, 256, array.shape)
        elif name == "text":
            x = rng.integers(1, 32, array.shape)
            x *= np.arange(array.shape[1]) < rng.integers(3, 9, (len(x), 1))
        else:
            x = rng.integers(0, 4, array.shape)
        batch[name] = x.astype(array.dtype)
    return batch


def run_on(mesh, rules, run, *bindings, starts=None):
    """Host copies of (state, metrics) at the start and after each step.

    Steps begin at `starts`, where given, so that rounding does not add up.
    """
    task, shapes = build(run, *bindings)
    state = sharding.init_state(task, shapes, jax.random.key(7), mesh=mesh, rules=rules)
    shardings = jax.tree.map(lambda x: x.sharding, state)
    step = loop.compile_train_step(task, state, seed=3)
    frozen = put_frozen(task, mesh, rules)
    results = [jax.device_get((state, {}))]
    with sharding.use_mesh(mesh, rules):
        for number in range(NUM_STEPS):
            if starts is not None:
                state = jax.device_put(starts[number][0], shardings)
            batch = sharding.put_batch(make_batch(shapes, number), mesh)
            state, metrics = step(state, batch, np.int32(number), frozen)
            results.append(jax.device_get((state, metrics)))
    return results


@functools.cache
def on_one_device(name):
    mesh = sharding.make_mesh(devices=jax.devices()[:1])
    return run_on(mesh, sharding.DEFAULT_RULES, *TRAININGS[name])


def differences(one, many):
    """By leaf: how far it is from its twin, over its own norm or that of its tree."""
    leaves = [
        {jax.tree_util.keystr(path): leaf for path, leaf in tree}
        for tree in map(jax.tree_util.tree_leaves_with_path, (one, many))
    ]
    assert leaves[0].keys() == leaves[1].keys()
    norms, squares = {}, dict.fromkeys(map(tree_of, leaves[0]), 0.0)
    for path, leaf in leaves[0].items():
        norms[path] = np.linalg.norm(np.float64(leaf))
        squares[tree_of(path)] += norms[path] ** 2
    found = {}
    for path, norm in norms.items():
        if any(re.search(pattern, path) for pattern in CANCELLED):
            norm = np.sqrt(squares[tree_of(path)])
        gap = np.linalg.norm(np.float64(leaves[0][path]) - np.float64(leaves[1][path]))
        found[path] = gap / norm if norm else gap
    return found


def tree_of(path):
    return path.partition("['")[0]


def check_same(one, many):
    for (state, metrics), (same_state, same_metrics) in zip(one, many, strict=True):
        far = {k: v for k, v in differences(state, same_state).items() if v > TOLERANCE}
        assert not far
        assert metrics.keys() == same_metrics.keys()
        for name, value in metrics.items():
            # Some are small differences of numbers near one.
            np.testing.assert_allclose(
                same_metrics[name], value, rtol=TOLERANCE, atol=1e-6, err_msg=name
            )


def test_these_are_all_trainings():
    runs = {path.stem for path in (config.configs_folder() / "runs").glob("*.gin")}
    others = {"describe", "generate", "prepare", "tokenize"}
    assert {run for run, *_ in TRAININGS.values()} == runs - others


@pytest.mark.parametrize(
    ("name", "data", "model", "dims"),
    [
        pytest.param(
            name, *mesh, marks=() if mesh in OFTEN.get(name, ()) else pytest.mark.slow
        )
        for name in TRAININGS
        for mesh in MESHES
    ],
)
def test_many_devices_compute_what_one_does(name, data, model, dims):
    """Where parameters are split over both axes, layers forget activations as well."""
    mesh = sharding.make_mesh(data, model)
    rules = sharding.logical_axis_rules(parameter_partitioning_dims=dims)
    training = TRAININGS[name]
    task, shapes = build(*training)
    if dims == 2 and hasattr(task, "remat_policy"):
        training = (*training, "REMAT_POLICY='full'")
    places = jax.tree.leaves(sharding.state_shardings(task, shapes, mesh, rules))
    is_split = not all(place.is_fully_replicated for place in places)
    assert is_split == (model * dims > 1 and training[0] not in CODEBOOKS)
    one = on_one_device(name)
    check_same(one, run_on(mesh, rules, *training, starts=one))


@pytest.mark.parametrize(
    ("name", "levels", "codes", "left"),
    [("centroids", 1, 64, 0.2), ("residual_mulan_rvq", 4, 8, 0.01)],
)
def test_codebooks_learn_one_batch(name, levels, codes, left):
    """Of the spread of its embeddings only so much is left."""
    task, shapes = build(*TRAININGS[name], "pipelines.AudioBatches.crop_seconds=0.6")
    settings = dataclasses.replace(
        task.config, num_quantizers=levels, codebook_size=codes
    )
    task = dataclasses.replace(task, config=settings)
    batch = make_batch(shapes, 0)
    step = jax.jit(lambda frozen, *x: with_frozen(task, frozen).train_step(*x))
    state = task.init(jax.random.key(0), batch)
    for number in range(10):
        rng = jax.random.fold_in(jax.random.key(1), number)
        state, metrics = step(task.frozen, state, batch, rng)
    assert metrics["loss/relative_error"] < left


def bytes_a_device(name, data, model, dims):
    """Of parameters, their average and the optimizer's state."""
    task, shapes = build(*TRAININGS[name])
    mesh = sharding.make_mesh(data, model, devices=jax.devices()[: data * model])
    rules = sharding.logical_axis_rules(parameter_partitioning_dims=dims)
    state = sharding.abstract_state(task, shapes, mesh, rules)
    return sum(
        4 * np.prod(leaf.sharding.shard_shape(leaf.shape))
        for leaf in jax.tree.leaves(state)
    )


@pytest.mark.parametrize("name", ["codec", "deep_semantic", "deep_mulan", "fine_stage"])
def test_a_device_holds_less_the_more_there_are(name):
    whole = bytes_a_device(name, 1, 1, 1)
    assert bytes_a_device(name, 8, 1, 1) == whole
    assert bytes_a_device(name, 1, 8, 1) < 0.6 * whole
    split = [bytes_a_device(name, data, 1, 2) for data in (2, 8)]
    assert split[1] < 0.5 * whole and split[1] < split[0] < 0.8 * whole
    assert bytes_a_device(name, 4, 2, 2) < 0.4 * whole


@pytest.mark.parametrize(
    ("name", "in_float32"),
    [
        ("deep_coarse_stage", {"exp", "log", "reduce_max"}),
        ("deep_semantic", {"exp", "log", "reduce_max"}),
        ("deep_mulan", {"log", "reduce_max"}),  # BERT's activation has an exp as slope
    ],
)
def test_bfloat16_ends_at_the_products(name, in_float32):
    """State, metrics, softmax and losses stay in float32."""
    task, shapes = build(*TRAININGS[name], "DTYPE='bfloat16'")
    state = nn.meta.unbox(jax.eval_shape(task.init, jax.random.key(0), shapes))
    rng = jax.eval_shape(lambda: jax.random.key(0))
    step, (after, metrics) = jax.make_jaxpr(task.train_step, return_shape=True)(
        state, shapes, rng
    )
    for tree in (state, after, metrics):
        kinds = {leaf.dtype for leaf in jax.tree.leaves(tree)}
        assert kinds <= {jnp.dtype("float32"), jnp.dtype("int32")}
    computed = list(operand_types(step))
    assert ("dot_general", "bfloat16") in computed
    assert not {(operation, "bfloat16") for operation in in_float32} & set(computed)
    assert ("reduce_max", "float32") in computed


def operand_types(jaxpr):
    """Yields each primitive of a program with the type of its first operand."""
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        if equation.invars:
            yield equation.primitive.name, str(equation.invars[0].aval.dtype)
        for inner in core.jaxprs_in_params(equation.params):
            yield from operand_types(inner)
