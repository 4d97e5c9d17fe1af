import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.files import params_file


def test_nested_names_come_back(rng):
    kernel = rng.normal(size=(3, 4)).astype(np.float32)
    inner = {"b": {"kernel": kernel.T}, "bias": jnp.ones(2)}
    params = {"a": inner, "step": np.int32(7)}
    loaded = params_file.from_bytes(params_file.to_bytes(params), where="file")
    assert set(loaded) == {"a", "step"} and set(loaded["a"]) == {"b", "bias"}
    # Stored in half precision, and in the order of its axes, not of its memory.
    half = kernel.T.astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(loaded["a"]["b"]["kernel"], half)
    assert loaded["a"]["b"]["kernel"].dtype == np.float32
    assert loaded["step"] == 7 and loaded["step"].dtype == np.int32


def test_saving_twice_loses_nothing_more(rng):
    params = {"kernel": rng.normal(size=(50,)).astype(np.float32)}
    once = params_file.from_bytes(params_file.to_bytes(params), where="file")
    twice = params_file.from_bytes(params_file.to_bytes(once), where="file")
    np.testing.assert_array_equal(once["kernel"], twice["kernel"])


def test_what_half_precision_cannot_hold_stays_whole():
    params = {"counts": np.array([1e5, 1.0001], np.float32)}
    loaded = params_file.from_bytes(params_file.to_bytes(params), where="file")
    np.testing.assert_array_equal(loaded["counts"], params["counts"])


@pytest.mark.parametrize("data", [b"", b"\x00" * 8, b"\xff" * 100, b"{}"])
def test_other_files_are_refused(data):
    with pytest.raises(ValueError, match=r"part\.safetensors is damaged"):
        params_file.from_bytes(data, where="part.safetensors")
