"""How far what a tagger says of pieces lies from what it says of true clips.

MusicLM, section 4.4 (KLD): the Kullback-Leibler divergence of the classes of a clip and
of the piece that was made from its caption. There one classifier has all classes; here
a tagger may have several attributes, over which the mean is taken.
"""

from collections.abc import Mapping

import numpy as np


def divergences(
    true: Mapping[str, np.ndarray], made: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Returns the divergence of each piece from each clip, in nats.

    Args:
        true: attribute -> logarithms of probabilities [clip, class] of true clips.
        made: the same of pieces [piece, class].

    Returns:
        [clip, piece], the mean over attributes; never negative but for rounding.

    Raises:
        ValueError: other attributes or classes, or none at all.
    """
    if not true or true.keys() != made.keys():
        raise ValueError(
            f"both sides must have the same attributes, not {sorted(true)} and "
            f"{sorted(made)}"
        )
    return np.mean([_divergences(true[name], made[name]) for name in true], axis=0)


def _divergences(true: np.ndarray, made: np.ndarray) -> np.ndarray:
    if true.shape[1:] != made.shape[1:]:
        raise ValueError(
            f"{true.shape[1]} classes on one side, {made.shape[1]} on the other"
        )
    p = np.exp(np.asarray(true, np.float64))
    entropy = np.sum(p * true, axis=1, keepdims=True)
    return entropy - p @ np.asarray(made, np.float64).T
