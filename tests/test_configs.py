"""Every gin file reads, builds its task, and has the sizes that it claims."""

import dataclasses
import functools
import re

import flax.linen as nn
import jax
import numpy as np
import pytest

from musiclm_jax import bundle
from musiclm_jax.cli import config, train
from musiclm_jax.evaluation import trials
from musiclm_jax.mulan import text_start
from musiclm_jax.mulan.sentence_tower import SentenceTowerConfig
from musiclm_jax.mulan.text_tower import TextTowerConfig
from musiclm_jax.parallel import sharding
from musiclm_jax.training import loop

FOLDER = config.configs_folder()
RUNS = sorted(path.stem for path in (FOLDER / "runs").glob("*.gin"))
# Runs that train; the others read data only.
TRAININGS = [
    run for run in RUNS if run not in ("describe", "generate", "prepare", "tokenize")
]
STAGES = ("semantic_stage", "coarse_stage", "coarse_of_mulan", "fine_stage")
ON_FROZEN_PARTS = ("centroids", "mulan_rvq", "melody_rvq", "image_tower")
SIZES = ("tiny", "small", "paper")
# What a command line gives; nothing is read from there.
GIVEN = """
MODEL_DIR = 'runs'
DATA_DIR = 'data'
VOCABULARY = 'vocabulary.json'
BUNDLE = 'bundle'
TOKENS = 'tokens'
"""


@pytest.fixture
def load(tmp_path):
    (tmp_path / "given.gin").write_text(GIVEN)

    def load(run, size, *bindings):
        files = (f"runs/{run}.gin", f"sizes/{size}.gin", "given.gin")
        config.load(config.GinArguments(files, bindings, (str(tmp_path),)))

    return load


def _build(run):
    task = config.build(train.train, "task")
    return task, config.build(train.train, "batches").shapes()


def _init(task, batch):
    state = jax.eval_shape(task.init, jax.random.key(0), batch)
    return nn.meta.unbox(state)


def _count(tree):
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(tree))


@pytest.fixture
def frozen_parts(load, monkeypatch):
    """Stands in for a bundle of `size`: the parts of its runs, all zeros."""

    def freeze(size):
        parts = {}
        for part in ("semantic", "mulan", "melody"):
            load(part, size)
            task, batch = _build(part)
            shapes = jax.eval_shape(task.inference_params, _init(task, batch))
            parts[part] = (
                task.config,
                jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), shapes),
            )
        monkeypatch.setattr(bundle, "load_part", lambda folder, part: parts[part])

    return freeze


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("run", RUNS)
def test_file_reads(load, run, size):
    load(run, size)


@pytest.mark.parametrize("run", TRAININGS)
def test_tiny_run_takes_a_step(load, frozen_parts, run):
    if run in ON_FROZEN_PARTS:
        frozen_parts("tiny")
    load(run, "tiny")
    task, batch = _build(run)
    state = _init(task, batch)
    rng = jax.eval_shape(lambda: jax.random.key(0))
    after, metrics = jax.eval_shape(task.train_step, state, batch, rng)
    shapes = [jax.tree.map(lambda x: x.shape, tree) for tree in (state, after)]
    assert shapes[0] == shapes[1]
    assert any(name.startswith("loss/") for name in metrics)
    assert all(value.shape == () for value in metrics.values())
    jax.eval_shape(task.eval_step, state, batch)
    assert _count(jax.eval_shape(task.inference_params, state)) > 0


@pytest.mark.parametrize(
    ("size", "parameters", "rel"), [("small", 60e6, 0.1), ("paper", 430e6, 0.01)]
)
@pytest.mark.parametrize("run", STAGES)
def test_stages_have_the_parameters_that_their_size_claims(
    load, run, size, parameters, rel
):
    load(run, size)
    count = _count(_init(*_build(run)).params)
    assert count == pytest.approx(parameters, rel=rel)


@pytest.mark.parametrize("size", ["small", "paper"])
def test_melody_codebooks_are_fitted_to_melodies(load, frozen_parts, size):
    """Size files say what MuLan's codebooks are fitted to, and these are others."""
    frozen_parts(size)
    load("melody_rvq", size)
    task, batch = _build("melody_rvq")
    sizes = task.config.num_quantizers, task.config.codebook_size
    embeddings = jax.eval_shape(lambda f, x: f(x), task.frozen, batch)
    assert embeddings.shape[1:] == (2, 192)
    # MusicLM, appendix C.
    assert sizes == {"small": (12, 256), "paper": (24, 512)}[size]


