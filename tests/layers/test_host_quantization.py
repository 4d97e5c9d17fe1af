import numpy as np

from musiclm_jax.layers import host_quantization, quantization


def test_codes_on_the_host_are_the_compiled_ones(rng):
    codebooks = rng.normal(size=(4, 16, 6)).astype(np.float32)
    vectors = rng.normal(size=(20, 1, 6)).astype(np.float32)
    expected = np.asarray(quantization.quantize(codebooks, vectors))[:, 0]
    got = [host_quantization.quantize(codebooks, vector[0]) for vector in vectors]
    np.testing.assert_array_equal(got, expected)
