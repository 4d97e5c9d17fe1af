import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.linen import meta

from musiclm_jax import stages
from musiclm_jax.evaluation import perplexity
from musiclm_jax.generation.hierarchy import StageModel
from musiclm_jax.layers.heads_start import heads_start
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.transformer import TransformerConfig
from musiclm_jax.tokens import TokenSpec, music_vocabulary

SECONDS = 0.2
VOCABULARY = music_vocabulary(
    mulan=TokenSpec("mulan", 8, 3, 0.0),
    semantic=TokenSpec("semantic", 16, 1, 25.0),
    acoustic=TokenSpec("acoustic", 16, 4, 50.0),
)
NETWORK = TransformerConfig(
    num_layers=1,
    num_heads=2,
    head_dim=8,
    embed_dim=16,
    mlp_dim=32,
    dropout_rate=0.1,
    num_buckets=16,
    scan_layers=False,
)
STAGES = {
    "semantic": stages.semantic(mulan_levels=3, crop_seconds=SECONDS),
    "coarse": stages.coarse(mulan_levels=3, coarse_levels=2, crop_seconds=SECONDS),
    "fine": stages.fine(coarse_levels=2, fine_levels=2, crop_seconds=SECONDS),
}


@pytest.fixture
def codes(rng):
    """Codes of three clips."""
    return {
        "mulan": rng.integers(0, 8, (3, 1, 3)),
        "semantic": rng.integers(0, 16, (3, 5, 1)),
        "acoustic": rng.integers(0, 16, (3, 10, 4)),
    }


def trained(name, seed=0):
    config = StageConfig(
        stage=STAGES[name],
        vocabulary=VOCABULARY,
        network=NETWORK,
        reach_seconds=SECONDS,
    )
    layout = config.layout(SECONDS)
    tokens = jnp.zeros((1, len(layout.positions)), jnp.int32)
    init = jax.jit(
        lambda key: config.build(bias_init=heads_start).init(key, tokens, layout)
    )
    return StageModel(config, meta.unbox(init(jax.random.key(seed)))["params"])


def surprisals_by_hand(stage, codes, rng):
    """One token after the other, with anything at all behind it."""
    config = stage.config
    target = np.asarray(config.stage.target.select(codes))
    prefix = np.asarray(config.stage.prefix_tokens(VOCABULARY, codes))
    ids = np.asarray(config.stage.target_tokens(VOCABULARY, target))
    layout = config.layout(SECONDS)
    run = jax.jit(
        lambda tokens: config.build().apply({"params": stage.params}, tokens, layout)[0]
    )
    table = np.asarray(stage.params["table"], np.float64)
    found = np.zeros(target.shape)
    for step in range(ids.shape[1]):
        known = ids.copy()
        known[:, step:] = rng.integers(0, 100, known[:, step:].shape)
        hidden = run(np.concatenate([prefix, known], axis=1))
        frame, level = divmod(step, target.shape[2])
        first = VOCABULARY.offset(
            config.stage.target.name, config.stage.target.first_level + level
        )
        for row in range(len(ids)):
            place = np.asarray(hidden)[row, prefix.shape[1] + step - 1]
            scores = table[first : first + 16] @ place / np.sqrt(16)
            share = np.exp(scores) / np.exp(scores).sum()
            found[row, frame, level] = -np.log(share[target[row, frame, level]])
    return found


@pytest.mark.parametrize("name", ["semantic", "coarse", "fine"])
def test_surprisal_is_that_of_a_plain_loop(codes, rng, name):
    stage = trained(name)
    found = perplexity.surprisals(stage, codes, batch=2)
    np.testing.assert_allclose(found, surprisals_by_hand(stage, codes, rng), rtol=1e-4)


def test_unigram_is_counting(rng):
    codes = rng.integers(0, 6, (4, 50, 2)) * np.array([1, 0])
    codes[0, 0, 1] = 5
    found = perplexity.unigram(codes, 16)
    for column, value in enumerate(found):
        flat = codes[:, :, column].ravel().tolist()
        log = sum(np.log(flat.count(code) / len(flat)) for code in flat)
        assert value == pytest.approx(np.exp(-log / len(flat)))
    assert found[0] > 5 and found[1] < 1.1
    even = np.arange(16).reshape(1, 16, 1)
    assert perplexity.unigram(even, 16) == pytest.approx([16.0])


class Clips:
    """Codes of clips that are as long as what is asked for."""

    seconds = SECONDS

    def __init__(self, codes):
        self._codes = codes

    def codes(self, seconds, melody=None):
        assert seconds == SECONDS and melody is None
        return self._codes


def test_figures_are_of_each_level_of_each_stage(codes):
    semantic, coarse = trained("semantic"), trained("coarse", seed=1)
    acoustics = types.SimpleNamespace(coarse=coarse, fine=None)
    networks = types.SimpleNamespace(semantic=semantic, acoustics=acoustics)
    told = []
    found = perplexity.figures(
        types.SimpleNamespace(networks=networks),
        Clips(codes),
        batch=3,
        done=told.append,
    )
    assert told == ["semantic stage", "coarse stage"]
    names = [
        "perplexity of the semantic stage, level 1",
        "perplexity of the coarse stage, level 1",
        "perplexity of the coarse stage, level 2",
    ]
    assert [each.measure for each in found if each.of == "stage"] == names
    assert [each.measure for each in found if each.of == "unigram"] == names
    last = found[-2]
    each = perplexity.surprisals(coarse, codes, batch=3)[:, :, 1].mean(axis=1)
    assert last.value == pytest.approx(np.exp(each.mean()))
    assert np.exp(each.min()) <= last.low < last.value < last.high
    counted = perplexity.unigram(codes["acoustic"][:, :, 1:2], 16)[0]
    assert found[-1].value == pytest.approx(counted)
