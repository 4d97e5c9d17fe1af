import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.layers import quantization
from musiclm_jax.parallel import sharding
from musiclm_jax.training.frozen import FrozenNetwork
from musiclm_jax.training.quantizer_task import QuantizerConfig, QuantizerTask

_CONFIG = QuantizerConfig(
    num_quantizers=1,
    codebook_size=4,
    decay=0.9,
    dead_threshold=1.0,
    standardise_steps=3,
)

# A network that is nothing but a scale.
_AS_IT_IS = FrozenNetwork(
    params={"scale": np.ones((), np.float32)},
    apply=lambda params, batch: params["scale"] * batch["x"],
)


def _batches(rng, number):
    """Four planted centres in dimensions of very different scale."""
    centres = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], np.float32)
    for _ in range(number):
        x = centres[rng.integers(0, 4, (8, 16))] + 0.05 * rng.normal(size=(8, 16, 2))
        yield {"x": jnp.asarray(x * [1.0, 1000.0] + [5.0, -300.0], jnp.float32)}


def _train(task, batches, rng):
    batches = list(batches)
    init_rng, *rngs = jax.random.split(rng, len(batches) + 1)
    state = task.init(init_rng, batches[0])
    step = jax.jit(task.train_step)
    for batch, step_rng in zip(batches, rngs, strict=True):
        state, metrics = step(state, batch, step_rng)
    return state, metrics


def test_finds_planted_centres_whatever_their_scale(rng, key):
    task = QuantizerTask(config=_CONFIG, frozen=_AS_IT_IS)
    state, metrics = _train(task, _batches(rng, 30), key)
    params = task.inference_params(state)
    found = params["codebooks"][0] * params["std"][None] + params["mean"][None]
    order = np.lexsort((found[:, 1], found[:, 0].round()))
    expected = [[4, -1300], [4, 700], [6, -1300], [6, 700]]
    np.testing.assert_allclose(found[order], expected, atol=0.05, rtol=0.02)
    assert float(metrics["loss/relative_error"]) < 0.01
    assert float(metrics["codebook/used_0"]) == 1.0
    assert float(metrics["codebook/perplexity_0"]) == pytest.approx(4.0, rel=0.05)


def test_statistics_are_those_of_all_measured_frames(rng, key):
    task = QuantizerTask(config=_CONFIG, frozen=_AS_IT_IS)
    batches = list(_batches(rng, 5))
    state, _ = _train(task, batches, key)
    measured = np.concatenate([batch["x"] for batch in batches[:3]]).reshape(-1, 2)
    measured = measured.astype(np.float64)
    np.testing.assert_allclose(state.mean, measured.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(state.variance, measured.var(axis=0), rtol=1e-4)
    assert int(state.step) == 5 and float(state.count) == 3 * 8 * 16


def test_without_standardisation_the_embeddings_are_as_they_are(rng, key):
    config = dataclasses.replace(_CONFIG, standardise_steps=0, num_quantizers=3)
    task = QuantizerTask(config=config, frozen=_AS_IT_IS)
    state, metrics = _train(task, _batches(rng, 4), key)
    params = task.inference_params(state)
    np.testing.assert_array_equal(params["mean"], [0.0, 0.0])
    np.testing.assert_allclose(params["std"], [1.0, 1.0], rtol=1e-5)
    assert params["codebooks"].shape == (3, 4, 2)
    evaluated = task.eval_step(state, next(_batches(rng, 1)))
    assert set(evaluated) == set(metrics)


def test_codebooks_follow_the_rows_of_all_devices(rng):
    """Moving averages by their formula, and mean and variance that are measured."""
    settings = QuantizerConfig(
        num_quantizers=1,
        codebook_size=4,
        decay=0.5,
        dead_threshold=0.0,
        standardise_steps=1,
    )
    task = QuantizerTask(config=settings, frozen=_AS_IT_IS)
    x = rng.normal(size=(16, 5, 2)).astype(np.float32)
    batch = sharding.put_batch({"x": x}, sharding.make_mesh(8, 1))
    step = jax.jit(task.train_step)
    frames = np.float64(x).reshape(-1, 2)
    state, _ = step(task.init(jax.random.key(0), batch), batch, jax.random.key(1))
    np.testing.assert_allclose(state.mean, frames.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(state.variance, frames.var(axis=0), rtol=1e-5)

    codebook = rng.normal(size=(4, 2)).astype(np.float32)
    rvq = quantization.RvqState(
        codebooks=jnp.asarray(codebook)[None],
        counts=jnp.full((1, 4), 10.0),
        sums=jnp.ones((1, 4, 2)),
        initialized=jnp.ones((), bool),
    )
    after, _ = step(state.replace(rvq=rvq), batch, jax.random.key(2))
    frames = (frames - frames.mean(axis=0)) / np.sqrt(frames.var(axis=0) + 1e-6)
    codes = np.linalg.norm(frames[:, None] - codebook, axis=-1).argmin(axis=1)
    counts = 5.0 + 0.5 * np.bincount(codes, minlength=4)
    sums = 0.5 + 0.5 * np.stack([frames[codes == c].sum(axis=0) for c in range(4)])
    np.testing.assert_allclose(after.rvq.counts[0], counts, rtol=1e-5)
    np.testing.assert_allclose(after.rvq.sums[0], sums, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        after.rvq.codebooks[0], sums / counts[:, None], rtol=1e-5, atol=1e-6
    )


def test_configuration_is_checked():
    with pytest.raises(ValueError, match="decay must be in"):
        dataclasses.replace(_CONFIG, decay=1.0)
    with pytest.raises(ValueError, match="must be at least 1, got 0 and 4"):
        dataclasses.replace(_CONFIG, num_quantizers=0)
    with pytest.raises(ValueError, match="standardise_steps must be"):
        dataclasses.replace(_CONFIG, standardise_steps=-1)
