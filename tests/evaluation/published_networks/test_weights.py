"""Named arrays from files of each kind, and what is said of wrong ones."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from musiclm_jax.evaluation.published_networks import weights

HERE = Path("file")


@pytest.fixture
def files(tmp_path, tf_files, tensors):
    """The same arrays in all kinds of files, under names that tell nothing."""
    safetensors.numpy.save_file(tensors, tmp_path / "one")
    with (tmp_path / "two").open("wb") as file:
        np.savez(file, **tensors)
    tf_files.bundle(tmp_path / "three", tensors)
    (tmp_path / "four").write_bytes(tf_files.old_checkpoint(tensors))
    return [tmp_path / name for name in ("one", "two", "three", "four")]


def test_files_are_told_by_what_they_hold(files, tensors):
    for path in files:
        found = weights.read(path)
        assert found.keys() == tensors.keys()
        for name, array in tensors.items():
            np.testing.assert_array_equal(found[name], array, strict=True)
        assert weights.fingerprint(found) == weights.fingerprint(tensors)


def test_a_fingerprint_is_of_names_and_numbers(tensors):
    own = weights.fingerprint(tensors)
    assert len(own) == 8
    others = [
        {**tensors, "net/scale": np.array(2.6, np.float32)},
        {**tensors, "net/conv1/biases": tensors["net/conv1/biases"][::-1]},
        {**tensors, "net/conv2/weights": tensors["net/conv2/weights"].reshape(3, 2)},
        {name.upper(): array for name, array in tensors.items()},
    ]
    assert len({own, *map(weights.fingerprint, others)}) == 5
    backwards = dict(reversed(tensors.items()))
    assert weights.fingerprint(backwards) == own


def test_what_is_no_file_of_weights(tmp_path, files):
    (tmp_path / "text").write_text("no weights")
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    with (tmp_path / "objects").open("wb") as file:
        np.savez(file, a=np.array([{}], object))
    with zipfile.ZipFile(tmp_path / "torch", "w") as file:
        file.writestr("archive/data.pkl", b"pickled")
    (tmp_path / "pickle").write_bytes(pickle.dumps({"a": 1}))
    for name in ("one", "two"):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:-40])
    for name, words in (
        ("text", "is damaged, or neither"),
        ("empty", "is damaged, or neither"),
        ("one", "is damaged, or neither"),
        ("two", "is damaged, or neither"),
        ("pickle", "a file of PyTorch must first be stored as .safetensors"),
        ("folder", "is a folder without variables/variables.index"),
        ("objects", "is damaged, or no .npz"),
        ("torch", "a file of PyTorch must first be stored as .safetensors"),
    ):
        with pytest.raises(ValueError, match=words):
            weights.read(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="there are no weights"):
        weights.read(tmp_path / "nothing")


def test_arrays_that_fit(tensors):
    layout = {"net/scale": (), "net/conv2/weights": (2, 3)}
    found = weights.fitting(
        tensors, layout, path=HERE, ignored=("net/conv1/*", "other/*", "steps")
    )
    assert list(found) == list(layout)
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}
    np.testing.assert_allclose(found["net/conv2/weights"], tensors["net/conv2/weights"])


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ({"a": (2,), "b": (3,), "c": ()}, "it lacks c$"),
        ({"a": (2,)}, "it has also b$"),
        (
            {"a": (2,), "b": (1, 3)},
            r"it has another shape of b \[3\] \(right is \[1, 3\]\)$",
        ),
        ({"a": (2,), "c": ()}, "it lacks c; it has also b$"),
        (dict.fromkeys("abcdefg", (2,)), "it lacks c, d, e and 2 others; it has an"),
    ],
)
def test_arrays_of_another_network(layout, words):
    arrays = {"a": np.zeros(2, np.float32), "b": np.zeros(3, np.float32)}
    with pytest.raises(ValueError, match=f"file is of another network: {words}"):
        weights.fitting(arrays, layout, path=HERE)


@pytest.mark.parametrize("array", [np.array([np.nan, 1]), np.array(["a", "b"])])
def test_numbers_that_are_none(array):
    with pytest.raises(ValueError, match=r"file is damaged: no finite numbers in a$"):
        weights.fitting({"a": array}, {"a": (2,)}, path=HERE)
