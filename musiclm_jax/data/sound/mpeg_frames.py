"""The frames of an MPEG file, counted: how much sound its bytes hold.

Headers say how many there are, and where files were joined, only of the first.
"""

import dataclasses
import mmap
from typing import NamedTuple

# In kbit/s, by layer, of version 1 and of the lower rates of 2 and 2.5.
_BITRATES = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44100, 48000, 32000)
_HEADER_LENGTH = 4


@dataclasses.dataclass(frozen=True)
class Frames:
    """What the bytes of a file hold.

    Attributes:
        count: of the frames.
        samples: in all of them, of each channel.
        second: where the second frame begins; the first may hold no sound.
        kinds: how many kinds there are, by rate and number of channels.
    """

    count: int
    samples: int
    second: int
    kinds: int


class _Frame(NamedTuple):
    length: int
    samples: int
    kind: tuple[int, bool]


def count(content: mmap.mmap | bytes, start: int, end: int) -> Frames | None:
    """Counts the frames between two bytes.

    What is no frame is passed over, as decoders do; a frame is only what another one
    follows, or the end.

    Returns:
        None where there is none, or they do not tell their lengths.
    """
    number = samples = second = 0
    kinds = set()
    place = start
    while 0 <= place < end:
        frame = _frame_at(content, place)
        follows = place + frame.length if frame else end
        if frame and (follows >= end or _frame_at(content, follows)):
            number += 1
            samples += frame.samples if follows <= end else 0
            second = second or follows
            kinds.add(frame.kind)
            place = follows
        else:
            place = content.find(b"\xff", place + 1, end)
    return Frames(number, samples, second, len(kinds)) if number else None


def _frame_at(content: mmap.mmap | bytes, place: int) -> _Frame | None:
    head = content[place : place + _HEADER_LENGTH]
    if len(head) < _HEADER_LENGTH or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or rate == 3 or not 0 < bitrate < 15:
        return None
    is_first = version == 3
    hertz = _RATES[rate] >> (0 if is_first else 1 if version == 2 else 2)
    bits = 1000 * _BITRATES[1 if is_first else 2, layer][bitrate - 1]
    padding = head[2] >> 1 & 1
    if layer == 1:
        samples, length = 384, (12 * bits // hertz + padding) * 4
    else:
        samples = 576 if layer == 3 and not is_first else 1152
        length = samples // 8 * bits // hertz + padding
    return _Frame(length, samples, (hertz, head[3] >> 6 == 3))
