import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.layers import strided

CASES = [
    # space, taps, strides, padding, groups
    ((37,), (41,), (4,), "SAME", 2),
    ((40,), (3,), (2,), [(1, 1)], 1),
    ((41,), (3,), (2,), [(1, 1)], 1),
    ((12,), (5,), (4,), "VALID", 4),
    ((17, 9), (3, 4), (1, 2), "SAME", 1),
    ((17, 8), (4, 4), (2, 2), "SAME", 2),
    ((17, 8), (1, 1), (2, 2), "SAME", 1),
    ((10, 11), (7, 7), (2, 2), [(3, 3), (3, 3)], 1),
    ((10, 11), (2, 3), (4, 3), "VALID", 1),
    ((9, 8), (3, 3), (1, 1), "SAME", 1),
]


@pytest.mark.parametrize(("space", "taps", "strides", "padding", "groups"), CASES)
def test_equals_xla_with_its_gradients(rng, space, taps, strides, padding, groups):
    x = rng.normal(size=(2, *space, 4)).astype(np.float32)
    kernel = rng.normal(size=(*taps, 4 // groups, 8)).astype(np.float32)
    axes = "TF"[: len(space)]
    numbers = (f"N{axes}C", f"{axes}IO", f"N{axes}C")

    def run(function):
        def call(x, kernel):
            return function(
                x,
                kernel,
                strides,
                padding,
                feature_group_count=groups,
                dimension_numbers=numbers,
            )

        y, pull = jax.vjp(call, x, kernel)
        return y, *pull(jnp.cos(jnp.arange(y.size, dtype=y.dtype)).reshape(y.shape))

    actual = jax.jit(lambda: run(strided.convolve))()
    expected = jax.jit(lambda: run(jax.lax.conv_general_dilated))()
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-4, atol=1e-4)


def test_no_gradient_has_holes(rng):
    x = jnp.asarray(rng.normal(size=(2, 16, 8, 4)), jnp.float32)
    layer = nn.Conv(4, (3, 3), strides=2, conv_general_dilated=strided.convolve)
    params = layer.init(jax.random.key(0), x)
    gradient = jax.grad(lambda p, x: layer.apply(p, x).sum(), argnums=(0, 1))
    program = str(jax.make_jaxpr(gradient)(params, x))
    assert program.count("conv_general_dilated[") >= 3
    assert program.count("lhs_dilation=(1, 1)") == program.count("lhs_dilation")