def test_paper_prefix_of_melody_is_84_tokens():
    """MusicLM, appendix C: three embeddings of ten seconds, behind 12 MuLan tokens."""
    files = ("runs/semantic_stage.gin", "sizes/paper.gin", "shared/melody.gin")
    given = ("SEMANTIC_STAGE_SECONDS=10.0", "TOKENS='t'", "BUNDLE='b'", "MODEL_DIR='m'")
    config.load(config.GinArguments(files, given, ()))
    task = config.build(train.train, "task")
    assert task.config.layout(10.0).prefix_length == 12 + 72


def test_paper_semantic_model_has_600_million_parameters(load):
    load("semantic", "paper")
    count = _count(_init(*_build("semantic")).params)
    assert count == pytest.approx(600e6, rel=0.05)


def test_paper_towers_are_resnet_50_and_bert_base(load):
    load("mulan", "paper")
    params = _init(*_build("mulan")).params
    # Known counts without the classifier and the pooler; the projections come on top.
    assert _count(params["audio_tower"]) == pytest.approx(23.5e6, rel=0.02)
    assert _count(params["text_tower"]) == pytest.approx(109e6, rel=0.02)


@pytest.mark.parametrize("run", STAGES)
def test_the_table_of_a_paper_stage_is_split_over_model(load, run):
    load(run, "paper")
    task, batch = _build(run)
    mesh = sharding.make_mesh(2, 4)
    for rules in (sharding.DEFAULT_RULES, sharding.FULLY_SHARDED_RULES):
        state = sharding.abstract_state(task, batch, mesh, rules)
        assert state.params["table"].sharding.spec[0] == "model"


def _set_in(text):
    return set(re.findall(r"^([A-Z_0-9]+) = ", text, flags=re.MULTILINE))


def _read_in(text):
    return set(re.findall(r"%([A-Z_0-9]+)", text))


def test_sizes_set_the_same_names_and_runs_read_all_of_them():
    shared = {path.stem: path.read_text() for path in (FOLDER / "shared").glob("*.gin")}
    # A size takes one of these, and sets what no other file reads.
    towers = {name: shared.pop(name) for name in ("resnet_tower", "temporal_tower")}
    others = "".join(
        [
            *shared.values(),
            *((FOLDER / "runs" / f"{run}.gin").read_text() for run in RUNS),
        ]
    )
    # What only a smaller size wants has its default where it is read.
    defaults = _set_in(others)
    names, own = {}, {}
    for size in SIZES:
        text = (FOLDER / "sizes" / f"{size}.gin").read_text()
        (tower,) = (name for name in towers if f"include 'shared/{name}.gin'" in text)
        names[size] = _set_in(text)
        own[size] = _read_in(towers[tower]) - _read_in(others)
        assert own[size] <= names[size]
        assert names[size] <= _read_in(others) | own[size] | _read_in(text)
    for size in ("tiny", "small"):
        assert names["paper"] - own["paper"] <= names[size]
        assert names[size] - names["paper"] - own[size] <= defaults


@pytest.mark.parametrize("run", RUNS)
def test_header_gives_a_command_that_the_files_answer(run):
    header = (FOLDER / "runs" / f"{run}.gin").read_text().partition("\n\n")[0]
    assert f"--gin_file=runs/{run}.gin" in header
    given = set(re.findall(r"--gin\.([A-Z_]+)=", header))
    given |= {"MODEL_DIR"} if "--model_dir=" in header else set()
    lines = [line for line in GIVEN.splitlines() if line.partition(" =")[0] in given]
    bindings = tuple(lines)
    files = (f"runs/{run}.gin", "sizes/tiny.gin")
    config.load(config.GinArguments(files, bindings, ()))


