"""A toy task with one train state, one with two, and batches with a position."""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import struct
from jax.experimental.compilation_cache import compilation_cache

from musiclm_jax.training.optimizers import adamw
from musiclm_jax.training.schedules import warmup_constant
from musiclm_jax.training.train_state import TrainState, gradient_step


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory):
    """Runs that are started again compile the same programs: here only once."""
    names = {
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("programs")),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: getattr(jax.config, name) for name in names}
    for name, value in names.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()
    yield
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


class Regression(nn.Module):
    hidden: int = 8

    @nn.compact
    def __call__(self, x):
        kernel = nn.with_logical_partitioning(
            nn.initializers.lecun_normal(), ("embed", "mlp")
        )
        out = nn.with_logical_partitioning(
            nn.initializers.lecun_normal(), ("mlp", None)
        )
        bias = nn.with_logical_partitioning(nn.initializers.zeros, ("mlp",))
        x = nn.with_logical_constraint(x, ("batch", "embed"))
        x = nn.relu(nn.Dense(self.hidden, kernel_init=kernel, bias_init=bias)(x))
        return nn.Dense(1, kernel_init=out, use_bias=False)(x)[:, 0]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RegressionTask:
    """Linear regression with noise from the step's key."""

    hidden: int = 8
    noise: float = 0.1
    optimizer: optax.GradientTransformation = dataclasses.field(
        default_factory=lambda: adamw(
            schedule=warmup_constant(peak_lr=0.05, warmup_steps=3),
            weight_decay=0.01,
            clip_norm=1.0,
        )
    )

    @property
    def network(self):
        return Regression(self.hidden)

    def init(self, rng, batch):
        params = self.network.init(rng, batch["x"])["params"]
        return TrainState.create(params, self.optimizer)

    def _loss(self, params, batch):
        error = self.network.apply({"params": params}, batch["x"]) - batch["y"]
        return jnp.mean(jnp.square(error)), None

    def train_step(self, state, batch, rng):
        noise = self.noise * jax.random.normal(rng, batch["y"].shape)
        noisy = batch | {"y": batch["y"] + noise}
        state, (loss, _), metrics = gradient_step(
            state,
            self.optimizer,
            lambda params: self._loss(params, noisy),
            ema_decay=0.999,
        )
        return state, {"loss/total": loss, **metrics}

    def eval_step(self, state, batch):
        loss, _ = self._loss(state.ema_params, batch)
        return {"loss/total": loss}


class Pair(struct.PyTreeNode):
    first: TrainState
    second: TrainState


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairTask:
    """Two train states, the second learning what the first gets wrong."""

    first: RegressionTask = RegressionTask(noise=0.0)
    second: RegressionTask = RegressionTask(hidden=4)

    def init(self, rng, batch):
        first, second = jax.random.split(rng)
        return Pair(
            first=self.first.init(first, batch), second=self.second.init(second, batch)
        )

    def train_step(self, state, batch, rng):
        first, metrics = self.first.train_step(state.first, batch, rng)
        guess = self.first.network.apply({"params": first.params}, batch["x"])
        rest = batch | {"y": batch["y"] - guess}
        second, more = self.second.train_step(
            state.second, rest, jax.random.fold_in(rng, 1)
        )
        return Pair(first=first, second=second), {
            **metrics,
            "loss/rest": more["loss/total"],
        }

    def eval_step(self, state, batch):
        return self.first.eval_step(state.first, batch)


class CountingIterator:
    """Batch n is a function of n."""

    def __init__(self, make):
        self._make = make
        self._next = 0

    def __iter__(self):
        return self

    def __next__(self):
        self._next += 1
        return self._make(self._next - 1)

    def get_state(self):
        return {"next_index": self._next}

    def set_state(self, state):
        self._next = state["next_index"]


@dataclasses.dataclass
class ToyBatches:
    batch_size: int = 16
    broken: tuple[int, ...] = ()  # batches with a value that is not finite
    seen: list[int] = dataclasses.field(default_factory=list)

    def _make(self, index):
        rng = np.random.default_rng(index)
        x = rng.normal(size=(self.batch_size, 4)).astype(np.float32)
        y = x @ np.array([1.0, -2.0, 0.5, 0.0], np.float32)
        if index in self.broken:
            y[0] = np.inf
        self.seen.append(index)
        return {"x": x, "y": y}

    def shapes(self):
        x = jax.ShapeDtypeStruct((self.batch_size, 4), np.float32)
        y = jax.ShapeDtypeStruct((self.batch_size,), np.float32)
        return {"x": x, "y": y}

    def train_iterator(self):
        return CountingIterator(self._make)

    def made_of(self):
        return {}

    def eval_batches(self):
        return [self._make(10**6 + i) for i in range(2)]


@pytest.fixture
def regression():
    return RegressionTask()


@pytest.fixture
def make_regression():
    return RegressionTask


@pytest.fixture
def pair():
    return PairTask()


@pytest.fixture
def make_batches():
    return ToyBatches
