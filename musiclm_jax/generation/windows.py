"""How a long piece is cut into windows that a stage can see at once.

MusicLM, section 6: a stage continues the end of what is there already. Every window has
the same length, so only a few shapes are ever compiled.
"""

import math
from typing import NamedTuple


class Window(NamedTuple):
    """Part of a piece, in frames.

    Attributes:
        start: its first frame.
        prompt_frames: how many of its frames are known when its turn comes.
    """

    start: int
    prompt_frames: int


def plan_windows(num_frames: int, *, window: int, overlap: int) -> list[Window]:
    """Covers a piece with windows.

    Each begins `overlap` frames before the last one ends; the final one is moved back
    to end with the piece, and so knows more.

    Args:
        num_frames: of the piece.
        window: frames of a window; the piece may be shorter.
        overlap: frames that a window takes over from the one before.
    """
    if not 0 <= overlap < window:
        raise ValueError(
            f"windows of {window} frames can overlap by 0 to {window - 1} frames, "
            f"not {overlap}"
        )
    if num_frames <= window:
        return [Window(0, 0)]
    hop = window - overlap
    count = 1 + math.ceil((num_frames - window) / hop)
    starts = [min(i * hop, num_frames - window) for i in range(count)]
    known = [0] + [start + window for start in starts[:-1]]
    return [Window(s, k - s) for s, k in zip(starts, known, strict=True)]
