"""Named arrays of a published network, from whatever file they come in."""

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import safetensors

from musiclm_jax.evaluation.published_networks import sorted_table, tf_checkpoint

_NAMED = 3  # tensors that an error names; of the rest it says how many
_PYTORCH = "a file of PyTorch must first be stored as .safetensors"


def read(path: Path) -> dict[str, np.ndarray]:
    """Reads name -> array of a file of safetensors, .npz, or TensorFlow's checkpoints.

    Which it is, its content tells. Pickles are never opened.

    Args:
        path: of the file; of a checkpoint also its prefix, or the folder of a
            SavedModel.

    Raises:
        OSError: there is none, or it cannot be read.
        ValueError: it is something else, or damaged.
    """
    prefix = tf_checkpoint.prefix_of(path)
    if prefix is not None:
        return tf_checkpoint.read_bundle(prefix)
    if path.is_dir():
        raise ValueError(f"{path} is a folder without variables/variables.index")
    if not path.exists():
        raise FileNotFoundError(f"there are no weights {path}")
    if sorted_table.is_one(path):
        return tf_checkpoint.read_table(path)
    if zipfile.is_zipfile(path):
        return _read_npz(path)
    try:
        with safetensors.safe_open(path, "numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, TypeError):
        raise ValueError(
            f"{path} is damaged, or neither .safetensors, .npz nor a TensorFlow "
            f"checkpoint; {_PYTORCH}"
        ) from None


def fitting(
    arrays: Mapping[str, np.ndarray],
    layout: Mapping[str, tuple[int, ...]],
    *,
    path: Path,
    ignored: Sequence[str] = (),
) -> dict[str, np.ndarray]:
    """Returns what a network is made of, in single precision.

    Args:
        arrays: name -> array, as they were read.
        layout: name -> shape of all that the network has.
        path: of the arrays, for errors.
        ignored: patterns of names that files may also hold.

    Raises:
        ValueError: arrays are missing, of another shape or no finite numbers, or there
            are more; a sentence that names them.
    """
    more = [
        name
        for name in sorted(arrays.keys() - layout.keys())
        if not any(fnmatchcase(name, pattern) for pattern in ignored)
    ]
    shared = [name for name in layout if name in arrays]
    wrong = {
        "lacks": [name for name in layout if name not in arrays],
        "has also": more,
        "has another shape of": [
            f"{name} {list(arrays[name].shape)} (right is {list(layout[name])})"
            for name in shared
            if arrays[name].shape != layout[name]
        ],
    }
    said = [f"{what} {_some(names)}" for what, names in wrong.items() if names]
    if said:
        raise ValueError(f"{path} is of another network: it {'; it '.join(said)}")
    spoilt = [name for name in layout if not _is_finite(arrays[name])]
    if spoilt:
        raise ValueError(f"{path} is damaged: no finite numbers in {_some(spoilt)}")
    return {name: np.asarray(arrays[name], np.float32) for name in layout}


def load(
    path: Path, layout: Mapping[str, tuple[int, ...]], *, ignored: Sequence[str] = ()
) -> tuple[dict[str, jax.Array], str]:
    """Reads what a network is made of, and its fingerprint; see `read`, `fitting`."""
    found = fitting(read(path), layout, path=path, ignored=ignored)
    return {n: jnp.asarray(array) for n, array in found.items()}, fingerprint(found)


def fingerprint(arrays: Mapping[str, np.ndarray]) -> str:
    """Returns a hash of names and numbers, whatever file they came in."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        found.update(f"{name} {arrays[name].dtype} {arrays[name].shape}\n".encode())
        found.update(np.ascontiguousarray(arrays[name]).data)
    return found.hexdigest()[:8]


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is damaged, or no .npz: {error}") from None
    for name, array in found.items():
        if not isinstance(array, np.ndarray):
            raise ValueError(f"{path} holds {name}, which is no array; {_PYTORCH}")
    return found


def _is_finite(array: np.ndarray) -> bool:
    return array.dtype.kind in "fiu" and bool(np.isfinite(array).all())


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} others" if rest > 0 else "")
