"""A text tower that starts as a language model: from its folder into a first state."""

import dataclasses
import json

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.mulan import losses, network, text_start
from musiclm_jax.mulan import task as task_lib
from musiclm_jax.mulan.augment import SpecAugmentConfig
from musiclm_jax.parallel import sharding

BATCH = {
    "audio": jax.ShapeDtypeStruct((8, 1000), np.float32),
    "text": jax.ShapeDtypeStruct((8, 4), np.int32),
}


def published_config(config):
    """Longer texts, more layers and wider ones than of the tests' own tower."""
    return dataclasses.replace(
        config.text_tower, num_layers=3, max_length=9, mlp_dim=64, dropout_rate=0.0
    )


@pytest.fixture(scope="module")
def published(config):
    """Parameters of a tower without the projection, all different."""
    config = dataclasses.replace(config, text_tower=published_config(config))
    shapes = jax.eval_shape(
        lambda: network.init_params(config, jax.random.key(0))["text_tower"]
    )
    rng = np.random.default_rng(5)
    params = jax.tree.map(
        lambda leaf: rng.normal(size=leaf.shape).astype(np.float32),
        nn.meta.unbox(shapes),
    )
    return {name: value for name, value in params.items() if name != "projection"}


@pytest.fixture(scope="module")
def folder(config, published, tmp_path_factory):
    folder = tmp_path_factory.mktemp("starts") / "start"
    text_start.write(folder, published_config(config), published, b"{}")
    return folder


def make_task(config, folder, **fields):
    free = {"max_length": 6, "dropout_rate": 0.1, "scan_layers": False}
    tower = text_start.tower_config(
        folder=str(folder), dtype="float32", **(free | fields)
    )
    return task_lib.MuLanTask(
        config=dataclasses.replace(config, text_tower=tower),
        optimizer=optax.multi_transform(
            {"new": optax.adam(1e-2), "published": optax.adam(1e-3)}, text_start.parts
        ),
        augment=SpecAugmentConfig(
            num_time_masks=0,
            max_time_share=0.0,
            num_frequency_masks=0,
            max_frequency_share=0.0,
        ),
        loss=losses.decoupled,
        ema_decay=0.99,
        text_start=text_start.TextStart(str(folder)),
    )


def first_state(task, mesh):
    rules = sharding.FULLY_SHARDED_RULES
    return sharding.init_state(task, BATCH, jax.random.key(3), mesh=mesh, rules=rules)


@pytest.mark.parametrize("scan_layers", [False, True])
def test_the_first_state_holds_the_language_model(
    config, published, folder, scan_layers
):
    task = make_task(config, folder, scan_layers=scan_layers)
    random = first_state(task, sharding.make_mesh(4, 2))
    state = task.with_start(random)
    # Where it lies, its types and its shapes are those of a state without a start.
    for path, old in jax.tree_util.tree_leaves_with_path(random):
        new = state
        for key in path:
            new = getattr(new, key.name) if hasattr(key, "name") else new[_key(key)]
        assert (new.shape, new.dtype) == (old.shape, old.dtype), path
        assert new.sharding == old.sharding, path
    for params in (state.params, state.ema_params):
        tower = jax.device_get(params["text_tower"])
        positions = published["positions"]["embedding"]
        np.testing.assert_array_equal(tower["positions"]["embedding"], positions[:6])
        for name in ("words", "embedding_norm"):
            jax.tree.map(np.testing.assert_array_equal, tower[name], published[name])
        for number in range(3):
            if scan_layers:
                layer = jax.tree.map(lambda leaf: leaf[number], tower["layers"])  # noqa: B023
            else:
                layer = tower[f"layer{number}"]
            jax.tree.map(
                np.testing.assert_array_equal, layer, published[f"layer{number}"]
            )
    # The rest is as it was drawn, the projection among it.
    for name in ("audio_tower", "log_scale"):
        assert state.params[name] is random.params[name]
    new, old = (s.params["text_tower"]["projection"] for s in (state, random))
    assert new is old
    leaves = jax.tree.leaves((state.params["text_tower"], state.ema_params))
    pointers = {leaf.addressable_data(0).unsafe_buffer_pointer() for leaf in leaves}
    assert len(pointers) == len(leaves)  # a step donates them: none is there twice


def _key(key):
    return key.key if hasattr(key, "key") else key.idx


def test_parameters_are_no_constants_of_a_program(config, folder):
    """Nor is the folder's safetensors file read when a task is built or traced."""
    weights = folder / text_start.WEIGHTS
    hidden = weights.rename(folder / "hidden")
    try:
        task = make_task(config, folder)
        state = first_state(task, sharding.make_mesh(4, 2))
        with pytest.raises(FileNotFoundError, match=r"no text_tower\.safetensors"):
            task.with_start(state)
    finally:
        hidden.rename(weights)


def test_a_tower_of_other_sizes_is_refused_with_both(config, folder):
    """The sizes of the test's own tower are not those of the start."""
    task = make_task(config, folder)
    with pytest.raises(ValueError) as error:
        dataclasses.replace(task, config=config)
    assert str(error.value) == (
        "the text tower has num_layers=1, mlp_dim=16, the language model in "
        f"{folder} num_layers=3, mlp_dim=64: one cannot start as the other"
    )
    with pytest.raises(ValueError, match=r"has max_length=10, .* max_length=9"):
        make_task(config, folder, max_length=10)


