"""MuLan cycle consistency (MCC): does generated music fit its own prompt?

MusicLM, section 4.4: the mean cosine of MuLan(prompt) and MuLan(generated). Its level
depends on how MuLan was trained, and whoever is conditioned by the same MuLan is
favoured, as the paper notes. Its excess over the prompts of other pieces does not lean
on the level, and is zero when prompts are ignored.
"""

import numpy as np

from musiclm_jax.evaluation import pairs
from musiclm_jax.evaluation.pairs import PairMeans


def cycle_consistency(
    prompts: np.ndarray, music: np.ndarray, *, seed: int
) -> PairMeans:
    """Measures it with the own prompts, and with those of other pieces.

    Args:
        prompts: [piece, embed], embeddings of what was asked for.
        music: [piece, embed], embeddings of what was made, in the same order.
        seed: of the resamples.

    Raises:
        ValueError: shapes that differ, or fewer than two pieces.
    """
    if prompts.shape != music.shape or prompts.ndim != 2 or len(prompts) < 2:
        raise ValueError(
            "prompts and music must both be [piece, embed] with two pieces or more, "
            f"not {prompts.shape} and {music.shape}"
        )
    return pairs.means(pairs.cosines(prompts, music), seed=seed)
