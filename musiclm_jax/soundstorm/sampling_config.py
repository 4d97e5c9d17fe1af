"""How SoundStorm's tokens are drawn, and within which numbers; loads no JAX."""

import dataclasses

from musiclm_jax.files.ranges import Range

RANGES = {
    "iterations": Range(kind=int, low=1, high=256),
    "temperature": Range(kind=float, low=0),
    "last_temperature": Range(kind=float, low=0),
    "choice_temperature": Range(kind=float, low=0),
    "guidance": Range(kind=float, low=0, high=20),
    "mean_levels": Range(kind=int, low=0),
}
"""What each attribute of `MaskSamplingConfig` can be."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MaskSamplingConfig:
    """How hidden tokens are drawn: SoundStorm (2305.09636), sections 3.3 and 4.1.

    Attributes:
        iterations: of the first level that is drawn; each later one takes one.
        temperature: divides the logits; zero takes the best code.
        last_temperature: in a level's last iteration, which may be its only one.
        choice_temperature: how far chance decides which tokens are kept early: of the
            noise on their scores, which falls to zero with what is hidden (MaskGIT,
            2202.04200, section 3.2).
        guidance: see `layers.drawing.guide`.
        mean_levels: of so many levels, the coarsest, no code is drawn: each is the one
            nearest to the mean of all, weighted by their probability (of least expected
            error: minimum Bayes risk). A small network knows when there is an onset
            long before it knows which of many codes that are alike tells it.
    """

    iterations: int = 16
    temperature: float = 1.0
    last_temperature: float = 0.0
    choice_temperature: float = 4.5
    guidance: float = 1.0
    mean_levels: int = 0

    def __post_init__(self):
        for name, numbers in RANGES.items():
            numbers.check(name, getattr(self, name))
