"""How many of the prompt's tokens mean the same for text and for sound."""

import numpy as np

AGREES = 0.3
"""Share of clips from which on a level counts as one that carries meaning."""


def agreement(text_codes: np.ndarray, audio_codes: np.ndarray) -> np.ndarray:
    """Returns the share of clips whose caption has the code of the sound, [level].

    Args:
        text_codes: [clip, 1, level], MuLan codes of one caption of each clip.
        audio_codes: [clip, 1, level], of the clips themselves.

    Raises:
        ValueError: shapes that differ.
    """
    if text_codes.shape != audio_codes.shape:
        raise ValueError(
            "codes of captions and of clips must be as many, not "
            f"{text_codes.shape} and {audio_codes.shape}"
        )
    return np.mean(text_codes == audio_codes, axis=(0, 1))


def num_meaningful(shares: np.ndarray) -> int:
    """Counts the levels [level] at which more than `AGREES` of the clips agree."""
    return int((np.asarray(shares) > AGREES).sum())
