"""What a run is tried by: when, with which parameters, and what is said of it."""

import dataclasses
import json

import jax
import numpy as np
import pytest

from musiclm_jax.parallel import sharding
from musiclm_jax.training import loop


@dataclasses.dataclass(frozen=True)
class Largest:
    """Tells the largest parameter."""

    every: int
    name: str = "largest"
    wrong: str = ""

    def check(self, task, params):
        if self.wrong:
            raise ValueError(self.wrong)

    def measure(self, task, params):
        leaves = jax.tree.leaves(params)
        assert all(isinstance(leaf, np.ndarray) for leaf in leaves)
        return {"value": max(float(np.abs(leaf).max()) for leaf in leaves)}


class Exported:
    """A task that says what is exported of it."""

    def __init__(self, task):
        self.init, self.eval_step = task.init, task.eval_step
        self.train_step = task.train_step

    def inference_params(self, state):
        return state.params


def fit(task, batches, folder, trials, mesh=None):
    cadence = loop.Cadence(num_steps=5, eval_every=5, checkpoint_every=5, log_every=5)
    mesh = mesh or sharding.make_mesh(devices=jax.devices()[:1])
    how = {"model_dir": folder, "cadence": cadence, "mesh": mesh, "seed": 3}
    return loop.fit(task, batches, **how, trials=trials)


def told(folder, name):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    found = [record for record in map(json.loads, lines) if record["split"] == name]
    return [(record["step"], record["value"]) for record in found]


@pytest.mark.parametrize("shape", [(1, 1), (4, 2)])
def test_each_at_its_own_steps_with_whole_parameters(
    regression, make_batches, tmp_path, shape
):
    mesh = sharding.make_mesh(*shape, devices=jax.devices()[: shape[0] * shape[1]])
    trials = [Largest(2), Largest(5, "at the end")]
    state = fit(Exported(regression), make_batches(), tmp_path, trials, mesh)
    assert [step for step, _ in told(tmp_path, "largest")] == [2, 4]
    largest = max(
        float(np.abs(leaf).max())
        for leaf in jax.tree.leaves(jax.device_get(state.params))
    )
    assert told(tmp_path, "at the end") == [(5, pytest.approx(largest))]


def test_trials_change_nothing(regression, make_batches, tmp_path):
    states = [
        fit(Exported(regression), make_batches(), tmp_path / str(len(trials)), trials)
        for trials in ([], [Largest(1)])
    ]
    jax.tree.map(np.testing.assert_array_equal, *map(jax.device_get, states))


@pytest.mark.parametrize(
    ("trials", "said"),
    [
        ([Largest(2), Largest(3)], "names of their own.*'largest', 'largest'"),
        ([Largest(2, "eval")], "not train and not eval"),
        ([Largest(0)], "trial largest: every must be at least 1, got 0"),
        ([Largest(2, wrong="no model there")], "no model there"),
    ],
)
def test_what_cannot_be_tried_is_told_before_any_step(
    regression, make_batches, tmp_path, trials, said
):
    with pytest.raises(ValueError, match=said):
        fit(Exported(regression), make_batches(), tmp_path, trials)
    assert not (tmp_path / "metrics.jsonl").exists()
