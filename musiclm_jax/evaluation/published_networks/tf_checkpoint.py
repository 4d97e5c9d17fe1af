"""Tensors of TensorFlow's checkpoints by name, read without TensorFlow.

    PREFIX.index, PREFIX.data-00000-of-00001 ...   a "bundle", as written today
    FOLDER/variables/variables.*                   the same, in a SavedModel
    FILE                                           the first version: all in one table

TensorFlow 2 keys tensors by how they are reached from the model; where it wrote what
they are called, they go by that.
"""

import math
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from musiclm_jax.evaluation.published_networks import sorted_table
from musiclm_jax.evaluation.published_networks.crc32c import crc32c, masked
from musiclm_jax.evaluation.published_networks.proto_wire import Message, varint

INDEX = ".index"
_STRING = 7
# TensorFlow's numbers of types.
_TYPES = {
    1: np.float32,
    2: np.float64,
    3: np.int32,
    4: np.uint8,
    5: np.int16,
    6: np.int8,
    9: np.int64,
    10: np.bool_,
    17: np.uint16,
    19: np.float16,
    22: np.uint32,
    23: np.uint64,
}
# Type -> field of a TensorProto that holds it, and how its numbers are packed; None:
# as varints.
_FIELDS = {1: (5, "<f4"), 2: (6, "<f8"), 3: (7, None), 9: (10, None), 10: (11, None)}
_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def prefix_of(path: Path) -> Path | None:
    """Returns the prefix of a bundle that a path names, or None."""
    names = [path, path / "variables" / "variables"]
    if path.name.endswith(INDEX):
        names.append(path.with_name(path.name.removesuffix(INDEX)))
    elif ".data-" in path.name:
        names.append(path.with_name(path.name.rpartition(".data-")[0]))
    return next((name for name in names if _index(name).is_file()), None)


def read_bundle(prefix: Path) -> dict[str, np.ndarray]:
    """Reads name -> tensor, without tensors of strings.

    Raises:
        OSError: a file is missing or cannot be read.
        ValueError: a file is damaged, or holds what is not read here; it is named.
    """
    try:
        table = dict(sorted_table.entries(_index(prefix)))
        header = Message(table.pop(b"", memoryview(b"")))
        if header.number(2):
            raise ValueError("its numbers are big-endian")
        num_files = header.number(1)
        entries = {str(key, "utf-8"): Message(value) for key, value in table.items()}
        names = _called(prefix, entries.pop(_OBJECT_GRAPH, None), num_files)
        return {
            names.get(key, key): _stored(prefix, num_files, entry)
            for key, entry in entries.items()
            if entry.number(1) != _STRING
        }
    except ValueError as error:
        raise ValueError(f"{prefix} is no checkpoint, or damaged: {error}") from None


def read_table(path: Path) -> dict[str, np.ndarray]:
    """Reads name -> tensor of the older kind of checkpoint, without those of strings.

    Raises:
        OSError: it cannot be read.
        ValueError: it is damaged, or holds what is not read here.
    """
    try:
        return _read_table(path)
    except ValueError as error:
        raise ValueError(f"{path} is no checkpoint, or damaged: {error}") from None


def _read_table(path: Path) -> dict[str, np.ndarray]:
    records = sorted_table.entries(path)
    key, first = next(records, (b"", memoryview(b"")))
    known = {
        meta.text(1): (meta.number(3), _shape(meta.message(2)))
        for meta in Message(first).message(1).messages(1)
        if meta.number(3) != _STRING
    }
    if key or not known:
        raise ValueError("it lists no tensors")
    size = path.stat().st_size
    for name, (_, shape) in known.items():
        # Before memory is taken: a number takes a byte at least.
        if math.prod(shape) > size:
            raise ValueError(f"{name} of {list(shape)} is larger than the file")
    found: dict[str, np.ndarray] = {}
    lacking = {name: math.prod(shape) for name, (_, shape) in known.items()}
    for _, value in records:
        saved = Message(value).message(2)
        name = saved.text(1)
        if name not in known:
            continue
        kind, shape = known[name]
        place = _slices(saved.message(2), shape)
        whole = found.setdefault(name, np.empty(shape, _type(kind)))
        numbers = _numbers(saved.message(3), kind)
        if numbers.size != whole[place].size:
            raise ValueError(
                f"{name} has {numbers.size} of {whole[place].size} numbers"
            )
        whole[place] = numbers.reshape(whole[place].shape)
        lacking[name] -= numbers.size
    for name, num in lacking.items():
        if num:
            raise ValueError(f"{name} is not whole")
    return found


