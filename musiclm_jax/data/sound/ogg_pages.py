"""The pages of an Ogg file, one behind the other: is all there that was written?

Decoders pass over pages that are damaged or missing, and end where a second recording
begins that is joined to the first.
"""

import mmap
import zlib
from collections.abc import Iterator
from typing import NamedTuple

_HEADER_LENGTH = 27
_CRC_PLACE = 22
_FIRST = 2
# Ogg's checksum takes bits the other way round.
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Page(NamedTuple):
    start: int
    end: int
    flags: int
    stream: int
    number: int


def fault(content: mmap.mmap | bytes) -> str | None:
    """Says what of an Ogg file a decoder would not tell, or None.

    Args:
        content: of the file, from its first page on.
    """
    numbers: dict[int, int] = {}
    end, has_begun = 0, False
    for page in _pages(content):
        if page.start != end:
            return f"bytes {end:,} to {page.start:,} are no whole page"
        end = page.end
        if page.flags & _FIRST:
            if has_begun:
                return (
                    "it is several recordings, one behind the other (chained), of "
                    f"which the next begins at byte {page.start:,}: split it"
                )
            numbers[page.stream] = page.number
            continue
        has_begun = True
        expected = numbers.get(page.stream, -1) + 1
        if page.number != expected:
            return f"page {expected:,} is missing, at byte {page.start:,}"
        numbers[page.stream] = page.number
    # Tags may lie behind the last page, but no page that is damaged.
    if content.find(b"OggS", end) >= 0:
        return f"bytes {end:,} to the end are no whole page"
    return None


def _pages(content: mmap.mmap | bytes) -> Iterator[_Page]:
    """Yields the pages whose checksums are right."""
    start = content.find(b"OggS")
    while start >= 0:
        page = _page_at(content, start)
        if page is not None:
            yield page
        start = content.find(b"OggS", start + 4 if page is None else page.end)


def _page_at(content: mmap.mmap | bytes, start: int) -> _Page | None:
    head = content[start : start + _HEADER_LENGTH]
    if len(head) < _HEADER_LENGTH:
        return None
    lengths = content[start + _HEADER_LENGTH : start + _HEADER_LENGTH + head[26]]
    end = start + _HEADER_LENGTH + head[26] + sum(lengths)
    checksum = int.from_bytes(head[_CRC_PLACE : _CRC_PLACE + 4], "little")
    if end > len(content) or _checksum(content[start:end]) != checksum:
        return None
    stream, number = (int.from_bytes(head[p : p + 4], "little") for p in (14, 18))
    return _Page(start, end, head[5], stream, number)


def _checksum(page: bytes) -> int:
    blank = page[:_CRC_PLACE] + bytes(4) + page[_CRC_PLACE + 4 :]
    # Without the two inversions that zlib begins and ends with.
    reflected = zlib.crc32(blank.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
