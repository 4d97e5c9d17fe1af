"""Checksums against what the standard says, and a loop over bits."""

import pytest

from musiclm_jax.evaluation.published_networks.crc32c import crc32c, masked


def by_bits(data):
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "right"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        # RFC 3720, B.4
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_known_values(data, right):
    assert crc32c(data) == right


@pytest.mark.parametrize("length", [1, 3, 255, 256, 257, 511, 5000])
def test_any_length(rng, length):
    data = rng.bytes(length)
    assert crc32c(memoryview(data)) == by_bits(data)


def test_masks_differ_from_what_they_mask():
    # The example of LevelDB's own test: a mask of a mask is neither.
    crc = crc32c(b"foo")
    assert len({crc, masked(crc), masked(masked(crc))}) == 3
    assert masked(0) == 0xA282EAD8
    rotated = (masked(crc) - 0xA282EAD8) & 0xFFFFFFFF
    assert (rotated >> 17 | rotated << 15) & 0xFFFFFFFF == crc
