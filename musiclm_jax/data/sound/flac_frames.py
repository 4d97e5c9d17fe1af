"""The last frame of a FLAC file: how much sound its bytes hold."""

import mmap

_MARK = b"fLaC"
_FIRST_BLOCK = (b"\x00\x00\x00\x22", b"\x80\x00\x00\x22")
_SEARCHED = 2**18
_SIZES = {1: 192, **{n: 576 << n - 2 for n in range(2, 6)}}
_SIZES |= {n: 256 << n - 8 for n in range(8, 16)}


def fault(content: mmap.mmap | bytes) -> str | None:
    """Says what of a FLAC file a decoder would not tell, or None."""
    joined = content.find(_MARK, 4)
    while joined >= 0:
        if content[joined + 4 : joined + 8] in _FIRST_BLOCK:
            return (
                "it is several files, one behind the other, of which the next begins "
                f"at byte {joined:,}: split it"
            )
        joined = content.find(_MARK, joined + 1)
    info = content[8:26]
    if content[4:8] not in _FIRST_BLOCK or len(info) < 18:
        return None
    promised = int.from_bytes(info[13:18], "big") & (1 << 36) - 1
    held = _samples(content, int.from_bytes(info[2:4], "big"))
    if promised and held is not None and held > promised:
        return f"its header promises {promised:,} samples, and its frames hold {held:,}"
    return None


def _samples(content: mmap.mmap | bytes, block_size: int) -> int | None:
    """Returns the end of the last frame, in samples."""
    start, end = max(0, len(content) - _SEARCHED), len(content)
    while (place := content.rfind(b"\xff", start, end)) >= 0:
        found = _end_of_frame(content[place : place + 16], block_size)
        if found is not None:
            return found
        end = place
    return None


def _end_of_frame(head: bytes, block_size: int) -> int | None:
    if len(head) < 16 or head[1] not in (0xF8, 0xF9) or head[3] & 1:
        return None
    length = max(1, _ones(head[4]))
    if length > 7 or _ones(head[4]) == 1:
        return None
    number = head[4] & (0x7F >> _ones(head[4]))
    for byte in head[5 : 4 + length]:
        if byte & 0xC0 != 0x80:
            return None
        number = number << 6 | byte & 0x3F
    place, code = 4 + length, head[2] >> 4
    size = _SIZES.get(code)
    if code in (6, 7):
        size = int.from_bytes(head[place : place + code - 5], "big") + 1
        place += code - 5
    place += {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    if size is None or _checksum(head[:place]) != head[place]:
        return None
    return number + size if head[1] & 1 else number * block_size + size


def _ones(byte: int) -> int:
    """Counts the ones that a byte begins with."""
    return next((n for n in range(8) if not byte << n & 0x80), 8)


def _checksum(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ 0x07 if value & 0x80 else value << 1) & 0xFF
    return value
