"""A stage under the real t5x, on eight devices."""

import dataclasses

import jax
import numpy as np
import pytest
from flax.core import unfreeze
from flax.linen import meta

pytest.importorskip(
    "t5x",
    reason="t5x cannot be imported: see README, Under t5x",
    exc_type=ImportError,
)

from t5x import adafactor, optimizers, partitioning, trainer, utils

from musiclm_jax.interop import t5x as bridge
from musiclm_jax.lm.config import unroll_params
from musiclm_jax.lm.sampling import SamplingConfig, sample
from musiclm_jax.parallel import sharding

# t5x enters its mesh in a way that JAX warns of.
pytestmark = pytest.mark.filterwarnings("ignore")
NAMES = ("semantic", "coarse", "fine")


def make_model(task):
    return bridge.StageModel(
        task=task,
        optimizer_def=optimizers.OptaxWrapper(task.optimizer),
        sampling=SamplingConfig(temperature=1.0),
    )


def shapes(batch):
    return {name: codes.shape for name, codes in batch.items()}


def initial_params(model, batch):
    init = jax.jit(lambda rng: model.get_initial_variables(rng, shapes(batch)))
    return init(jax.random.PRNGKey(0))["params"]


class Partitioner(partitioning.PjitPartitioner):
    """t5x's own, on a mesh of a given shape: alone it gives all CPUs to `model`."""

    def __init__(self, data, model):
        super().__init__(
            num_partitions=model,
            logical_axis_rules=sharding.logical_axis_rules(
                parameter_partitioning_dims=2
            ),
        )
        devices = np.array(jax.devices()).reshape(data, model)
        self.mesh = jax.sharding.Mesh(devices, ("data", "model"))


@pytest.fixture(params=[(1, 8), (4, 2)], ids=["1x8", "4x2"])
def partitioner(request):
    return Partitioner(*request.param)


def make_trainer(model, batch, partitioner):
    initializer = utils.TrainStateInitializer(
        optimizer_def=model.optimizer_def,
        init_fn=model.get_initial_variables,
        input_shapes=shapes(batch),
        partitioner=partitioner,
    )
    return trainer.Trainer(
        model=model,
        train_state=initializer.from_scratch(jax.random.PRNGKey(0)),
        partitioner=partitioner,
        eval_names=["validation"],
        summary_dir=None,
        train_state_axes=initializer.train_state_axes,
        rng=jax.random.PRNGKey(1),
        learning_rate_fn=lambda step: step * 0.0,
        num_microbatches=None,
    )


@pytest.mark.parametrize("name", NAMES)
def test_loss_is_that_of_our_own_task(make_task, codes, name):
    task = make_task(name)
    model = make_model(task)
    params = initial_params(model, codes)
    loss, metrics = jax.jit(model.eval_fn)(params, codes)
    state = meta.unbox(jax.jit(task.init)(jax.random.key(0), codes))
    ours = jax.jit(task.eval_step)(state.replace(ema_params=params), codes)
    np.testing.assert_allclose(loss, ours["loss/total"], rtol=1e-6)
    assert metrics.keys() == ours.keys()
    for key, value in ours.items():
        np.testing.assert_allclose(metrics[key].compute(), value, rtol=1e-6)


def test_training_drops_what_our_own_training_drops(make_task, codes):
    task = make_task("semantic")
    network = dataclasses.replace(task.config.network, dropout_rate=0.2)
    config = dataclasses.replace(task.config, network=network)
    task = dataclasses.replace(
        task, config=config, condition_dropout_rates={"mulan": 0.5}
    )
    model = make_model(task)
    params = initial_params(model, codes)
    state = meta.unbox(jax.jit(task.init)(jax.random.key(0), codes))
    loss_fn, train_step = jax.jit(model.loss_fn), jax.jit(task.train_step)
    losses = []
    for seed in (0, 1):
        rng = jax.random.PRNGKey(seed)
        losses.append(loss_fn(params, codes, rng)[0])
        _, ours = train_step(state.replace(params=params), codes, rng)
        np.testing.assert_allclose(losses[-1], ours["loss/total"], rtol=1e-6)
    assert losses[0] != losses[1]


