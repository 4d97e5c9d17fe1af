"""`layers.quantization.quantize` of one vector, on the host.

That one is compiled, for whole batches: threads that read data must not wait for the
accelerator.
"""

import numpy as np


def quantize(codebooks: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Quantizes a vector level by level.

    Args:
        codebooks: [level, code, dim].
        vector: [dim].

    Returns:
        [level], int32.
    """
    rest, codes = vector, []
    for codebook in codebooks:
        codes.append(np.square(codebook - rest).sum(axis=-1).argmin())
        rest = rest - codebook[codes[-1]]
    return np.array(codes, np.int32)
