"""Tables of sorted keys in one file (LevelDB's "SSTable"), in which TensorFlow writes.

block, block ... block of an index, footer (48 bytes)
block    entries (shared, own, value lengths, rest of the key, value), restarts
trailer  of each block: how it is compressed, and a checksum
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from musiclm_jax.evaluation.published_networks.crc32c import crc32c, masked
from musiclm_jax.evaluation.published_networks.proto_wire import varint

_FOOTER = 48
_TRAILER = 5
_SNAPPY = 1
_MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")


def is_one(path: Path) -> bool:
    """Whether a file ends as these tables do."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(_MAGIC)))
        return file.read() == _MAGIC


def entries(path: Path) -> Iterator[tuple[bytes, memoryview]]:
    """Yields keys, in order, and values.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such table, or damaged, or compressed.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _FOOTER))
        footer = memoryview(file.read())
        if len(footer) < _FOOTER or footer[-len(_MAGIC) :] != _MAGIC:
            raise ValueError("it does not end as a table does")
        _, place = varint(footer, 0)  # the first block is of other indices
        _, place = varint(footer, place)
        offset, place = varint(footer, place)
        length, _ = varint(footer, place)
        last = None
        for _, handle in _in_block(_block(file, size, offset, length)):
            where, after = varint(handle, 0)
            for key, value in _in_block(
                _block(file, size, where, varint(handle, after)[0])
            ):
                if last is not None and key <= last:
                    raise ValueError("its keys are not in order")
                last = key
                yield key, value


def _block(file: BinaryIO, size: int, offset: int, length: int) -> memoryview:
    if offset + length + _TRAILER > size:
        raise ValueError("a block reaches beyond its end")
    file.seek(offset)
    data = memoryview(file.read(length + _TRAILER))
    stored = int.from_bytes(data[-4:], "little")
    if masked(crc32c(data[:-4])) != stored:
        raise ValueError("a block has another checksum")
    if data[length]:
        how = "by Snappy" if data[length] == _SNAPPY else "by another means"
        raise ValueError(f"a block is compressed {how}, which is not read here")
    return data[:length]


def _in_block(block: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    if len(block) < 4:
        raise ValueError("a block is too short")
    end = len(block) - 4 * (1 + int.from_bytes(block[-4:], "little"))
    place, key = 0, b""
    while place < end:
        shared, place = varint(block, place)
        own, place = varint(block, place)
        length, place = varint(block, place)
        if shared > len(key) or place + own + length > end:
            raise ValueError("an entry reaches beyond its block")
        key = key[:shared] + bytes(block[place : place + own])
        place += own
        yield key, block[place : place + length]
        place += length
    if place != end:
        raise ValueError("a block has no list of restarts")
