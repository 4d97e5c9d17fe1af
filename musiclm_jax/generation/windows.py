"""How a long piece is cut into windows that a stage can see at once.

MusicLM, section 6: a stage continues the end of what is there already. Every window has
the same length, so only a few shapes are ever compiled.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Window(NamedTuple):
    """Part of a piece, in frames.

    Attributes:
        start: its first frame.
        prompt_frames: how many of its frames are known when its turn comes.
        stop: behind its last frame.
    """

    start: int
    prompt_frames: int
    stop: int


def plan_windows(
    num_frames: int,
    *,
    window: int,
    overlap: int,
    given: int = 0,
    breaks: Sequence[int] = (),
    known_at_breaks: int | None = None,
) -> list[Window]:
    """Covers a piece with windows.

    Each begins `overlap` frames before the last one ends; one that would reach beyond
    the piece, or beyond a break, is moved back to end there, and so knows more. The
    first ones are shorter where less than a window lies before their end.

    Args:
        num_frames: of the piece.
        window: frames of a window; the piece may be shorter.
        overlap: frames that a window takes over from the one before.
        given: frames at the beginning that are known already.
        breaks: frames at which another window must begin to write.
        known_at_breaks: frames before a break that what is behind it may know; as many
            as a window holds if None.

    Raises:
        ValueError: the overlap leaves nothing to write.
    """
    if not 0 <= overlap < window:
        raise ValueError(
            f"windows of {window} frames can overlap by 0 to {window - 1} frames, "
            f"not {overlap}"
        )
    windows, known, first = [], given, 0
    ends = sorted({frame for frame in breaks if given < frame < num_frames})
    for end in (*ends, num_frames):
        while known < end:
            stop = min(end, known + window - min(overlap, known - first))
            start = max(first, stop - window)
            windows.append(Window(start, known - start, stop))
            known = stop
        if known_at_breaks is not None:
            first = max(0, known - known_at_breaks)
    return windows
