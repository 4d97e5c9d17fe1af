"""The paper's ablation: acoustic tokens from MuLan tokens, without a semantic stage."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.linen import meta

from musiclm_jax import bundle, stages
from musiclm_jax.evaluation import memorisation, parts, perplexity
from musiclm_jax.generation import spans
from musiclm_jax.generation.acoustics import Acoustics
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.hierarchy import StageModel, no_progress
from musiclm_jax.generation.pipeline import MusicLM
from musiclm_jax.generation.score import Score
from musiclm_jax.generation.writing import Networks
from musiclm_jax.layers.heads_start import heads_start
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.sampling import sample
from musiclm_jax.lm.sampling_config import SamplingConfig
from musiclm_jax.lm.transformer import TransformerConfig
from musiclm_jax.tokens import TokenSpec, music_vocabulary

VOCABULARY = music_vocabulary(
    mulan=TokenSpec("mulan", 8, 3, 0.0),
    semantic=TokenSpec("semantic", 16, 1, 25.0),
    acoustic=TokenSpec("acoustic", 16, 3, 50.0),
)
NETWORK = TransformerConfig(
    num_layers=1,
    num_heads=2,
    head_dim=8,
    embed_dim=16,
    mlp_dim=16,
    dropout_rate=0.0,
    num_buckets=8,
    scan_layers=False,
)
STAGES = {
    "coarse_stage": stages.coarse_of_mulan(
        mulan_levels=3, coarse_levels=2, crop_seconds=0.2
    ),
    "fine_stage": stages.fine(coarse_levels=2, fine_levels=1, crop_seconds=0.1),
}
GREEDY = SamplingConfig(temperature=0.0)
CONFIG = GenerationConfig(coarse=GREEDY, fine=GREEDY, coarse_overlap=0.5)


def config_of(name):
    return StageConfig(
        stage=STAGES[name], vocabulary=VOCABULARY, network=NETWORK, reach_seconds=0.2
    )


def trained(name):
    config = config_of(name)
    layout = config.layout(config.stage.crop_seconds)
    tokens = jnp.zeros((1, len(layout.positions)), jnp.int32)
    network = config.build(bias_init=heads_start)
    variables = jax.jit(lambda key: network.init(key, tokens, layout))(
        jax.random.key(0)
    )
    return StageModel(config, meta.unbox(variables)["params"])


@pytest.fixture(scope="module")
def networks():
    models = {name.removesuffix("_stage"): trained(name) for name in STAGES}
    return Networks(semantic=None, acoustics=Acoustics(**models, soundstorm=None))


def score(seconds, **given):
    mulan = jnp.array([[[1, 2, 3]], [[7, 0, 4]]])
    keys = jax.random.split(jax.random.key(1), 2)
    asked = spans.one({"mulan": mulan})
    return Score(spans=asked, seconds=seconds, rngs=keys, **given)


def write(networks, asked):
    written = networks.write(asked, config=CONFIG, progress=no_progress)
    return np.concatenate([np.asarray(part) for part in written], axis=1)


def test_all_levels_are_written_of_mulan_tokens_alone(networks):
    """The first window is what the coarse stage itself says."""
    codes = write(networks, score(0.3))
    assert codes.shape == (2, 15, 3)
    coarse = networks.acoustics.coarse
    asked = score(0.2)
    first = sample(
        coarse.config,
        coarse.params,
        asked.spans.at(0.0),
        jnp.zeros((2, 0, 2), jnp.int32),
        num_frames=10,
        rngs=asked.rngs,
        sampling=GREEDY,
    )
    np.testing.assert_array_equal(codes[:, :10, :2], first)
    assert set(networks.configs()) == {"coarse_stage", "fine_stage"}


def test_a_recording_is_gone_on_with(networks, rng):
    given = jnp.asarray(rng.integers(0, 16, (2, 5, 3)))
    heard = jnp.zeros((2, 3, 1), jnp.int32)
    codes = write(networks, score(0.2, acoustic=given, semantic=heard))
    np.testing.assert_array_equal(codes[:, :5], given)
    assert codes.shape == (2, 10, 3)


def test_what_is_given_by_semantic_tokens_is_refused(networks):
    semantic = jnp.zeros((2, 5, 1), jnp.int32)
    with pytest.raises(ValueError, match="which nothing in this model reads"):
        write(networks, score(0.2, semantic=semantic))
    with pytest.raises(ValueError, match="the model has no semantic stage"):
        networks.write_semantic(score(0.2), config=CONFIG, progress=no_progress)


def test_its_evaluation_knows_what_there_is(networks):
    model = MusicLM(tokenizers=None, networks=networks)
    names = [each.config.stage.name for each in perplexity.stages_of(model)]
    assert names == ["coarse", "fine"]
    with pytest.raises(ValueError, match="no semantic stage, whose memory"):
        memorisation.figures(model, None)


def test_a_bundle_without_a_semantic_stage_loads_where_none_is_read(tmp_path):
    for name in STAGES:
        model = trained(name)
        bundle.save_part(tmp_path, name, model.config, model.params)
    loaded = Networks.load(bundle.Bundle.load(tmp_path), codebooks=None)
    assert loaded.semantic is None
    assert not loaded.acoustics.reads_semantic
    said = [line.partition(":")[0] for line in parts.Parts.load(tmp_path).missing]
    assert "codec" in said and "semantic_stage" not in said


def test_a_bundle_whose_coarse_stage_reads_them_needs_one(tmp_path, monkeypatch):
    coarse = stages.coarse(mulan_levels=3, coarse_levels=2, crop_seconds=0.2)
    monkeypatch.setitem(STAGES, "coarse_stage", coarse)
    model = trained("coarse_stage")
    bundle.save_part(tmp_path, "coarse_stage", model.config, model.params)
    with pytest.raises(ValueError, match="has no part semantic_stage"):
        Networks.load(bundle.Bundle.load(tmp_path), codebooks=None)
    assert any(
        line.startswith("semantic_stage: not in the bundle")
        for line in parts.Parts.load(tmp_path).missing
    )
