"""A small stage and its token records; t5x itself is asked for in each test file."""

import numpy as np
import optax
import pytest

from musiclm_jax import stages
from musiclm_jax.data.feeding.pipelines import TokenBatches
from musiclm_jax.data.records.token_records import (
    TokenMetadata,
    TokenRecord,
    write_shard,
)
from musiclm_jax.data.records.token_shards import ShardName
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.task import StageTask
from musiclm_jax.lm.transformer import TransformerConfig
from musiclm_jax.tokens import TokenSpec, music_vocabulary

VOCABULARY = music_vocabulary(
    mulan=TokenSpec("mulan", 8, 3, 0.0),
    semantic=TokenSpec("semantic", 16, 1, 25.0),
    acoustic=TokenSpec("acoustic", 16, 4, 50.0),
)
# Sizes that eight devices can share.
NETWORK = TransformerConfig(
    num_layers=2,
    num_heads=8,
    head_dim=8,
    embed_dim=16,
    mlp_dim=32,
    dropout_rate=0.0,
    num_buckets=16,
    scan_layers=True,
)
SECONDS = 0.4
STAGES = {
    "semantic": stages.semantic(mulan_levels=3, crop_seconds=SECONDS),
    "coarse": stages.coarse(mulan_levels=3, coarse_levels=2, crop_seconds=SECONDS),
    "fine": stages.fine(coarse_levels=2, fine_levels=2, crop_seconds=SECONDS),
}
METADATA = TokenMetadata(
    semantic_frame_rate=25,
    acoustic_frame_rate=50,
    window_seconds=2.0,
    stride_seconds=1.0,
    tokenizers="f" * 64,
    dataset="random_codes/1.0.0",
    piece_seconds=2,
)


class Tokenizers:
    """The codes of an embedding are the places of its largest numbers."""

    def fingerprint(self):
        return METADATA.tokenizers

    def vocabulary(self):
        return VOCABULARY

    def mulan_codes(self, embedding):
        return np.argsort(embedding)[:3].astype(np.int32)


@pytest.fixture
def make_task():
    """Makes the task of a stage by its name."""

    def make(name, *, lr=1e-2):
        return StageTask(
            config=StageConfig(
                stage=STAGES[name],
                vocabulary=VOCABULARY,
                network=NETWORK,
                reach_seconds=SECONDS,
            ),
            # Far below eps, Adam's first step would be the sign of a gradient, which
            # rounding decides where it is near zero.
            optimizer=optax.adamw(lr, eps=1e-4),
            condition_dropout_rates={"mulan": 0.0},
            z_loss=1e-4,
            ema_decay=0.9,
        )

    return make


@pytest.fixture
def batches(tmp_path, rng):
    """Batches of eight from ten clips of random codes."""

    def records(count):
        for _ in range(count):
            yield TokenRecord(
                mulan=rng.normal(size=(1, 8)).astype(np.float32),
                caption_mulan=np.zeros((0, 8), np.float32),
                semantic=rng.integers(0, 16, 50),
                acoustic=rng.integers(0, 16, (100, 4)),
                fields={},
            )

    folder = tmp_path / "tokens"
    for split in ("train", "validation"):
        write_shard(
            folder, ShardName(split, 0, 1), records=records(10), metadata=METADATA
        )
    return TokenBatches(
        folder=str(folder),
        tokenizers=Tokenizers(),
        vocabulary=VOCABULARY,
        batch_size=8,
        crop_seconds=SECONDS,
        caption_share=0.0,
        seed=0,
        num_eval_batches=1,
    )


@pytest.fixture
def codes(batches):
    """One training batch."""
    return next(batches.train_iterator())
