import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.files import eight_bits
from musiclm_jax.lm import weights
from musiclm_jax.lm.sampling_config import SamplingConfig


@pytest.fixture
def params():
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(6, 2, 5)) * np.geomspace(1e-3, 10.0, 6)[:, None, None]
    kernel[3] = 0.0
    return {
        "layer": {"in": jnp.float32(kernel), "scale": jnp.float32(rng.normal(size=7))},
        "table": jnp.float32(rng.normal(size=(11, 4))),
    }


def test_in_eight_bits_they_are_those_of_a_file(params):
    found = weights.whole(jax.jit(lambda p: weights.keep(p, 8))(params))
    for part, name in ((params["layer"], "in"), (params, "table")):
        wanted = eight_bits.unpack(*eight_bits.pack(np.asarray(part[name])))
        got = found["layer"]["in"] if name == "in" else found["table"]
        np.testing.assert_allclose(got, wanted, rtol=1e-6)
    # A bundle's eight bits are read as they are.
    again = weights.whole(weights.keep(found, 8))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), again, found)


def test_in_sixteen_bits_they_are_bfloat16(params):
    kept = weights.keep(params, 16)
    assert kept["table"].dtype == jnp.bfloat16
    error = np.abs(weights.whole(kept)["table"] - params["table"])
    assert (error <= np.abs(params["table"]) * 2.0**-8).all()
    assert error.max() > 0


@pytest.mark.parametrize("bits", [8, 16])
def test_vectors_stay_as_they_are(params, bits):
    found = weights.whole(weights.keep(params, bits))
    np.testing.assert_array_equal(found["layer"]["scale"], params["layer"]["scale"])


@pytest.mark.parametrize("bits", [None, 32])
def test_in_all_bits_nothing_changes(params, bits):
    found = weights.whole(weights.keep(params, bits))
    jax.tree.map(np.testing.assert_array_equal, found, params)


@pytest.mark.parametrize("bits", [4, True, 16.5, "8"])
def test_other_bits_are_named(bits):
    with pytest.raises(ValueError, match=r"weight_bits is .*; it must be 8, 16 or 32"):
        SamplingConfig(weight_bits=bits)
