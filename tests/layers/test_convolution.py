import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.layers import convolution


def initialized(module, x):
    """Parameters with biases that are not zero."""
    params = nn.meta.unbox(module.init(jax.random.key(0), x)["params"])
    return jax.tree.map(lambda p: p + 0.1, params)


def causal_conv(x, kernel, bias, dilation):
    """Each output by the definition: tap `k` sees `taps - 1 - k` dilations back."""
    taps = len(kernel)
    y = np.tile(bias, (*x.shape[:2], 1))
    for t in range(x.shape[1]):
        for k in range(taps):
            past = t - (taps - 1 - k) * dilation
            if past >= 0:
                y[:, t] += x[:, past] @ kernel[k]
    return y


@pytest.mark.parametrize(("kernel_size", "dilation"), [(3, 1), (3, 4), (1, 1)])
def test_conv_equals_the_definition(rng, kernel_size, dilation):
    x = rng.standard_normal((2, 12, 3)).astype(np.float32)
    module = convolution.CausalConv(4, kernel_size, dilation=dilation)
    params = initialized(module, x)
    want = causal_conv(x, params["kernel"], params["bias"], dilation)
    np.testing.assert_allclose(
        module.apply({"params": params}, x), want, atol=1e-5, rtol=1e-5
    )


def test_depthwise_is_a_convolution_of_each_channel(rng):
    x = rng.standard_normal((2, 12, 3)).astype(np.float32)
    module = convolution.CausalDepthwise(4)
    params = initialized(module, x)
    assert params["kernel"].shape == (4, 3)
    # Kernels that keep channels apart.
    kernel = np.asarray(params["kernel"])[:, :, None] * np.eye(3)
    want = causal_conv(x, kernel, params["bias"], 1)
    got = module.apply({"params": params}, x)
    np.testing.assert_allclose(got, want, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("kernel_size", "stride"), [(6, 3), (4, 4), (6, 2), (5, 3)])
def test_downsample_is_a_strided_convolution(rng, kernel_size, stride):
    x = rng.standard_normal((2, 12, 3)).astype(np.float32)
    module = convolution.CausalDownsample(4, kernel_size, stride)
    params = initialized(module, x)
    got = module.apply({"params": params}, x)
    # Of the convolution at the full rate, the outputs at the end of each block.
    full = causal_conv(x, params["kernel"], params["bias"], 1)
    np.testing.assert_allclose(got, full[:, stride - 1 :: stride], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("kernel_size", "stride"), [(6, 3), (4, 4), (6, 2)])
def test_upsample_is_a_transposed_convolution(rng, kernel_size, stride):
    x = rng.standard_normal((2, 5, 3)).astype(np.float32)
    module = convolution.CausalUpsample(4, kernel_size, stride)
    params = initialized(module, x)
    want = np.zeros((2, 5 * stride + kernel_size, 4))
    for t in range(5):
        for k in range(kernel_size):
            want[:, t * stride + k] += x[:, t] @ np.asarray(params["kernel"][k])
    np.testing.assert_allclose(
        module.apply({"params": params}, x),
        want[:, : 5 * stride] + np.asarray(params["bias"]),
        atol=1e-5,
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    ("module", "block"),
    [
        (convolution.CausalConv(2, 3, dilation=3), 1),
        (convolution.CausalDepthwise(4), 1),
        (convolution.CausalDownsample(2, 6, 2), 2),
        (convolution.CausalDownsample(2, 5, 2), 2),
        (convolution.CausalUpsample(2, 4, 2), 1),
    ],
)
def test_chunks_equal_the_whole(rng, module, block):
    """Also with chunks shorter than what a layer remembers."""
    x = rng.standard_normal((2, 12, 3)).astype(np.float32)
    params = initialized(module, x)
    whole = module.apply({"params": params}, x)
    past, outputs = {}, []
    for chunk in np.split(x, [block, 4, 10], axis=1):
        y, past = module.apply(
            {"params": params, **past}, chunk, mutable=[convolution.PAST]
        )
        outputs.append(y)
    np.testing.assert_allclose(jnp.concatenate(outputs, axis=1), whole, atol=1e-5)


def test_no_gradient_has_holes(rng):
    """Which a strided convolution's own gradient has."""
    x = rng.standard_normal((1, 12, 3)).astype(np.float32)
    for module in (
        convolution.CausalDownsample(4, 6, 3),
        convolution.CausalUpsample(4, 6, 3),
    ):
        params = initialized(module, x)
        gradient = jax.grad(
            lambda p, x, m=module: m.apply({"params": p}, x).sum(), argnums=(0, 1)
        )
        program = str(jax.make_jaxpr(gradient)(params, x))
        assert program.count("conv_general_dilated[") >= 2
        assert program.count("lhs_dilation=(1,)") == program.count("lhs_dilation")


def test_kernels_keep_the_scale(rng):
    """Noise of unit variance stays near it, at every rate."""
    x = rng.standard_normal((2, 240, 32)).astype(np.float32)
    for module in (
        convolution.CausalConv(32, 5),
        convolution.CausalDownsample(32, 8, 4),
        convolution.CausalUpsample(32, 8, 4),
    ):
        y, _ = module.init_with_output(jax.random.key(1), x)
        assert 0.8 < float(jnp.std(y[:, 8:])) < 1.2


def test_kernels_name_their_axes():
    x = jnp.zeros((1, 4, 3))
    params = convolution.CausalConv(2, 3).init(jax.random.key(0), x)["params"]
    assert params["kernel"].names == ("kernel", "in", "out")
    assert params["bias"].names == ("out",)


def test_errors():
    x = jnp.zeros((1, 9, 3))
    with pytest.raises(ValueError, match="kernel_size must be a multiple of the str"):
        convolution.CausalUpsample(2, 5, 2).init(jax.random.key(0), x)
    with pytest.raises(ValueError, match="kernel_size must be at least the stride 4"):
        convolution.CausalDownsample(2, 3, 4).init(jax.random.key(0), x)
    with pytest.raises(ValueError, match="length must be a multiple of the stride 2"):
        convolution.CausalDownsample(2, 4, 2).init(jax.random.key(0), x)
