import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.layers.product import product


@pytest.mark.parametrize("shape", [(2, 1), (1, 1), (3, 1), (2, 5)])
@pytest.mark.parametrize("num_inputs", [1, 2])
def test_product_sums_over_the_inputs(shape, num_inputs):
    rng = np.random.default_rng(0)
    inputs, outputs = (6, 4)[:num_inputs], (3, 5)
    x, kernel = (
        rng.standard_normal((*shape, *inputs)),
        rng.standard_normal((*inputs, *outputs)),
    )
    found = jax.jit(product, static_argnames="axes")(
        jnp.float32(x), jnp.float32(kernel), axes=num_inputs
    )
    letters = "ij"[:num_inputs]
    expected = np.einsum(f"bq{letters},{letters}mn->bqmn", x, kernel)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
