"""Does generated music fit its own prompt better than the prompts of other clips?

MusicLM, section 4.4, measures the mean cosine of MuLan(prompt) and MuLan(generated),
"MuLan Cycle Consistency". Its level depends on how MuLan was trained; its excess over
shuffled prompts does not lean on that, and is zero when prompts are ignored.
"""

import dataclasses

import numpy as np

from musiclm_jax.evaluation import intervals


@dataclasses.dataclass(frozen=True)
class PromptMatch:
    """How well music fits its prompts.

    Attributes:
        matched: mean cosine of a prompt and the music made for it.
        shuffled: mean cosine of a prompt and the music made for another.
        excess: matched minus shuffled.
        low: lower end of the 95 % interval of the excess.
        high: its upper end.
    """

    matched: float
    shuffled: float
    excess: float
    low: float
    high: float


def prompt_match(prompts: np.ndarray, music: np.ndarray, *, seed: int) -> PromptMatch:
    """Compares cosines of matching pairs with those of all other pairs.

    All other pairs stand for the shuffles: their mean is what the mean over endless
    shuffles comes to. The interval is a percentile bootstrap over pieces, each taken
    with its prompt and with its row and column of cosines.

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
    cosines = _unit(prompts) @ _unit(music).T  # [prompt, piece]
    num = len(cosines)
    matched, shuffled = _means(cosines, np.ones((1, num)))
    # How often each piece is drawn, out of as many draws as there are pieces.
    rng = np.random.default_rng(seed)
    even = np.full(num, 1.0 / num)
    counts = rng.multinomial(num, even, size=intervals.NUM_RESAMPLES)
    counts = counts[(counts > 0).sum(axis=1) > 1]  # one piece alone has no others
    resampled = np.subtract(*_means(cosines, counts.astype(np.float64)))
    low, high = np.percentile(resampled, intervals.PERCENTILES)
    return PromptMatch(
        matched=float(matched[0]),
        shuffled=float(shuffled[0]),
        excess=float(matched[0] - shuffled[0]),
        low=float(low),
        high=float(high),
    )


def _unit(x: np.ndarray) -> np.ndarray:
    norm = np.linalg.norm(x.astype(np.float64), axis=-1, keepdims=True)
    return x / np.maximum(norm, 1e-12)


def _means(cosines: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of matching and of other pairs, [resample], for counts [resample, piece].

    A piece that was drawn twice is no other piece to itself: such pairs are left out.
    """
    own = np.diagonal(cosines)
    matched = counts @ own / counts.sum(axis=1)
    others = np.einsum("ri,ij,rj->r", counts, cosines, counts, optimize=True)
    others -= np.square(counts) @ own
    num_others = np.square(counts.sum(axis=1)) - np.square(counts).sum(axis=1)
    return matched, others / num_others
