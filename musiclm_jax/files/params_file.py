"""Nested parameters to the bytes of a safetensors file in half precision, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

# The largest value that half precision holds.
_HALF_MAX = float(np.finfo(np.float16).max)

Params = dict[str, Any]


def to_bytes(params: Params) -> bytes:
    """Returns the file's content.

    Args:
        params: nested dicts of arrays, whose names hold no slash.

    Raises:
        ValueError: a value that is not finite, or a name that cannot be.
    """
    flat = flatten(params)
    return safetensors.numpy.save({name: _to_half(name, flat[name]) for name in flat})


def from_bytes(data: bytes, *, where: str) -> Params:
    """Returns the nested parameters, floats in float32.

    Args:
        data: what `to_bytes` gave.
        where: names the file in the error.

    Raises:
        ValueError: the content is no safetensors file.
    """
    try:
        flat = safetensors.numpy.load(data)
    except safetensors.SafetensorError as error:
        raise ValueError(f"{where} is damaged: not a safetensors file") from error
    nested: Params = {}
    for name, value in flat.items():
        *folders, leaf = name.split("/")
        inner = nested
        for folder in folders:
            inner = inner.setdefault(folder, {})
        is_float = np.issubdtype(value.dtype, np.floating)
        inner[leaf] = value.astype(np.float32) if is_float else value
    return nested


def flatten(params: Mapping[str, Any], prefix: str = "") -> dict[str, np.ndarray]:
    """Flattens nested dicts to one whose keys are joined by slashes."""
    flat = {}
    for name, value in params.items():
        if not isinstance(name, str) or not name or "/" in name:
            raise ValueError(f"a parameter cannot be named {name!r}")
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}/")
        else:
            flat[prefix + name] = np.asarray(value)
    return flat


def _to_half(name: str, value: np.ndarray) -> np.ndarray:
    if not np.issubdtype(value.dtype, np.floating):
        return np.asarray(value, order="C")
    if not np.isfinite(value).all():
        raise ValueError(f"parameter {name} is not finite, the part cannot be saved")
    # What half precision cannot hold (a sum, a count) stays as it is.
    fits = value.size == 0 or np.abs(value).max() <= _HALF_MAX
    return np.asarray(value, np.float16 if fits else np.float32, order="C")
