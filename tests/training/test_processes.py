"""Several processes on this machine compute what one does."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# What every process runs: COORDINATOR NUM_PROCESSES PROCESS_ID FOLDER NUM_STEPS.
PROGRAM = """
import importlib.util
import sys

import jax
import numpy as np

from musiclm_jax.parallel import hosts, sharding
from musiclm_jax.data.feeding import mixtures, streams
from musiclm_jax.training import loop

coordinator, num_processes, process_id, folder, num_steps = sys.argv[1:]
hosts.join(
    coordinator=coordinator,
    num_processes=int(num_processes),
    process_id=int(process_id),
)
spec = importlib.util.spec_from_file_location("toys", {toys!r})
toys = importlib.util.module_from_spec(spec)
sys.modules["toys"] = toys
spec.loader.exec_module(toys)


class Batches:
    def shapes(self):
        x = jax.ShapeDtypeStruct((16, 4), np.float32)
        return {{"x": x, "y": jax.ShapeDtypeStruct((16,), np.float32)}}

    def examples(self, *, repeat):
        def draw(index, rng):
            x = rng.normal(size=4).astype(np.float32)
            return {{"x": x, "y": np.float32(x[0] - 2 * x[1] + index / 50)}}

        parts = mixtures.Mixture(((range(30), 2.0), (range(30, 50), 1.0)))
        indices = mixtures.in_order(parts, list, 0, repeat=repeat)
        return indices.random_map(draw)

    def train_iterator(self):
        return streams.batched(self.examples(repeat=True), 16)

    def made_of(self):
        return {{}}

    def eval_batches(self):
        return streams.first_batches(self.examples(repeat=False), 16, 2)


loop.fit(
    toys.RegressionTask(),
    Batches(),
    model_dir=folder,
    cadence=loop.Cadence(
        num_steps=int(num_steps), eval_every=5, checkpoint_every=5, log_every=1
    ),
    mesh=sharding.make_mesh(),
    rules=sharding.FULLY_SHARDED_RULES,
    seed=0,
)
""".format(toys=str(Path(__file__).with_name("conftest.py")))


def train(folder, num_processes, *, num_steps=20):
    """Runs the processes to their end; returns the records they left."""
    with socket.create_server(("", 0)) as server:
        coordinator = f"localhost:{server.getsockname()[1]}"
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        # Two devices each, whatever this process has.
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    }
    program = [sys.executable, "-c", PROGRAM, coordinator, str(num_processes)]
    running = [
        subprocess.Popen(
            [*program, str(number), str(folder), str(num_steps)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(num_processes)
    ]
    said = [process.communicate(timeout=240)[0] for process in running]
    assert [process.returncode for process in running] == [0] * num_processes, said
    # The first alone tells how it goes.
    assert all("step " not in text for text in said[1:])
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def assert_close(first, second):
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        a, b = ({k: v for k, v in r.items() if "time/" not in k} for r in (a, b))
        assert a.pop("split") == b.pop("split") and a.keys() == b.keys()
        np.testing.assert_allclose(list(a.values()), list(b.values()), rtol=1e-5)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return train(tmp_path_factory.mktemp("alone"), 1)


@pytest.mark.parametrize("num_processes", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_many_processes_have_the_same_curve(tmp_path, alone, num_processes):
    assert len([record for record in alone if record["split"] == "train"]) == 20
    assert_close(train(tmp_path, num_processes), alone)


@pytest.mark.slow
def test_another_number_of_processes_goes_on(tmp_path, alone):
    train(tmp_path, 2, num_steps=10)
    assert_close(train(tmp_path, 1), alone)
