import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

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


def test_eight_bits_take_half_the_bytes_of_sixteen(rng):
    params = {"kernel": rng.standard_normal((200, 100)).astype(np.float32)}
    eight = len(params_file.to_bytes(params, bits=8))
    assert 200 * 100 < eight < 0.53 * len(params_file.to_bytes(params))


def test_eight_bits_come_back_near_what_they_were(rng):
    params = {
        "layer": {"kernel": rng.standard_normal((7, 2, 5)), "bias": np.array([0.1])},
        "step": np.array([[7]], np.int32),
    }
    data = params_file.to_bytes(params, bits=8)
    loaded = params_file.from_bytes(data, where="file")
    assert set(loaded) == {"layer", "step"}
    assert set(loaded["layer"]) == {"kernel", "bias"}
    kernel, original = loaded["layer"]["kernel"], params["layer"]["kernel"]
    assert kernel.dtype == np.float32
    np.testing.assert_allclose(kernel, original, atol=np.abs(original).max() / 250)
    # A vector is too short to be worth a scale.
    assert loaded["layer"]["bias"][0] == np.float16(0.1)
    assert loaded["step"] == 7 and loaded["step"].dtype == np.int32


def test_other_bits_are_refused():
    with pytest.raises(ValueError, match="in 4 bits, but in 8 or 16"):
        params_file.to_bytes({}, bits=4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"a:scale": np.ones(3, np.float32)}, "a: levels int8 .* do not go with"),
        ({"b:scale": np.ones(2, np.float32)}, "it has b:scale but no b"),
    ],
)
def test_scales_of_something_else_are_named(change, words):
    stored = {"a": np.ones((2, 3), np.int8), "a:scale": np.ones(2, np.float32)}
    data = safetensors.numpy.save(stored | change)
    with pytest.raises(ValueError, match=f"^part.safetensors is damaged: {words}"):
        params_file.from_bytes(data, where="part.safetensors")


@pytest.mark.parametrize("name", ["", "a/b", "a:b"])
def test_names_that_cannot_be_are_refused(name):
    with pytest.raises(ValueError, match="cannot be named"):
        params_file.to_bytes({name: np.ones(1)})
