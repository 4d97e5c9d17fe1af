"""What a spectrum has at large: the first cepstra of its bands, over a frame's moments.

A beat is in how loud wide bands are and when; a tone is in the rest. Codes of the one
that say nothing of the other (`quantization.Split`) are told apart by less: a wrong
code of a tone makes no onset.
"""

import dataclasses

import numpy as np
from scipy import fft

from musiclm_jax.codec.tone_analysis import ToneScale
from musiclm_jax.files.ranges import Range


@dataclasses.dataclass(frozen=True, kw_only=True)
class Envelope:
    """The part of an embedding that the first levels quantize.

    Attributes:
        num_levels: of the quantizer.
        num_cepstra: of the logs of the bands at a moment: how fine the envelope is.
        num_terms: of a cosine transform over the moments of a frame: how fast.
    """

    num_levels: int
    num_cepstra: int
    num_terms: int

    def __post_init__(self):
        for field in dataclasses.fields(self):
            Range(kind=int, low=1).check(field.name, getattr(self, field.name))

    def check(self, scale: ToneScale, num_quantizers: int) -> None:
        """Raises ValueError where there is less than this is part of."""
        for name, value, most in (
            ("num_levels", self.num_levels, num_quantizers),
            ("num_cepstra", self.num_cepstra, scale.num_bands),
            ("num_terms", self.num_terms, scale.moments_per_frame),
        ):
            if value > most:
                raise ValueError(
                    f"{name} of the envelope must be at most {most}, got {value}"
                )

    def basis(self, scale: ToneScale) -> np.ndarray:
        """Returns [axis, dim], orthonormal, of embeddings of tones, then bands."""
        terms = _cosines(scale.moments_per_frame)[: self.num_terms]
        cepstra = _cosines(scale.num_bands)[: self.num_cepstra]
        bands = np.einsum("tm,cb->tcmb", terms, cepstra)
        axes = self.num_terms * self.num_cepstra
        tones = np.zeros((axes, scale.num_tones), np.float32)
        return np.concatenate(
            [tones, bands.reshape(axes, -1)], axis=1, dtype=np.float32
        )


def _cosines(size: int) -> np.ndarray:
    """The orthonormal cosine transform of so many values, [term, value]."""
    return fft.dct(np.eye(size), norm="ortho", axis=0)
