"""CRC-32C, by which files of TensorFlow tell damage, of many bytes at once.

A checksum is linear over bits: that of two parts is the first's, moved over as many
zeros as the second is long, plus the second's. So all parts of some data are worked on
side by side, and what comes out is joined in pairs.
"""

import functools

import numpy as np

_POLYNOMIAL = 0x82F63B78
_PART_BITS = 8  # log2 of the bytes of a part
_ALL = np.uint32(0xFFFFFFFF)


def crc32c(data: bytes | memoryview) -> int:
    """Returns the CRC-32C (Castagnoli) of some bytes."""
    start = np.full(1, _ALL)
    length, moved = len(data), _moved_by_a_byte()
    while length:
        if length & 1:
            start = _apply(moved, start)
        moved, length = _apply(moved, moved), length >> 1
    return int(start[0] ^ _remainder(data) ^ _ALL)


def masked(crc: int) -> int:
    """Returns a checksum as it is stored: data may hold checksums of their own."""
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _remainder(data: bytes | memoryview) -> np.uint32:
    """The register that began as zero, which zeros in front do not change."""
    length = 1 << _PART_BITS
    num_parts = -(-len(data) // length)
    padded = np.zeros(num_parts * length, np.uint8)
    if len(data):
        padded[-len(data) :] = np.frombuffer(data, np.uint8)
    found, table = np.zeros(num_parts, np.uint32), _table()
    for column in np.ascontiguousarray(padded.reshape(num_parts, length).T):
        found = table[(found ^ column) & 0xFF] ^ (found >> 8)
    moved = _moved_by_a_byte()
    for _ in range(_PART_BITS):
        moved = _apply(moved, moved)
    while len(found) > 1:
        found = np.concatenate([np.zeros(len(found) % 2, np.uint32), found])
        found = _apply(moved, found[0::2]) ^ found[1::2]
        moved = _apply(moved, moved)
    return found[0] if len(found) else np.uint32(0)


@functools.cache
def _table() -> np.ndarray:
    """What a byte leaves in the register, [byte]."""
    found = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        found = (found >> 1) ^ np.where(found & 1, np.uint32(_POLYNOMIAL), np.uint32(0))
    return found


def _moved_by_a_byte() -> np.ndarray:
    """What each bit of the register becomes after a byte of zero, [bit]."""
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    return _table()[bits & 0xFF] ^ (bits >> 8)


def _apply(moved: np.ndarray, registers: np.ndarray) -> np.ndarray:
    """Moves registers [n] by what becomes of each bit, [bit]."""
    found = np.zeros_like(registers)
    for bit in range(32):
        found ^= np.where((registers >> bit) & 1, moved[bit], np.uint32(0))
    return found
