"""Nested parameters to the bytes of a safetensors file in few bits, and back.

In 16 bits, floats are in half precision. In 8 bits, so are vectors; of arrays of more
axes, `name` has the levels and `name:scale` the scales of its rows (`eight_bits`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from musiclm_jax.files import eight_bits

BITS = (8, 16)
"""What a float may be stored in."""

_SCALE = ":scale"
# The largest value that half precision holds.
_HALF_MAX = float(np.finfo(np.float16).max)

Params = dict[str, Any]


def to_bytes(params: Params, *, bits: int = 16) -> bytes:
    """Returns the file's content.

    Args:
        params: nested dicts of arrays, whose names hold neither slash nor colon.
        bits: of a float, one of `BITS`.

    Raises:
        ValueError: a value that is not finite, a name that cannot be, or other bits.
    """
    if bits not in BITS:
        raise ValueError(f"a float cannot be stored in {bits} bits, but in 8 or 16")
    stored = {}
    for name, value in flatten(params).items():
        is_float = np.issubdtype(value.dtype, np.floating)
        if is_float and not np.isfinite(value).all():
            raise ValueError(
                f"parameter {name} is not finite, the part cannot be saved"
            )
        if is_float and bits == 8 and value.ndim > 1:
            stored[name], stored[name + _SCALE] = eight_bits.pack(value)
        else:
            stored[name] = _to_half(value) if is_float else value
    in_order = {name: np.asarray(value, order="C") for name, value in stored.items()}
    return safetensors.numpy.save(in_order)


def from_bytes(data: bytes, *, where: str) -> Params:
    """Returns the nested parameters, floats in float32.

    Args:
        data: what `to_bytes` gave.
        where: names the file in the error.

    Raises:
        ValueError: the content is no safetensors file of numbers that are read here, or
            levels and scales in it do not fit.
    """
    try:
        flat = safetensors.numpy.load(data)
    except safetensors.SafetensorError as error:
        raise ValueError(f"{where} is damaged: not a safetensors file") from error
    except KeyError as error:
        raise ValueError(
            f"{where} has numbers of the kind {error}, which are not read here"
        ) from None
    scales = {name: flat.pop(name) for name in list(flat) if name.endswith(_SCALE)}
    for name, scale in scales.items():
        of = name.removesuffix(_SCALE)
        if of not in flat:
            raise ValueError(f"{where} is damaged: it has {name} but no {of}")
        try:
            flat[of] = eight_bits.unpack(flat[of], scale)
        except ValueError as error:
            raise ValueError(f"{where} is damaged: {of}: {error}") from None
    nested: Params = {}
    for name, value in flat.items():
        *folders, leaf = name.split("/")
        inner = nested
        for folder in folders:
            inner = inner.setdefault(folder, {})
            if not isinstance(inner, dict):
                raise ValueError(f"{where} is damaged: {folder} holds and is a value")
        if leaf in inner:
            raise ValueError(f"{where} is damaged: {leaf} holds and is a value")
        is_float = np.issubdtype(value.dtype, np.floating)
        inner[leaf] = value.astype(np.float32) if is_float else value
    return nested


def flatten(params: Mapping[str, Any], prefix: str = "") -> dict[str, np.ndarray]:
    """Flattens nested dicts to one whose keys are joined by slashes."""
    flat = {}
    for name, value in params.items():
        if not isinstance(name, str) or not name or set(name) & set("/:"):
            raise ValueError(f"a parameter cannot be named {name!r}")
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}/")
        else:
            flat[prefix + name] = np.asarray(value)
    return flat


def _to_half(value: np.ndarray) -> np.ndarray:
    # What half precision cannot hold (a sum, a count) stays as it is.
    fits = value.size == 0 or np.abs(value).max() <= _HALF_MAX
    return np.asarray(value, np.float16 if fits else np.float32)
