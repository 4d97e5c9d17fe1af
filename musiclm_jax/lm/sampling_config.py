"""How a code is drawn, and which numbers can be asked for; loads no JAX."""

import dataclasses

from musiclm_jax.files.ranges import OneOf, Range

RANGES = {
    "temperature": Range(kind=float, low=0, several=True),
    "top_k": Range(kind=int, low=1),
    "top_p": Range(kind=float, low=0, high=1, above_low=True),
    "guidance": Range(kind=float, low=0, high=20),
    "weight_bits": OneOf((8, 16, 32)),
}
"""What each attribute of `SamplingConfig` can be."""

_NONE_IS_ALL = ("top_k", "top_p", "weight_bits")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SamplingConfig:
    """How a code is drawn from its scores.

    Attributes:
        temperature: divides the logits; zero takes the best code. Several are those of
            frames in turn, for tokens that tell one thing after another.
        top_k: draw among so many best codes; None for all.
        top_p: draw among the fewest best codes that hold this much probability; None
            for all.
        guidance: see `layers.drawing.guide`.
        weight_bits: that weights are read in, see `lm.weights`; None is 32.
    """

    temperature: float | tuple[float, ...] = 1.0
    top_k: int | None = None
    top_p: float | None = None
    guidance: float = 1.0
    weight_bits: int | None = None

    def __post_init__(self):
        for name, numbers_that_can_be in RANGES.items():
            value = getattr(self, name)
            if value is not None or name not in _NONE_IS_ALL:
                numbers_that_can_be.check(name, value)

    @property
    def temperatures(self) -> tuple[float, ...]:
        """Of frames in turn."""
        several = isinstance(self.temperature, tuple)
        return self.temperature if several else (self.temperature,)
