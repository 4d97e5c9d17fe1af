"""From the checkpoints that t5x writes, in both of its formats, to a bundle."""

import dataclasses

import jax
import numpy as np
import pytest
from flax.core import unfreeze

pytest.importorskip(
    "t5x",
    reason="t5x cannot be imported: see README, Under t5x",
    exc_type=ImportError,
)

from t5x import checkpoints, optimizers, partitioning, utils

from musiclm_jax.interop import from_t5x
from musiclm_jax.interop import t5x as bridge
from musiclm_jax.lm.sampling import SamplingConfig
from musiclm_jax.parallel import sharding

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def make_checkpoint(make_task, codes, tmp_path):
    """Writes random parameters as t5x does; returns the folder and the parameters."""

    def make(kind):
        task = make_task("coarse")
        model = bridge.StageModel(
            task=task,
            optimizer_def=optimizers.OptaxWrapper(task.optimizer),
            sampling=SamplingConfig(),
        )
        partitioner = partitioning.PjitPartitioner(
            num_partitions=1, logical_axis_rules=sharding.logical_axis_rules()
        )
        initializer = utils.TrainStateInitializer(
            optimizer_def=model.optimizer_def,
            init_fn=model.get_initial_variables,
            input_shapes={name: array.shape for name, array in codes.items()},
            partitioner=partitioner,
        )
        state = initializer.from_scratch(jax.random.PRNGKey(0))
        shapes, folder = initializer.global_train_state_shape, str(tmp_path)
        if kind == "t5x":
            checkpoints.Checkpointer(shapes, partitioner, folder).save(state)
        else:
            manager = checkpoints.OrbaxCheckpointManagerInterface(
                folder, shapes, partitioner
            )
            manager.save(state)
            manager.close()
        return tmp_path / "checkpoint_0", jax.device_get(unfreeze(state.params))

    return make


@pytest.mark.parametrize("kind", ["orbax", "t5x"])
def test_parameters_come_back(make_checkpoint, make_task, kind):
    checkpoint, params = make_checkpoint(kind)
    loaded = from_t5x.load_params(make_task("coarse"), checkpoint)
    jax.tree.map(np.testing.assert_array_equal, loaded, params)


@pytest.mark.parametrize("kind", ["orbax", "t5x"])
def test_another_network_is_named(make_checkpoint, make_task, kind):
    checkpoint, _ = make_checkpoint(kind)
    task = make_task("coarse")
    for change, expected in (
        ({"mlp_dim": 48}, r"mlp/in is \(2, 16, 2, 32\), and in .*\(2, 16, 2, 48\)$"),
        ({"scan_layers": False}, r"attention/out is \(2, 8, 8, 16\), .* not there$"),
    ):
        network = dataclasses.replace(task.config.network, **change)
        other = dataclasses.replace(
            task, config=dataclasses.replace(task.config, network=network)
        )
        with pytest.raises(ValueError, match=expected):
            from_t5x.load_params(other, checkpoint)


def test_a_folder_without_a_checkpoint_is_refused(make_task, tmp_path):
    with pytest.raises(FileNotFoundError, match="is no checkpoint of t5x: give a fol"):
        from_t5x.load_params(make_task("coarse"), tmp_path)
