"""What a quantizer makes of its codes: how many are used, how evenly, and the bits."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class CodebookUse:
    """Of each level of a quantizer.

    Attributes:
        used: [level], share of the codes that occur.
        perplexity: [level], how many codes would be as hard to tell if they were all as
            frequent: two to the power of the entropy in bits.
    """

    used: np.ndarray
    perplexity: np.ndarray


def measure(codes: np.ndarray, codebook_size: int) -> CodebookUse:
    """Counts codes [clip, frame, level].

    Few frames use few codes: at most as many as there are.
    """
    levels = codes.reshape(-1, codes.shape[-1]).T
    counts = np.stack([np.bincount(each, minlength=codebook_size) for each in levels])
    share = counts / counts.sum(axis=1, keepdims=True)
    bits = -np.where(share > 0, share * np.log2(np.maximum(share, 1e-300)), 0).sum(1)
    return CodebookUse(used=(counts > 0).mean(axis=1), perplexity=2.0**bits)


def bit_rate(num_levels: int, codebook_size: int, frame_rate: float) -> float:
    """Returns bits a second of as many levels, each code written with equal length."""
    return num_levels * np.log2(codebook_size) * frame_rate
