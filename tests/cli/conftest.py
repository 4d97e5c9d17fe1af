"""A task that is quick to train, and the gin files that train it."""

import importlib
import sys

import pytest

from musiclm_jax import bundle
from musiclm_jax.cli import compilation_cache

MODULE = '''
import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import optax

from musiclm_jax.training import train_state


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    width: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class FitterConfig:
    pass


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    config: Config
    PART: ClassVar[str] = "mean"

    def init(self, rng, batch):
        del rng, batch
        return train_state.TrainState.create(
            {"mean": jnp.zeros((self.config.width,))}, optax.sgd(0.4)
        )

    def train_step(self, state, batch, rng):
        del rng

        def loss_fn(params):
            return jnp.square(batch["x"] - params["mean"][None, :]).mean(), None

        state, aux, metrics = train_state.gradient_step(
            state, optax.sgd(0.4), loss_fn, ema_decay=0.999
        )
        return state, {"loss/total": aux[0], **metrics}

    def eval_step(self, state, batch):
        error = batch["x"] - state.ema_params["mean"][None, :]
        return {"loss/total": jnp.square(error).mean()}

    def inference_params(self, state):
        return state.ema_params


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fitter(Task):
    """Its result extends the part of another task."""

    config: FitterConfig
    PART: ClassVar[None] = None

    def init(self, rng, batch):
        del rng, batch
        return train_state.TrainState.create({"mean": jnp.ones((2,))}, optax.sgd(0.4))

    def inference_params(self, state):
        return {"codebooks": state.params["mean"]}


class Iterator:
    def __init__(self):
        self.step = 0

    def __next__(self):
        self.step += 1
        return {"x": np.full((8, 2), 3.0, np.float32)}

    def get_state(self):
        return {"step": self.step}

    def set_state(self, state):
        self.step = state["step"]


@dataclasses.dataclass(frozen=True)
class Batches:
    def shapes(self):
        return {"x": jax.ShapeDtypeStruct((8, 2), np.float32)}

    def train_iterator(self):
        return Iterator()

    def made_of(self):
        return {}

    def eval_batches(self):
        return [next(Iterator())]
'''

RUN = """
from __gin__ import dynamic_registration

import mean_task
from musiclm_jax.cli import train as train_command
from musiclm_jax.training import loop

train_command.train:
  task = @mean_task.{task}()
  batches = @mean_task.Batches()
  model_dir = %MODEL_DIR
  cadence = @loop.Cadence()
  part = {part}

loop.Cadence:
  num_steps = %STEPS
  eval_every = 10
  checkpoint_every = 10
  log_every = 1

mean_task.{task}.config = @mean_task.{config}()
STEPS = 3
"""
MEAN = RUN.format(task="Task", config="Config", part=None)
FITTER = RUN.format(task="Fitter", config="FitterConfig", part="'mean'")


@pytest.fixture(scope="session")
def mean_task(tmp_path_factory):
    folder = tmp_path_factory.mktemp("modules")
    (folder / "mean_task.py").write_text(MODULE)
    sys.path.insert(0, str(folder))
    module = importlib.import_module("mean_task")
    sys.path.remove(str(folder))
    return module


@pytest.fixture
def here(mean_task, tmp_path, monkeypatch):
    """A folder with `mean.gin` and `fitter.gin`, where the test runs."""
    (tmp_path / "mean.gin").write_text(f"{MEAN}mean_task.Config.width = 2\n")
    (tmp_path / "fitter.gin").write_text(FITTER)
    monkeypatch.chdir(tmp_path)
    for place in (bundle, bundle.folder, bundle.saving):
        monkeypatch.setattr(place, "kinds", lambda: {"mean": mean_task.Config})
    monkeypatch.setattr(compilation_cache, "use", lambda: None)
    return tmp_path