@pytest.mark.parametrize("size", SIZES)
def test_a_published_language_model_in_the_place_of_a_random_tower(
    load, tmp_path, size
):
    """Sizes and vocabulary are the model's, and it has a rate of its own."""
    published = TextTowerConfig(
        vocab_size=50,
        max_length=512,
        num_layers=3,
        num_heads=2,
        embed_dim=8,
        mlp_dim=12,
        dropout_rate=0.0,
        scan_layers=False,
        dtype="float32",
    )
    start = tmp_path / "start"
    text_start.write(start, published, {"words": np.ones(2)}, b"{}")
    (tmp_path / "no_vocabulary.gin").write_text(GIVEN.replace("VOCABULARY", "OTHER"))
    files = ("runs/mulan.gin", f"sizes/{size}.gin", "shared/text_start.gin")
    config.load(
        config.GinArguments(
            (*files, "no_vocabulary.gin"),
            (f"TEXT_START={str(start)!r}", "DTYPE='bfloat16'", "SCAN_LAYERS=True"),
            (str(tmp_path),),
        )
    )
    task, shapes = _build("mulan")
    length = shapes["text"].shape[1]
    assert task.config.text_tower == dataclasses.replace(
        published,
        max_length=length,
        dropout_rate=0.1,
        scan_layers=True,
        dtype="bfloat16",
    )
    assert task.text_start == text_start.TextStart(str(start))
    batches = config.build(train.train, "batches")
    assert batches.vocabulary == str(start / text_start.VOCABULARY)
    assert _count(_init(task, shapes).params["text_tower"]["layers"]["mlp_in"]) == (
        3 * (8 * 12 + 12)
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_sentence_encoder_that_stays_as_it_is(load, tmp_path, size):
    """What is trained is its head alone, and no vocabulary is given."""
    encoder = TextTowerConfig(
        vocab_size=50,
        max_length=512,
        num_layers=2,
        num_heads=2,
        embed_dim=8,
        mlp_dim=12,
        dropout_rate=0.0,
        scan_layers=False,
        dtype="float32",
    )
    tokens = np.ones((1, 4), np.int32)
    init = functools.partial(encoder.module(1).init, jax.random.key(0), tokens)
    params = nn.meta.unbox(init(train=False)["params"])
    params.pop("projection")
    start = tmp_path / "start"
    text_start.write(start, encoder, params, b"{}")
    (tmp_path / "no_vocabulary.gin").write_text(GIVEN.replace("VOCABULARY", "OTHER"))
    files = ("runs/mulan.gin", f"sizes/{size}.gin", "shared/sentence_encoder.gin")
    given = (f"TEXT_START={str(start)!r}", "MULAN_BATCH=4")
    config.load(
        config.GinArguments((*files, "no_vocabulary.gin"), given, (str(tmp_path),))
    )
    task, shapes = _build("mulan")
    state = _init(task, shapes)
    assert set(state.params["text_tower"]) == {"pooling", "projection"}
    tower = jax.eval_shape(task.inference_params, state)["text_tower"]
    assert tower["words"]["embedding"].shape == (50, 8)
    assert isinstance(task.config.text_tower, SentenceTowerConfig)


def test_mulan_has_a_recipe_of_its_own(load):
    load("mulan", "paper", "MULAN_STEPS=7", "MULAN_PEAK_LR=0.5", "EMA_DECAY=0.25")
    task, _ = _build("mulan")
    assert task.ema_decay == 0.25
    assert config.build(train.train, "cadence").num_steps == 7
    params = {"kernel": np.zeros((2, 2), np.float32)}
    updates, _ = task.optimizer.update(
        {"kernel": np.ones((2, 2), np.float32)}, task.optimizer.init(params), params
    )
    # Adam's first step has the size of the rate, here at the start of the warm-up.
    steps = 10_000
    np.testing.assert_allclose(updates["kernel"], -0.5 / steps, rtol=1e-3)


def test_the_tiny_size_brings_a_loss_that_ends(load):
    load("mulan", "paper")
    assert _build("mulan")[0].loss.__name__ == "decoupled"
    load("mulan", "tiny")
    assert _build("mulan")[0].loss.__name__ == "info_nce"


@pytest.mark.parametrize("run", ["codec", "mulan"])
def test_a_mixture_in_the_place_of_a_data_set(tmp_path, run):
    (tmp_path / "given.gin").write_text(GIVEN.partition("BUNDLE")[0])
    (tmp_path / "a.wav").touch()
    files = (f"runs/{run}.gin", "sizes/tiny.gin", "shared/mixture.gin", "given.gin")
    bindings = (f"AUDIO_FOLDER={str(tmp_path)!r}", "OWN_WEIGHT=3.0")
    config.load(config.GinArguments(files, bindings, (str(tmp_path),)))
    batches = config.build(train.train, "batches")
    (first, share), (own, own_share) = batches.dataset.parts
    assert (first.name, share, own.name, own_share) == (
        "synth_music", 1.0, "audio_folder", 3.0,
    )  # fmt: skip
    assert own.data_dir == first.data_dir and own.config.folder == str(tmp_path)


def test_a_mixture_of_token_folders(tmp_path):
    # As the comment of shared/mixture.gin says it.
    text = (FOLDER / "shared" / "mixture.gin").read_text().partition("\n\n")[0]
    lines = [line[4:] for line in text.splitlines() if line.startswith("#   ")]
    (tmp_path / "given.gin").write_text(GIVEN)
    (tmp_path / "mine.gin").write_text("\n".join(lines[1:]))
    files = ("runs/coarse_stage.gin", "sizes/tiny.gin", "given.gin", "mine.gin")
    config.load(config.GinArguments(files, (), (str(tmp_path),)))
    folder = config.build(train.train, "batches").folder
    assert folder.parts == (("tokens", 1.0), ("own_tokens", 3.0))


@pytest.mark.parametrize(
    ("run", "binding", "said"),
    [
        ("semantic_stage", "EMA_DECAY=2", "ema_decay is 2; it must be"),
        ("semantic_stage", "EMA_DECAY=1e400", "inf"),
        ("semantic_stage", "LM_DROPOUT=1.0", "dropout_rate is 1.0; it must be"),
        ("semantic_stage", "LM_PEAK_LR=-0.1", "peak_lr is -0.1; it must be"),
        ("semantic_stage", "LM_WARMUP_STEPS=-1", "warmup_steps is -1; it must be"),
        ("mulan", "EMA_DECAY=-0.5", "ema_decay is -0.5; it must be"),
        ("codec", "CODEC_BATCH=0", "batch_size is 0; it must be"),
        (
            "semantic_stage",
            "stage/optimizers.adamw.clip_norm=0",
            "clip_norm is 0; it must be",
        ),
        ("codec", "EVAL_EVERY=0", "eval_every is 0; it must be"),
    ],
)
def test_numbers_of_trainings_are_judged(run, binding, said):
    places = ("MODEL_DIR", "DATA_DIR", "VOCABULARY", "BUNDLE", "TOKENS")
    files = (f"runs/{run}.gin", "sizes/tiny.gin")
    with pytest.raises(ValueError, match=said):
        config.load(config.GinArguments(files, (binding,), ()), blank=places)
        for argument in ("task", "batches", "cadence"):
            config.build(train.train, argument)


@pytest.mark.parametrize(
    ("run", "trial", "kind", "binding"),
    [
        ("semantic_stage", "pieces", trials.PiecesTrial, "TRIAL_DATA_DIR='data'"),
        ("tone_codec", "codec", trials.CodecTrial, "TRIAL_LEVELS=(1, 2)"),
    ],
)
def test_what_a_run_is_tried_by(tmp_path, monkeypatch, run, trial, kind, binding):
    (tmp_path / "given.gin").write_text(GIVEN)
    files = (f"runs/{run}.gin", "sizes/tiny.gin", f"shared/{trial}_trial.gin")
    bindings = (binding, "TRIAL_EVERY=7", f"MODEL_DIR={str(tmp_path / 'run')!r}")
    config.load(config.GinArguments((*files, "given.gin"), bindings, (str(tmp_path),)))
    called = {}
    monkeypatch.setattr(loop, "fit", lambda *_, **how: called.update(how))
    config.call(train.train)
    (bound,) = called["trials"]
    assert isinstance(bound, kind) and (bound.name, bound.every) == (trial, 7)


def _go_on_from_the_box(tmp_path, run, *bindings):
    (tmp_path / "given.gin").write_text(GIVEN)
    files = (f"runs/{run}.gin", "sizes/tiny.gin", "shared/warm_start.gin", "given.gin")
    config.load(config.GinArguments(files, bindings, (str(tmp_path),)))
    task, batch = _build(run)
    state = jax.tree.map(
        lambda x: jax.numpy.zeros(x.shape, x.dtype), _init(task, batch)
    )
    return task.inference_params(task.with_start(state))


@pytest.mark.parametrize(
    ("run", "part"),
    [
        ("semantic_stage", "semantic_stage"),
        ("soundstorm", "soundstorm"),
        ("tone_codec", "codec"),
    ],
)
def test_trainings_go_on_from_the_model_in_the_box(tmp_path, run, part):
    begun = _go_on_from_the_box(tmp_path, run)
    _, params = bundle.load_part(bundle.default_folder(), part)
    jax.tree.map(np.testing.assert_array_equal, begun, params)


def test_a_start_of_other_sizes_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"the model in .* has num_quantizers 6, and"):
        _go_on_from_the_box(tmp_path, "tone_codec", "TONE_LEVELS=5")
