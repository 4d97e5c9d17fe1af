"""Clips of which something is measured that is no number are named, not averaged."""

from collections.abc import Sequence

import numpy as np


def check(values: np.ndarray, clips: Sequence[str], what: str) -> None:
    """Judges what was measured.

    Args:
        values: [clip, ...].
        clips: their names; their numbers are told if not given.
        what: was measured, for the error.

    Raises:
        ValueError: a value that is not finite.
    """
    is_good = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not is_good.all():
        first = int(np.argmin(is_good))
        name = clips[first] if clips else f"number {first}"
        raise ValueError(
            f"the {what} of clip {name} is not finite; {(~is_good).sum()} of "
            f"{len(values)} are like that: nothing can be measured of them"
        )