def test_a_step_of_the_trainer_is_a_step_of_our_own(make_task, codes, partitioner):
    task = make_task("coarse")
    theirs = make_trainer(make_model(task), codes, partitioner)
    before = jax.device_get(unfreeze(theirs.train_state.params))
    state = meta.unbox(jax.jit(task.init)(jax.random.key(0), codes))
    state, ours = jax.jit(task.train_step)(
        state.replace(params=before), codes, jax.random.key(0)
    )
    summary = theirs.train(iter([codes]), 1).result()
    np.testing.assert_allclose(
        summary["loss/total"].value, ours["loss/total"], rtol=1e-5
    )
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5),
        jax.device_get(unfreeze(theirs.train_state.params)),
        jax.device_get(state.params),
    )


def test_parameters_lie_where_our_own_training_lays_them(make_task, codes):
    task, partitioner = make_task("coarse"), Partitioner(4, 2)
    state = make_trainer(make_model(task), codes, partitioner).train_state
    theirs = unfreeze(state.params)
    ours = sharding.abstract_state(
        task, codes, partitioner.mesh, partitioner.logical_axis_rules
    ).params
    placed = jax.tree.map(
        lambda a, b: a.sharding.is_equivalent_to(b.sharding, a.ndim), theirs, ours
    )
    assert all(jax.tree.leaves(placed))
    split = [not x.sharding.is_fully_replicated for x in jax.tree.leaves(theirs)]
    assert any(split)


def test_activations_follow_the_rules_too(make_task, codes):
    model, partitioner = make_model(make_task("coarse")), Partitioner(4, 2)
    params = initial_params(model, codes)
    step = partitioner.partition(model.eval_fn, (None, None), None)
    text = step.lower(params, codes).as_text()
    # [batch, length, mlp] of the feed-forward part.
    assert '[{"data"}, {}, {"model"}]' in text


def test_sampling_is_our_own(make_task, codes, partitioner):
    model = make_model(make_task("coarse"))
    params = initial_params(model, codes)
    predict = partitioner.partition(model.predict_batch, (None, None, None), None)
    rng = jax.random.PRNGKey(3)
    drawn = predict(params, codes, rng)
    config = model.task.config
    ours = sample(
        config.unrolled,
        unroll_params(config, params),
        codes,
        np.zeros((8, 0, 2), np.int32),
        num_frames=20,
        rngs=jax.random.split(rng, 8),
        sampling=model.sampling,
    )
    np.testing.assert_array_equal(drawn, ours)
    with pytest.raises(ValueError, match="sampling needs a key"):
        model.predict_batch(params, codes)


def test_scores_are_the_log_likelihoods_of_rows(make_task, codes):
    model = make_model(make_task("semantic"))
    params = initial_params(model, codes)
    scores = jax.jit(model.score_batch)(params, codes)
    _, metrics = jax.jit(model.eval_fn)(params, codes)
    count = 10
    np.testing.assert_allclose(
        -scores.mean() / count, metrics["loss/cross_entropy"].compute(), rtol=1e-5
    )
    changed = {
        **codes,
        "semantic": np.concatenate([codes["semantic"][:7], 15 - codes["semantic"][7:]]),
    }
    other = jax.jit(model.score_batch)(params, changed)
    assert (other[:7] == scores[:7]).all()
    assert other[7] != scores[7]
    with pytest.raises(ValueError, match="no intermediates"):
        model.score_batch(params, codes, return_intermediates=True)


def test_axes_without_names_are_refused():
    with pytest.raises(ValueError, match="axes of parameter scale have no logical"):
        bridge.params_axes({"norm": {"scale": np.ones(3)}})


def test_adafactor_knows_every_axis(make_task, codes):
    model = make_model(make_task("fine"))
    model.optimizer_def = adafactor.Adafactor(
        decay_rate=0.8,
        step_offset=0,
        logical_factor_rules=bridge.logical_factor_rules(),
    )
    theirs = make_trainer(model, codes, Partitioner(4, 2))
    # A large matrix would be factored; these are small, and kept whole.
    moments = jax.tree.leaves(theirs.train_state.param_states)
    assert all(np.isfinite(moment).all() for moment in moments)
