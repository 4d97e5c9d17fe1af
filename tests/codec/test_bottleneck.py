import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import bottleneck


def test_straight_through_gradient(key):
    def loss(x):
        return jnp.sum(bottleneck.straight_through(x, jnp.round(x), key) ** 2)

    x = jnp.array([0.4, 1.7])
    assert float(loss(x)) == 4.0
    np.testing.assert_allclose(jax.grad(loss)(x), 2 * np.round([0.4, 1.7]))


def test_noise_takes_the_place_of_the_quantizer(rng, key):
    """In its share of rows: white, and of the power of the quantizer's own error."""
    x = rng.standard_normal((64, 200, 8)).astype(np.float32)
    quantized = np.round(x)
    passed_on = jax.jit(bottleneck.NoisyBottleneck(share=0.5))(x, quantized, key)
    is_noisy = np.abs(passed_on - quantized).max(axis=(1, 2)) > 1e-5
    assert 16 < is_noisy.sum() < 48
    noise = np.asarray(passed_on - x)[is_noisy]
    np.testing.assert_allclose(noise.var(), np.square(x - quantized).mean(), rtol=0.02)
    np.testing.assert_allclose(noise.var(axis=(0, 1)), noise.var(), rtol=0.1)
    assert abs(np.mean(noise[:, 1:] * noise[:, :-1])) < 0.02 * noise.var()


def test_errors():
    with pytest.raises(ValueError, match="share must be from 0 to 1, got 2"):
        bottleneck.NoisyBottleneck(share=2)
