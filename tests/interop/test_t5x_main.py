"""From the shell: `t5x.main` trains, resumes, evaluates and samples; then a bundle."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip(
    "t5x",
    reason="t5x cannot be imported: see README, Under t5x",
    exc_type=ImportError,
)

from musiclm_jax import bundle
from musiclm_jax.cli import config
from musiclm_jax.data.records.token_records import (
    TokenMetadata,
    TokenRecord,
    write_shard,
)
from musiclm_jax.data.records.token_shards import ShardName
from musiclm_jax.interop import from_t5x

pytestmark = pytest.mark.filterwarnings("ignore")
STAGES = ("semantic", "coarse", "fine")
# Codes of twelve levels, whatever the model in the box has, whose tokenizers they claim
# as theirs, and a network that two devices can share.
MICRO = """
from __gin__ import dynamic_registration
include 'sizes/tiny.gin'

ACOUSTIC_LEVELS = 12
ACOUSTIC_CODES = 256
ACOUSTIC_FRAME_RATE = 50.0
COARSE_LEVELS = 4
FINE_LEVELS = 8
LM_LAYERS = 1
LM_HEADS = 2
LM_HEAD_DIM = 8
LM_EMBED_DIM = 16
LM_MLP_DIM = 16
LM_DROPOUT = 0.1
COARSE_STAGE_SECONDS = 0.2
LM_STEPS = 4
EVAL_EVERY = 2
CHECKPOINT_EVERY = 2
LOG_EVERY = 1
NUM_EVAL_BATCHES = 1
"""


@pytest.fixture
def folder(tmp_path, rng):
    """A folder with sizes and token records of the model in the box."""
    box = bundle.Bundle.load(bundle.default_folder())
    metadata = TokenMetadata(
        semantic_frame_rate=25,
        acoustic_frame_rate=50,
        window_seconds=10.0,
        stride_seconds=1.0,
        tokenizers=box.tokenizers_hash(),
        dataset="random_codes/1.0.0",
        piece_seconds=1,
    )
    width = box.load_part("mulan")[1]["codebooks"].shape[-1]

    def records():
        for _ in range(6):
            yield TokenRecord(
                mulan=rng.normal(size=(1, width)).astype(np.float32),
                caption_mulan=rng.normal(size=(1, width)).astype(np.float32),
                semantic=rng.integers(0, 512, 25),
                acoustic=rng.integers(0, 256, (50, 12)),
                fields={},
            )

    for split in ("train", "validation"):
        write_shard(
            tmp_path / "tokens",
            ShardName(split, 0, 1),
            records=records(),
            metadata=metadata,
        )
    (tmp_path / "micro.gin").write_text(MICRO)
    # A folder that gin must not take for a package.
    (tmp_path / "runs").mkdir()
    return tmp_path


@pytest.fixture
def run(folder):
    """Runs `python -m t5x.main` in the folder and returns what it logged."""

    def run(mode, output, *bindings):
        command = [sys.executable, "-P", "-W", "ignore", "-m", "t5x.main"]
        command += [
            f"--run_mode={mode}",
            f"--gin_search_paths={config.configs_folder()},.",
            "--gin_file=t5x/coarse.gin",
            "--gin_file=micro.gin",
            "--gin.TOKENS='tokens'",
            f"--gin.BUNDLE='{bundle.default_folder()}'",
            f"--gin.MODEL_DIR='{folder / output}'",
            *(f"--gin.{binding}" for binding in bindings),
        ]
        devices = "--xla_force_host_platform_device_count=2"
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": devices},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stderr

    return run


@pytest.mark.slow
def test_from_training_to_a_bundle(run, folder, capsys):
    run("train", "whole")
    run("train", "parts", "LM_STEPS=2")
    log = run("train", "parts")
    assert "Restoring checkpoint from" in log and "parts/checkpoint_2" in log

    arguments = [f"--gin_file={folder}/whole/config.gin"]
    for output in ("whole", "parts"):
        arguments += [f"--checkpoint={folder}/{output}/checkpoint_4"]
        assert from_t5x.main([*arguments, f"--bundle={folder}/{output}_model"]) == 0
    whole, parts = (
        bundle.Bundle.load(folder / f"{output}_model").parts["coarse_stage"]
        for output in ("whole", "parts")
    )
    assert whole["config"]["network"]["embed_dim"] == 16
    # Resumed in weights, optimizer and data: not one bit is different.
    assert whole["sha256"] == parts["sha256"]

    checkpoint = f"CHECKPOINT='{folder}/whole/checkpoint_4'"
    run("eval", "evaluated", checkpoint)
    metrics = folder / "evaluated/inference_eval/musiclm_coarse-metrics.jsonl"
    # Forty codes of 256, hardly trained.
    score = json.loads(metrics.read_text())["log_likelihood"]
    assert -40 * 8 < score < -40 * 5
    run("infer", "sampled", checkpoint)
    (lines,) = (folder / "sampled").glob("*.jsonl-*-of-00001")
    drawn = [json.loads(line) for line in lines.read_text().splitlines()]
    assert len(drawn) == 6
    for line in drawn:
        assert np.shape(line["prediction"]) == (10, 4)
        assert np.shape(line["inputs"]["acoustic"]) == (10, 12)

    capsys.readouterr()
    assert from_t5x.main([*arguments, f"--bundle={folder}/no", "--gin.LM_HEADS=4"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("from_t5x: error:") and error.count("\n") == 1
    assert "is of another network" in error
    assert not (folder / "no").exists()


@pytest.mark.parametrize("size", ["tiny", "paper"])
@pytest.mark.parametrize("stage", STAGES)
def test_file_reads_and_nothing_is_left_open(stage, size):
    files = (f"t5x/{stage}.gin", f"sizes/{size}.gin")
    bindings = tuple(f"{name} = 'x'" for name in ("TOKENS", "BUNDLE", "MODEL_DIR"))
    config.load(config.GinArguments(files, bindings, ()))


@pytest.mark.parametrize("stage", STAGES)
def test_header_gives_the_command(stage):
    text = (config.configs_folder() / "t5x" / f"{stage}.gin").read_text()
    header = text.partition("\n\n")[0]
    assert f"--gin_file=t5x/{stage}.gin" in header
    assert all(f"--gin.{name}=" in header for name in ("TOKENS", "BUNDLE", "MODEL_DIR"))