def _index(prefix: Path) -> Path:
    return prefix.with_name(prefix.name + INDEX)


def _bytes(prefix: Path, num_files: int, entry: Message) -> memoryview:
    number, offset, size = entry.number(3), entry.number(4), entry.number(5)
    path = prefix.with_name(f"{prefix.name}.data-{number:05}-of-{num_files:05}")
    with path.open("rb") as file:
        if offset + size > file.seek(0, os.SEEK_END):
            raise ValueError(f"{path.name} is too short")
        file.seek(offset)
        return memoryview(file.read(size))


def _stored(prefix: Path, num_files: int, entry: Message) -> np.ndarray:
    if entry.parts(7):
        raise ValueError("a tensor is stored in slices, which is not read here")
    dtype = np.dtype(_type(entry.number(1))).newbyteorder("<")
    data, shape = _bytes(prefix, num_files, entry), _shape(entry.message(2))
    if masked(crc32c(data)) != entry.number(6):
        raise ValueError("a tensor has another checksum")
    numbers = np.frombuffer(data, dtype)
    if numbers.size != math.prod(shape):
        raise ValueError(f"a tensor of {list(shape)} has {numbers.size} numbers")
    return numbers.reshape(shape)


def _called(prefix: Path, graph: Message | None, num_files: int) -> dict[str, str]:
    """Key -> name, of what TensorFlow 2 wrote about the objects of a model."""
    if graph is None:
        return {}
    data = _bytes(prefix, num_files, graph)
    length, place = varint(data, 0)
    message = data[place + 4 : place + 4 + length]  # behind a checksum of the length
    found = {
        attribute.text(3): attribute.text(2)
        for node in Message(message).messages(1)
        for attribute in node.messages(2)
    }
    times = Counter(found.values())
    return {key: name for key, name in found.items() if name and times[name] == 1}


def _type(kind: int) -> type[np.generic]:
    if kind not in _TYPES:
        raise ValueError(f"a tensor is of a type that is not read here ({kind})")
    return _TYPES[kind]


def _shape(message: Message) -> tuple[int, ...]:
    return tuple(axis.number(1) for axis in message.messages(2))


def _slices(message: Message, shape: tuple[int, ...]) -> tuple[slice, ...]:
    extents = message.messages(1)
    if len(extents) != len(shape):
        raise ValueError("a slice has other axes than its tensor")
    return tuple(
        slice(extent.number(1), extent.number(1) + (extent.number(2) or size))
        for extent, size in zip(extents, shape, strict=True)
    )


def _numbers(tensor: Message, kind: int) -> np.ndarray:
    for content in tensor.parts(4):
        return np.frombuffer(content, np.dtype(_type(kind)).newbyteorder("<"))
    if kind not in _FIELDS:
        raise ValueError(f"a tensor is of a type that is not read here ({kind})")
    field, packed = _FIELDS[kind]
    parts = tensor.parts(field)
    if packed is not None:
        return np.concatenate([np.frombuffer(p, packed) for p in [b"", *parts]])
    values = [value for part in parts for value in _varints(part)]
    return np.array(values, np.uint64).astype(np.int64)


def _varints(data: memoryview) -> Iterator[int]:
    place = 0
    while place < len(data):
        value, place = varint(data, place)
        yield value
