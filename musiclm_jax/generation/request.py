"""What can be asked for: a prompt, a length, a seed; loads no JAX."""

import dataclasses

from musiclm_jax.generation.prompt import parse
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
        prompt: what the music should be; see `generation.prompt`.
        seconds: its length.
        seed: of everything random.
        negative_prompt: what guidance goes away from, if anything is said.
        settings: how it is to be sampled.

    Raises:
        ValueError: a prompt, length or seed that cannot be.
    """

    prompt: str
    seconds: float = 10.0
    seed: int = 0
    negative_prompt: str | None = None
    settings: SamplingSettings = SamplingSettings()

    def __post_init__(self):
        _check_prompt(self.prompt, "prompt")
        if self.negative_prompt is not None:
            _check_prompt(self.negative_prompt, "negative prompt")
        for name, numbers in RANGES.items():
            numbers.check(name, getattr(self, name))


def _check_prompt(prompt: str, what: str) -> None:
    if not isinstance(prompt, str):
        raise ValueError(f"the {what} is {prompt}; it must be text")
    if not prompt.strip():
        raise ValueError(
            f'the {what} is empty: say what the music should be, as "jazz"'
        )
    if len(prompt) > _MOST_LETTERS:
        raise ValueError(
            f"the {what} has {len(prompt):,} characters; at most {_MOST_LETTERS:,} can "
            "be used"
        )
    try:
        prompt.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the {what} is not text: give it in UTF-8") from error
    parse(prompt)
