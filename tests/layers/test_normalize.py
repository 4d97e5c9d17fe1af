import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.data.feeding import crops
from musiclm_jax.layers import normalize


def test_vectors_become_one_long_and_keep_their_direction(rng):
    x = rng.normal(size=(2, 3, 4)).astype(np.float32)
    y = normalize.unit_length(x)
    np.testing.assert_allclose(y, x / np.linalg.norm(x, axis=-1, keepdims=True), 1e-6)


def test_zero_stays_zero_with_a_finite_gradient():
    gradient = jax.grad(lambda x: jnp.sum(normalize.unit_length(x)))(jnp.zeros(3))
    np.testing.assert_array_equal(normalize.unit_length(jnp.zeros(3)), 0.0)
    assert np.isfinite(gradient).all()


def test_lengths_stay_below_one_and_directions_stay(rng):
    x = rng.normal(size=(2, 3, 4)).astype(np.float32)
    y = normalize.at_most_unit_length(x, half=0.5)
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    np.testing.assert_allclose(y, x / (length + 0.5), rtol=1e-5)
    halved = normalize.at_most_unit_length(0.5 * x / length, half=0.5)
    np.testing.assert_allclose(np.linalg.norm(halved, axis=-1), 0.5, rtol=1e-5)
    zero = normalize.at_most_unit_length(jnp.zeros(3), half=0.5)
    np.testing.assert_array_equal(zero, 0.0)


def test_threads_that_read_data_have_the_same_definition(rng):
    """On both sides of the smallest length, and at zero."""
    direction = rng.normal(size=5).astype(np.float32)
    direction /= np.linalg.norm(direction)
    for length in (0.0, 1e-9, 0.5e-6, 2e-6, 1.0, 1e6):
        x = np.float32(length) * direction
        np.testing.assert_allclose(
            crops.unit_length(x), normalize.unit_length(x), rtol=1e-5, atol=1e-7
        )
    assert crops.SMALLEST_LENGTH == normalize.SMALLEST_LENGTH
