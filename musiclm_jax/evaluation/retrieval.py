"""Whether a piece can be told by its caption: where the own one ranks among all."""

import numpy as np


def ranks(likeness: np.ndarray) -> np.ndarray:
    """Returns the rank of each piece's own caption among all captions, from 1.

    Args:
        likeness: [prompt, piece], of which what belongs together is on the diagonal;
            the more, the nearer.

    Returns:
        [piece], float: of captions that are as near as the own one, half count.
    """
    own = np.diagonal(likeness)
    nearer = (likeness > own).sum(axis=0)
    as_near = (likeness == own).sum(axis=0) - 1
    return 1.0 + nearer + 0.5 * as_near


def recalled(likeness: np.ndarray, at: int) -> np.ndarray:
    """Returns of which pieces the own caption is among the nearest, [piece] bool.

    Args:
        likeness: see `ranks`.
        at: how many are the nearest.
    """
    return ranks(likeness) <= at
