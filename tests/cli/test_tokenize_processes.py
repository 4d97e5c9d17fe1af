"""`musiclm tokenize` killed, twice at the same time, and as two processes.

Whatever happens to it, the records are those of one that was left alone, bit for bit.
"""

import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow_datasets as tfds

from musiclm_jax import bundle
from musiclm_jax.data.records.clip_features import clip_features
from musiclm_jax.data.sets.audio_dataset import AudioDataset

RATE = 24_000
NUM_SHARDS = 6
NUM_KILLS = 6
LIMIT_SECONDS = 300

pytestmark = pytest.mark.slow


class Noises(tfds.core.GeneratorBasedBuilder):
    """Noise of several lengths."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(builder=self, features=clip_features())

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        rng = np.random.default_rng(0)
        for clip in range(60):
            seconds = rng.choice([0.7, 2.0, 3.3, 9.0])
            audio = rng.integers(-(2**12), 2**12, round(seconds * RATE), np.int16)
            captions = [f"noise number {clip}"] * (clip % 3)
            name = f"clip {clip}"
            about = {"name": name, "captions": captions, "aspects": []}
            yield name, about | {"audio": audio}


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Starts the command on a folder of records."""
    work = tmp_path_factory.mktemp("tokenize")
    builder = AudioDataset(name="noises", data_dir=str(work / "data")).builder()
    builder.download_and_prepare(
        file_format="array_record",
        download_config=tfds.download.DownloadConfig(num_shards=NUM_SHARDS),
    )
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "",
        "MUSICLM_CACHE_DIR": str(work / "cache"),
    }

    def start(folder, *flags):
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "musiclm_jax", "tokenize", "--dataset=noises"),
                *(f"--data_dir={work / 'data'}", f"--output={folder}"),
                *(f"--bundle={bundle.default_folder()}", "--splits=train"),
                *("--piece_seconds=4", *flags),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def end(process):
    """Waits for its end, and returns what it said."""
    output, errors = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 0, errors
    return output


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(start, tmp_path_factory):
    """What is in the folder of a run left alone, and how long it takes."""
    folder = tmp_path_factory.mktemp("whole")
    end(start(tmp_path_factory.mktemp("first")))  # compiles
    began = time.monotonic()
    end(start(folder))
    files = content(folder)
    assert sum(name.endswith(".array_record") for name in files) == NUM_SHARDS
    return files, time.monotonic() - began


def test_killed_again_and_again(start, whole, tmp_path, rng):
    files, life = whole
    kills, folder, numbers = 0, tmp_path / "0", []
    while kills < NUM_KILLS:
        process = start(folder)
        try:
            process.wait(rng.uniform(0.3, 1.0) * life)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            numbers.append(len(list(folder.glob("*.array_record"))))
        else:
            end(process)
            assert content(folder) == files
            folder = tmp_path / str(kills)
    end(start(folder))
    assert content(folder) == files
    # Some struck in the midst of the work.
    assert set(numbers) & set(range(1, NUM_SHARDS))


def test_two_at_the_same_time(start, whole, tmp_path):
    files, _ = whole
    """One writes, and the other is told."""
    both = [start(tmp_path), start(tmp_path)]
    said = ["".join(process.communicate(timeout=LIMIT_SECONDS)) for process in both]
    statuses = sorted(process.returncode for process in both)
    assert statuses == [0, 2], said
    for process, words in zip(both, said, strict=True):
        wanted = "is in use: another process" if process.returncode else "78 records"
        assert wanted in words
    assert content(tmp_path) == files


def test_as_two_processes(start, whole, tmp_path):
    files, _ = whole
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
    flags = (f"--coordinator=localhost:{port}", "--num_processes=2")
    first, second = [start(tmp_path, *flags, f"--process_id={i}") for i in range(2)]
    assert "left out: clips under a second" in end(first)
    assert end(second) == ""
    assert content(tmp_path) == files
