"""How much of a file is not there, though its container promises it.

Decoders take a file that ends too early for a shorter one. What a container promises is
trusted only where it must be true: streams are written before their size is known.
"""

import mmap
import os
import struct
from pathlib import Path
from typing import BinaryIO

from musiclm_jax.data.sound import flac_frames, mpeg_frames, ogg_pages

# How a chunk begins, by the first letters of a file; .snd has none.
_LAYOUTS = {
    b"RIFF": "<4sI",
    b"RF64": "<4sI",
    b"FORM": ">4sI",
    b"caff": ">4sq",
    b"riff": "<16sq",
    b".snd": "",
}
_MULTIPLES = {"<4sI": 2, ">4sI": 2, "<16sq": 8}
_LEAST_BEHIND = 4096
"""Fewer bytes behind the sound are what programs leave there, and no sound."""

_UNKNOWN_SIZE = 0x7FFFF000
"""From here on, sizes in 32 bits are what programs write that do not know them."""

_W64_DATA = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")
_W64_HEADER_LENGTH = 40
# An Ogg page is shorter; so are the tags that may follow the last one.
_TAIL_LENGTH = 2**17
_OGG_PAGE_LENGTH = 27
_OGG_LAST_PAGE = 4
# Programs count a frame of their own in or out; none is longer.
_MPEG_FRAME_LENGTH = 1729


def shortage(path: str | os.PathLike) -> str | None:
    """Says what a file lacks of what its container promises.

    Args:
        path: file of any content.

    Returns:
        What is there and what should be, or None if nothing lacks, or it cannot be
        known, as in a file that is no sound.

    Raises:
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as file:
        head = file.read(12)
        file.seek(0, os.SEEK_END)
        size = file.tell()
        if head[:4] == b"OggS":
            return _ogg_shortage(file, size)
        try:
            return _bytes_shortage(size, _end_of_sound(file, head))
        except struct.error:  # it ends, or is no more what it seems, in its head
            return None


def surplus(path: str | os.PathLike) -> str | None:
    """Says what a file holds that its container does not tell, or tells of otherwise.

    Decoders end where the container says, and pass over what they cannot decode.

    Args:
        path: file of any content.

    Returns:
        What is there, or None if nothing is, or it cannot be known.

    Raises:
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as file:
        head = file.read(12)
        size = file.seek(0, os.SEEK_END)
        if head[:4] in (b"OggS", b"fLaC"):
            look = ogg_pages.fault if head[:4] == b"OggS" else flac_frames.fault
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return look(content)
        try:
            return _bytes_behind(file, head, size)
        except struct.error:
            return None


def frames_of(path: str | os.PathLike) -> tuple[int | None, mpeg_frames.Frames | None]:
    """Returns how many frames an MPEG file says that it has, and those it has.

    Args:
        path: MPEG file.

    Raises:
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as file:
        start, fields = _mpeg_header(file)
        size = file.seek(0, os.SEEK_END)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return fields.get("frames"), mpeg_frames.count(content, start, size)


def _bytes_behind(file: BinaryIO, head: bytes, size: int) -> str | None:
    """Says what lies behind sound and chunks of a file that is made of chunks."""
    layout = _LAYOUTS.get(head[:4])
    if layout is None:
        return None
    end = _end_of_sound(file, head)
    if end is None:
        return None
    # Where the next chunk begins: lengths are even, or of eights.
    start = end + -end % _MULTIPLES.get(layout, 1)
    while layout and start < size:
        file.seek(start)
        header = struct.calcsize(layout)
        name, length = _read(file, layout) if size - start >= header else (b"", 0)
        if name[:4] in _LAYOUTS:
            return (
                "it is several files, one behind the other, of which the next begins "
                f"at byte {start:,}: split it"
            )
        following = _next_chunk(start, length, layout)
        kind = name[:4].strip(b"\0 ")
        if not (kind.isascii() and kind.isalnum()) or following > size:
            break
        start = following
    file.seek(min(start, size))
    if size - start < _LEAST_BEHIND or file.read(3) in (b"ID3", b"TAG", b"APE"):
        return None
    return f"{size - start:,} bytes lie behind the sound that its header tells of"


def _bytes_shortage(size: int, end: int | None) -> str | None:
    # Some leave out the byte that would make the length even.
    if end is None or size >= end - 1:
        return None
    return f"it has {size:,} bytes, and by its header at least {end:,}"


def _end_of_sound(file: BinaryIO, head: bytes) -> int | None:
    """Returns where the sound ends by the header, if that says it."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
        return _end_of_chunk(file, "<4sI", 12, b"data")
    if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        return _end_of_chunk(file, ">4sI", 12, b"SSND")
    if head[:4] == b"caff":
        return _end_of_chunk(file, ">4sq", 8, b"data")
    if head[:4] == b"riff":
        return _end_of_chunk(file, "<16sq", _W64_HEADER_LENGTH, _W64_DATA)
    if head[:4] == b".snd":
        start, length = struct.unpack(">II", head[4:12])
        return start + length if 0 < length < _UNKNOWN_SIZE else None
    return _end_of_mpeg(file)


