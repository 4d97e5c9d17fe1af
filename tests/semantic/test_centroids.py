import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.semantic import centroids, network


@pytest.fixture
def params(config, make_params, rng):
    return {
        "network": network.parameters_up_to_tap(config, make_params(config)),
        "mean": np.zeros((16,), np.float32),
        "std": np.ones((16,), np.float32),
        "codebooks": rng.normal(size=(1, 6, 16)).astype(np.float32),
    }


@pytest.fixture
def features(config):
    return jax.jit(lambda params, audio: centroids.features(config, params, audio))


@pytest.fixture
def tokenize(config):
    return jax.jit(lambda params, audio: centroids.tokenize(config, params, audio))


@pytest.mark.parametrize(("samples", "steps"), [(1, 1), (960, 1), (961, 2), (4000, 5)])
def test_any_length_is_rounded_up_to_whole_steps(tokenize, params, samples, steps):
    codes = jax.eval_shape(tokenize, params, jnp.full((2, samples), 0.1))
    assert codes.shape == (2, steps, 1) and codes.dtype == jnp.int32


def test_codes_are_the_nearest_standardised_centroids(features, tokenize, params, rng):
    audio = (0.1 * rng.normal(size=(1, 5 * 960 - 7))).astype(np.float32)
    x = np.asarray(features(params, audio))
    params |= {"mean": x[0, 0], "std": np.full((16,), 2.0, np.float32)}
    codes = tokenize(params, audio)
    z = (x - x[0, 0]) / 2.0
    gaps = np.linalg.norm(z[0, :, None] - params["codebooks"][0], axis=-1)
    np.testing.assert_array_equal(codes[0, :, 0], gaps.argmin(axis=-1))


def test_the_last_step_is_filled_with_silence(features, params, rng):
    audio = (0.1 * rng.normal(size=(1, 3 * 960))).astype(np.float32)
    audio[:, 2000:] = 0.0
    np.testing.assert_allclose(
        features(params, audio[:, :2000]), features(params, audio), atol=1e-5
    )


def test_a_row_does_not_depend_on_the_others(features, params, rng):
    audio = (0.1 * rng.normal(size=(3, 3000))).astype(np.float32)
    together, alone = features(params, audio), features(params, audio[1:2])
    np.testing.assert_allclose(together[1:2], alone, atol=1e-5)


def test_centroids_are_fitted_to_the_tap(config, features, tokenize, params, key, rng):
    task = centroids.centroids_task(
        config, params, decay=0.9, dead_threshold=1.0, standardise_steps=1
    )
    batch = {"audio": (0.1 * rng.normal(size=(2, 6 * 960))).astype(np.float32)}
    init_rng, *step_rngs = jax.random.split(key, 3)
    state = task.init(init_rng, batch)
    step = jax.jit(task.train_step)
    for step_rng in step_rngs:
        state, _ = step(state, batch, step_rng)
    fitted = task.inference_params(state)
    x = np.asarray(features(params, batch["audio"])).reshape(-1, 16)
    np.testing.assert_allclose(fitted["mean"], x.mean(axis=0), atol=1e-5)
    assert fitted["codebooks"].shape == (1, 6, 16)
    codes = tokenize(params | fitted, batch["audio"])
    assert len(np.unique(codes)) > 1
