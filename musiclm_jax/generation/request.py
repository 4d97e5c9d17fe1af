"""What can be asked for: a prompt, a length, a seed; loads no JAX."""

import dataclasses

from musiclm_jax.generation.settings import SamplingSettings
from musiclm_jax.layers.ranges import Range

_MOST_LETTERS = 1000

RANGES = {
    "seconds": Range(kind=float, low=0, high=600, above_low=True),
    "seed": Range(kind=int, low=0, high=2**32 - 1),
}
"""What these attributes of a `Request` can be."""

NUM = Range(kind=int, low=1, high=64)
"""How many pieces can be asked for by one prompt."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """A piece that is asked for.

    Attributes:
        prompt: what the music should be.
        seconds: its length.
        seed: of everything random.
        settings: how it is to be sampled.

    Raises:
        ValueError: a prompt, length or seed that cannot be.
    """

    prompt: str
    seconds: float = 10.0
    seed: int = 0
    settings: SamplingSettings = SamplingSettings()

    def __post_init__(self):
        if not isinstance(self.prompt, str):
            raise ValueError(f"the prompt is {self.prompt}; it must be text")
        if not self.prompt.strip():
            raise ValueError(
                'the prompt is empty: say what the music should be, as "jazz"'
            )
        if len(self.prompt) > _MOST_LETTERS:
            raise ValueError(
                f"the prompt has {len(self.prompt):,} characters; at most "
                f"{_MOST_LETTERS:,} can be used"
            )
        try:
            self.prompt.encode()
        except UnicodeEncodeError as error:
            raise ValueError("the prompt is not text: give it in UTF-8") from error
        for name, numbers in RANGES.items():
            numbers.check(name, getattr(self, name))
