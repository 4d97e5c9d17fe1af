"""A coarse stage that compiles in seconds, trained by the command line.

For scripts that stop trainings and start them again.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from musiclm_jax import bundle
from musiclm_jax.data.records import token_records
from musiclm_jax.data.records.token_shards import ShardName
from musiclm_jax.files import json_lines
from musiclm_jax.training import writers

_HOUSE = Path(__file__).parents[1]
_BOX = _HOUSE / "musiclm_jax" / "assets" / "tiny"
EVAL_EVERY, CHECKPOINT_EVERY = 20, 15
_SIZES = f"""
include 'sizes/tiny.gin'

LM_LAYERS = 1
LM_HEADS = 2
LM_HEAD_DIM = 8
LM_EMBED_DIM = 16
LM_MLP_DIM = 32
LM_DROPOUT = 0.1
COARSE_STAGE_SECONDS = 0.4
COARSE_STAGE_BATCH = 8
EVAL_EVERY = {EVAL_EVERY}
CHECKPOINT_EVERY = {CHECKPOINT_EVERY}
LOG_EVERY = 1
"""


def write_inputs(work: Path, rng: np.random.Generator) -> None:
    """Writes sizes and tokens: random ones, in the form of the model in the box."""
    work.mkdir(parents=True, exist_ok=True)
    (work / "sizes.gin").write_text(_SIZES)
    config, _ = bundle.load_part(_BOX, "mulan")
    codec, _ = bundle.load_part(_BOX, "codec")
    metadata = token_records.TokenMetadata(
        semantic_frame_rate=25,
        acoustic_frame_rate=round(codec.frame_rate),
        window_seconds=10.0,
        stride_seconds=1.0,
        tokenizers=bundle.Bundle.load(_BOX).tokenizers_hash(),
        dataset="random_codes/1.0.0",
        piece_seconds=2,
    )
    acoustic_shape = (2 * round(codec.frame_rate), codec.num_quantizers)
    for split, count in (("train", 200), ("validation", 16)):
        records = [
            token_records.TokenRecord(
                mulan=rng.normal(size=(1, config.embed_dim)),
                caption_mulan=rng.normal(size=(2, config.embed_dim)),
                semantic=rng.integers(0, 512, 50),
                acoustic=rng.integers(0, codec.codebook_size, acoustic_shape),
                fields={},
            )
            for _ in range(count)
        ]
        token_records.write_shard(
            work / "tokens", ShardName(split, 0, 1), records=records, metadata=metadata
        )


class Training:
    """One training, as a command that can be killed."""

    def __init__(self, work: Path, *, steps: int, processes: int = 1) -> None:
        """Keeps what is said of it; `files` and `bindings` are its configuration.

        Args:
            work: has what `write_inputs` wrote.
            steps: to train.
            processes: as which it runs.
        """
        self.files = ("runs/coarse_stage.gin", str(work / "sizes.gin"))
        self.bindings = (
            f"TOKENS={str(work / 'tokens')!r}",
            f"BUNDLE={str(_BOX)!r}",
            f"LM_STEPS={steps}",
        )
        self._processes = processes

    def command(self, folder: Path) -> list[str]:
        """Returns what trains in a folder."""
        command = [sys.executable, "-m", "musiclm_jax", "train"]
        if self._processes > 1:
            launcher = ["bash", str(_HOUSE / "launch" / "processes.sh")]
            flags = ["-n", str(self._processes), "--port", str(_free_port())]
            command = [*launcher, *flags, "--grace", "20", "--"]
        command += [f"--gin_file={name}" for name in self.files]
        command += [f"--gin.{binding}" for binding in self.bindings]
        return [*command, f"--gin.MODEL_DIR={str(folder)!r}"]

    def run(self, folder: Path) -> None:
        """Trains in a folder, to the end."""
        devices = {"XLA_FLAGS": "--xla_force_host_platform_device_count=1"}
        given = {"PYTHON": sys.executable, "JAX_PLATFORMS": "cpu", **devices}
        given["MUSICLM_CACHE_DIR"] = str(folder.with_name("cache"))
        subprocess.run(self.command(folder), env=os.environ | given, check=True)

    def victims(self, process: subprocess.Popen) -> list[int]:
        """The ids of the training processes, once all are there."""
        if self._processes == 1:
            return [process.pid]
        while process.poll() is None:
            listed = subprocess.run(
                ["ps", "-ww", "--ppid", str(process.pid), "-o", "pid=,args="],
                capture_output=True,
                text=True,
            ).stdout.splitlines()
            ids = [int(line.split()[0]) for line in listed if "--process_id" in line]
            if len(ids) == self._processes:
                return ids
            time.sleep(0.05)
        return [process.pid]


def records(folder: Path) -> list[dict[str, Any]]:
    """Returns all records of a run's metrics.

    Raises:
        ValueError: one of them is cut short.
    """
    return json_lines.read(folder / writers.FILE_NAME)


def _free_port() -> int:
    with socket.create_server(("", 0)) as server:
        return server.getsockname()[1]
