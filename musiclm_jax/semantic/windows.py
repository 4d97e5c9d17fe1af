"""Which window of a long sound each of its steps is heard in.

The network hears the whole of what it is given: attention has no bounds, and the mean
over time is taken off. What it says of a moment would depend on how long the sound is.
So it always hears as much as in training: windows stand at every multiple of a stride
from the sound's start, and each step belongs to the one whose middle is nearest. A part
that starts at a multiple of the stride has the windows of the whole that lie within it,
and so the same steps from half a window and half a stride off its ends. Other parts
hear nearly the same: their windows are shifted by half a stride at most.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from musiclm_jax.semantic.centroids import SemanticFeatures


@dataclasses.dataclass(frozen=True)
class Window:
    """One window, in steps from the start of the sound.

    Attributes:
        start: where it begins.
        length: how many steps it holds.
        first: the first step that is taken from it.
        end: behind the last one.
    """

    start: int
    length: int
    first: int
    end: int


def windows_of(num_steps: int, *, length: int, stride: int) -> list[Window]:
    """Lays windows over a sound; together they give each of its steps once.

    A sound shorter than a window is a window of its own: silence behind it would be
    heard. What no window on a multiple of the stride reaches is heard in one that
    stands at the very end.

    Args:
        num_steps: of the sound, at least 1.
        length: of a window.
        stride: from one window to the next, at most `length`.
    """
    if num_steps <= length:
        return [Window(0, num_steps, 0, num_steps)]
    starts = list(range(0, num_steps - length + 1, stride))
    margin = (length - stride) // 2
    firsts = [0] + [start + margin for start in starts[1:]]
    if starts[-1] + length < num_steps:
        # From where the next one would take over.
        firsts.append(starts[-1] + stride + margin)
        starts.append(num_steps - length)
    ends = [*firsts[1:], num_steps]
    return [
        Window(start, length, first, end)
        for start, first, end in zip(starts, firsts, ends, strict=True)
    ]


def over_windows(
    hear: Callable[[np.ndarray], np.ndarray],
    config: SemanticFeatures,
    audio: np.ndarray,
) -> np.ndarray:
    """Has sound of any length heard, to codes or features.

    One window after the other: memory does not grow with the length, and however long
    the sound is, what is compiled for a window serves.

    Args:
        hear: maps whole steps of audio, at most a window, to [batch, time, ...].
        config: of the features.
        audio: [batch, sample].

    Returns:
        [batch, time, ...]; `time` is samples over hop length, rounded up.
    """
    hop = config.hop_length
    num_steps = -(-audio.shape[1] // hop)
    # The last step is filled up; of further silence nothing is heard.
    audio = np.pad(audio, ((0, 0), (0, num_steps * hop - audio.shape[1])))
    windows = windows_of(
        num_steps, length=config.window_steps, stride=config.stride_steps
    )
    # All are on their way to the device before the first is waited for.
    found = [hear(audio[:, w.start * hop :][:, : w.length * hop]) for w in windows]
    kept = [
        np.asarray(heard)[:, w.first - w.start : w.end - w.start]
        for heard, w in zip(found, windows, strict=True)
    ]
    return np.concatenate(kept, axis=1)