def test_no_start_leaves_the_state_as_it_is(config):
    task = make_task_without_start(config)
    state = object()
    assert task.with_start(state) is state


def make_task_without_start(config):
    return task_lib.MuLanTask(
        config=config,
        optimizer=optax.adam(1e-2),
        augment=None,
        loss=losses.info_nce,
        ema_decay=0.99,
    )


def make_frozen_task(config, folder, **fields):
    """A task whose text tower reads the published encoder and leaves it as it is."""
    free = {"max_length": 6, "dropout_rate": 0.0, "scan_layers": False}
    tower = text_start.sentence_tower_config(
        encoder=text_start.tower_config(
            folder=str(folder), dtype="float32", **(free | fields)
        ),
        num_readings=2,
        reading_dim=4,
        reading_dropout_rate=0.0,
    )
    return dataclasses.replace(
        make_task_without_start(dataclasses.replace(config, text_tower=tower)),
        augment=make_task(config, folder).augment,
        frozen=text_start.encoder(folder=str(folder), config=tower),
    )


@pytest.mark.parametrize("scan_layers", [False, True])
def test_an_encoder_that_stays_is_no_part_of_the_state(config, folder, scan_layers):
    task = make_frozen_task(config, folder, scan_layers=scan_layers)
    state = jax.eval_shape(task.init, jax.random.key(0), BATCH)
    assert set(state.params["text_tower"]) == {"pooling", "projection"}
    encoder = {"words", "positions", "embedding_norm"}
    layers = {"layers"} if scan_layers else {"layer0", "layer1", "layer2"}
    assert set(task.frozen) == encoder | layers
    boxes = jax.tree.leaves(task.frozen, is_leaf=lambda x: hasattr(x, "names"))
    assert all(len(box.names) == box.value.ndim for box in boxes)


def test_an_encoder_that_stays_is_exported_as_it_was(config, folder, published):
    """And what stands on it learns a batch by heart."""
    task = dataclasses.replace(
        make_frozen_task(config, folder), optimizer=optax.adam(3e-3)
    )
    time = np.arange(1000) / 1000
    pitch = 40.0 + 100.0 * np.arange(4)
    batch = {
        "audio": np.sin(2 * np.pi * pitch[:, None] * time).astype(np.float32),
        "text": np.tile(np.arange(4, dtype=np.int32)[:, None] + 2, (1, 4)),
    }
    state = jax.jit(task.init)(jax.random.key(0), batch)
    train_step = jax.jit(task.train_step)
    for step in range(150):
        state, _ = train_step(state, batch, jax.random.key(step))
    assert jax.jit(task.eval_step)(state, batch)["loss/total"] < 0.1
    tower = task.inference_params(state)["text_tower"]
    expected = published["positions"]["embedding"][:6]
    np.testing.assert_array_equal(tower["positions"]["embedding"], expected)
    for name in published.keys() - {"positions"}:
        jax.tree.map(np.testing.assert_array_equal, tower[name], published[name])
    embedding = network.embed_texts(task.config, {"text_tower": tower}, batch["text"])
    assert embedding.shape == (4, 6)


def test_an_encoder_of_other_sizes_is_refused(config, folder):
    with pytest.raises(ValueError, match=r"num_layers=1, mlp_dim=16, the language"):
        text_start.encoder(folder=str(folder), config=config.text_tower)


def test_what_is_published_has_a_rate_of_its_own():
    """With the labels, one optimizer moves what is new and another the rest."""
    params = {
        "audio_tower": {"stem": jnp.zeros(2)},
        "text_tower": {"words": jnp.zeros(2), "projection": {"bias": jnp.zeros(2)}},
        "log_scale": jnp.zeros(()),
    }
    optimizer = optax.multi_transform(
        {"new": optax.sgd(1.0), "published": optax.sgd(0.25)}, text_start.parts
    )
    gradient = jax.tree.map(jnp.ones_like, params)
    updates, _ = optimizer.update(gradient, optimizer.init(params), params)
    rates = jax.tree.map(lambda x: -float(x.mean()), updates)
    assert rates == {
        "audio_tower": {"stem": 1.0},
        "text_tower": {"words": 0.25, "projection": {"bias": 1.0}},
        "log_scale": 1.0,
    }


def test_damaged_folders_are_named(config, folder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no start .* it has no text_tower"):
        make_task(config, tmp_path)
    path = tmp_path / text_start.CONFIG
    path.write_text("{")
    with pytest.raises(ValueError, match=r"text_tower\.json is damaged: it is not"):
        make_task(config, tmp_path)
    fields = json.loads((folder / text_start.CONFIG).read_text())
    path.write_text(json.dumps(fields | {"width": 3}))
    with pytest.raises(ValueError, match="unknown field width"):
        make_task(config, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"it has no vocabulary\.json"):
        text_start.vocabulary(folder=str(tmp_path))
    # Parameters of another tower.
    path.write_text(json.dumps(fields | {"mlp_dim": 32}))
    weights = (folder / text_start.WEIGHTS).read_bytes()
    (tmp_path / text_start.WEIGHTS).write_bytes(weights)
    task = make_task(config, tmp_path)
    state = first_state(task, sharding.make_mesh(4, 2))
    with pytest.raises(ValueError, match="is damaged: not the parameters of its"):
        task.with_start(state)
    (tmp_path / text_start.WEIGHTS).write_bytes(weights[:-9])
    with pytest.raises(ValueError, match="is damaged: not a safetensors file"):
        task.with_start(state)
