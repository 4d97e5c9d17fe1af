"""A real training goes on with other devices, and with other processes."""

import hashlib
import importlib.util
from pathlib import Path

import jax
import numpy as np
import pytest

from musiclm_jax.cli import config, train
from musiclm_jax.parallel import sharding
from musiclm_jax.training import loop

SMALL = Path(__file__).parents[2] / "benchmarks" / "small_training.py"


@pytest.fixture(scope="module")
def small():
    spec = importlib.util.spec_from_file_location("small_training", SMALL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def work(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    small.write_inputs(folder, np.random.default_rng(0))
    return folder


class Witness:
    """Batches that remember what went into each step."""

    def __init__(self, batches):
        self._batches = batches
        self.seen = []

    def __getattr__(self, name):
        return getattr(self._batches, name)

    def train_iterator(self):
        self._stream = self._batches.train_iterator()
        return self

    def __next__(self):
        batch = next(self._stream)
        content = b"".join(batch[name].tobytes() for name in sorted(batch))
        self.seen.append(hashlib.sha256(content).hexdigest())
        return batch

    def get_state(self):
        return self._stream.get_state()

    def set_state(self, state):
        self._stream.set_state(state)


def train_here(small, work, name, *, steps, mesh, rules=sharding.DEFAULT_RULES):
    """Trains up to a step; returns what went into the steps of this call."""
    described = small.Training(work, steps=steps)
    folder = f"MODEL_DIR={str(work / name)!r}"
    bindings = (*described.bindings, folder)
    config.load(config.GinArguments(described.files, bindings, ()))
    batches = Witness(config.build(train.train, "batches"))
    loop.fit(
        config.build(train.train, "task"),
        batches,
        model_dir=work / name,
        cadence=loop.Cadence(
            num_steps=steps, eval_every=6, checkpoint_every=100, log_every=1
        ),
        mesh=mesh,
        rules=rules,
        seed=0,
    )
    return batches.seen


def assert_close(small, work, first, second):
    """The same records, but for the order in which devices sum."""
    first, second = (small.records(work / name) for name in (first, second))
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        a, b = ({k: v for k, v in r.items() if "time/" not in k} for r in (a, b))
        assert a.pop("split") == b.pop("split") and a.keys() == b.keys()
        np.testing.assert_allclose(list(a.values()), list(b.values()), rtol=1e-4)


@pytest.mark.slow
def test_eight_devices_then_four_then_one(small, work):
    def mesh(count, model=1):
        return sharding.make_mesh(model=model, devices=jax.devices()[:count])

    whole = train_here(small, work, "whole", steps=18, mesh=mesh(1))
    assert len(set(whole)) == 18
    rules = sharding.FULLY_SHARDED_RULES
    seen = train_here(small, work, "moved", steps=6, mesh=mesh(8, 2), rules=rules)
    seen += train_here(small, work, "moved", steps=12, mesh=mesh(4))
    seen += train_here(small, work, "moved", steps=18, mesh=mesh(1))
    assert seen == whole
    assert_close(small, work, "whole", "moved")


@pytest.mark.slow
def test_two_processes_then_one(small, work):
    small.Training(work, steps=40).run(work / "alone")
    for steps, processes in ((20, 2), (40, 1)):
        small.Training(work, steps=steps, processes=processes).run(work / "several")
    assert_close(small, work, "alone", "several")