def _end_of_chunk(file: BinaryIO, layout: str, start: int, wanted: bytes) -> int | None:
    """Goes from chunk to chunk up to the one that holds the sound."""
    long_length = None
    while True:
        file.seek(start)
        name, length = _read(file, layout)
        if name == b"ds64":  # RF64: lengths that 32 bits do not hold
            _, long_length = _read(file, "<QQ")
        if name == wanted:
            break
        start = _next_chunk(start, length, layout)
    if long_length is not None and length == 0xFFFFFFFF:
        length = long_length
    elif "I" in layout and length >= _UNKNOWN_SIZE:
        return None
    if length <= 0:
        return None
    is_w64 = len(wanted) == 16
    return start + length + (0 if is_w64 else struct.calcsize(layout))


def _next_chunk(start: int, length: int, layout: str) -> int:
    header = struct.calcsize(layout)
    if layout == "<16sq":  # W64 counts the header in, and fills up to eights
        return start + max(header, -(-length // 8) * 8)
    if layout == ">4sq":
        return start + header + max(0, length)
    return start + header + length + length % 2


def _ogg_shortage(file: BinaryIO, size: int) -> str | None:
    """The last page of a stream says that it is the last, and fills its length."""
    file.seek(max(0, size - _TAIL_LENGTH))
    tail = file.read()
    start = tail.rfind(b"OggS")
    if start < 0:
        return None
    page = tail[start:]
    num_segments = page[_OGG_PAGE_LENGTH - 1] if len(page) >= _OGG_PAGE_LENGTH else 0
    lengths = page[_OGG_PAGE_LENGTH : _OGG_PAGE_LENGTH + num_segments]
    is_whole = (
        len(page) >= _OGG_PAGE_LENGTH
        and len(lengths) == num_segments
        and len(page) >= _OGG_PAGE_LENGTH + num_segments + sum(lengths)
    )
    if is_whole and page[5] & _OGG_LAST_PAGE:
        return None
    what = "is not marked as the last" if is_whole else "is cut"
    return f"its last page {what}"


def _end_of_mpeg(file: BinaryIO) -> int | None:
    """The first frame of most encoders is silent and says how many bytes there are."""
    start, fields = _mpeg_header(file)
    if "bytes" not in fields:
        return None
    return start + fields["bytes"] - _MPEG_FRAME_LENGTH


def _mpeg_header(file: BinaryIO) -> tuple[int, dict[str, int]]:
    """Returns where the first frame starts, and the numbers of "bytes" and "frames"."""
    start = _end_of_id3(file)
    file.seek(start)
    frame = file.read(200)
    if len(frame) < 60 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return start, {}
    is_mono, is_version_1 = frame[3] >> 6 == 3, frame[1] & 0x18 == 0x18
    side_length = (17 if is_mono else 32) if is_version_1 else (9 if is_mono else 17)
    crc_length = 0 if frame[1] & 1 else 2
    for place in (4 + side_length, 4 + crc_length + side_length):
        if frame[place : place + 4] in (b"Xing", b"Info"):
            flags, *numbers = struct.unpack_from(">III", frame, place + 4)
            there = [name for bit, name in ((1, "frames"), (2, "bytes")) if flags & bit]
            return start, dict(zip(there, numbers, strict=False))
    if frame[36:40] == b"VBRI":
        return start, {"bytes": struct.unpack_from(">I", frame, 46)[0]}
    return start, {}


def _end_of_id3(file: BinaryIO) -> int:
    start = 0
    while True:
        file.seek(start)
        head = file.read(10)
        if head[:3] != b"ID3" or len(head) < 10:
            return start
        length = 0
        for seven_bits in head[6:]:
            length = length << 7 | seven_bits & 127
        has_footer = bool(head[5] & 16)
        start += 10 + length + 10 * has_footer


def _read(file: BinaryIO, layout: str) -> tuple:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))
