"""Windows of SoundStorm, without its network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.generation import filling
from musiclm_jax.generation.acoustics import Acoustics
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.hierarchy import no_progress
from musiclm_jax.generation.spans import one
from musiclm_jax.generation.streams import CodeStream
from musiclm_jax.soundstorm.network import SoundStormConfig
from musiclm_jax.tokens import TokenSpec, music_vocabulary

VOCABULARY = music_vocabulary(acoustic=TokenSpec("acoustic", 64, 6, 50.0))
SEMANTIC = jnp.tile(jnp.arange(65)[None, :, None], (2, 1, 1))
RNGS = jax.vmap(jax.random.key)(jnp.arange(2))
MULAN = {"mulan": jnp.zeros((2, 1, 12), jnp.int32)}
CONFIG = SoundStormConfig(
    vocabulary=VOCABULARY,
    crop_seconds=2.0,
    num_layers=1,
    num_heads=1,
    embed_dim=2,
    mlp_dim=2,
    kernel_size=1,
    dropout_rate=0.0,
    scan_layers=False,
)


def test_soundstorm_writes_behind_levels_and_prompts(monkeypatch):
    calls = []

    def fill(config, params, codes, known, *, codebooks, first_level, rngs, sampling):
        assert codebooks == "of the codec"
        calls.append((codes["semantic"], known, first_level))
        return jnp.where(known, codes["acoustic"], 10 + len(calls))

    monkeypatch.setattr(filling, "fill", fill)
    there = jnp.arange(130).reshape(1, 130, 1).repeat(2, axis=0).repeat(2, axis=2)
    parts = list(
        filling.fill_frames(
            filling.SoundStormModel(CONFIG, {}, "of the codec"),
            one(MULAN),
            {"semantic": CodeStream([SEMANTIC]), "acoustic": CodeStream([there])},
            given=jnp.full((2, 9, 6), 5),
            num_frames=130,
            overlap_share=0.3,
            rngs=RNGS,
            sampling=None,
            progress=no_progress,
        )
    )
    codes = np.asarray(jnp.concatenate(parts, axis=1))
    assert [part.shape[1] for part in parts] == [9, 91, 30]
    assert (codes[:, :9] == 5).all()
    np.testing.assert_array_equal(codes[:, 9:, :2], there[:, 9:])
    assert (codes[:, 9:100, 2:] == 11).all() and (codes[:, 100:, 2:] == 12).all()
    assert [first for *_, first in calls] == [2, 2]
    assert [int(semantic[0, 0, 0]) for semantic, *_ in calls] == [0, 15]
    assert calls[1][1][:, :70].all() and not calls[1][1][:, 70:, 2:].any()


@pytest.mark.parametrize("frames", [130, 60])
def test_coarse_levels_of_a_recording_stay(monkeypatch, frames):
    """As far as they go; behind them all levels are written."""
    calls = []

    def fill(config, params, codes, known, *, codebooks, first_level, rngs, sampling):
        calls.append(first_level)
        return jnp.where(known, codes["acoustic"], 50)

    monkeypatch.setattr(filling, "fill", fill)
    given = jnp.arange(frames)[None, :, None] % 40 * jnp.ones((2, 1, 3), jnp.int32)
    alone = Acoustics(None, None, filling.SoundStormModel(CONFIG, {}, None))
    written = alone.write(
        one(MULAN),
        CodeStream([SEMANTIC]),
        given=given,
        num_frames=130,
        rngs=RNGS,
        config=GenerationConfig(),
        progress=no_progress,
    )
    codes = np.asarray(jnp.concatenate(list(written), axis=1))
    assert codes.shape == (2, 130, 6)
    np.testing.assert_array_equal(codes[:, :frames, :3], given)
    assert (codes[:, :, 3:] == 50).all() and (codes[:, frames:] == 50).all()
    assert calls == ([3, 3] if frames == 130 else [0, 0])
