"""What can be asked for, and what cannot be; loads no JAX."""

import dataclasses
import os
from pathlib import Path
from typing import Any

from musiclm_jax.files.ranges import Range
from musiclm_jax.generation.prompt import Prompt, parse
from musiclm_jax.generation.settings import SamplingSettings

_MOST_LETTERS = 1000

RANGES = {
    "seconds": Range(kind=float, low=0.1, high=600),
    "seed": Range(kind=int, low=0, high=2**32 - 1),
}
"""What these attributes of a `Request` can be."""

STEERING_RANGES = {
    "prompt_seconds": Range(kind=float, low=0, high=60, above_low=True),
    "strength": Range(kind=float, low=0, high=1),
}
"""Likewise, of what says how a recording steers."""

NUM = Range(kind=int, low=1, high=64)
"""How many pieces can be asked for by one prompt."""

RECORDINGS = ("continue_from", "perform", "vary", "melody")
"""Attributes of a `Request` that name a recording; there is one at most."""

IMAGES = ("image", "image_caption")
"""What else the shell and lines of prompts know: terms of the prompt, by
`prompt.joined`."""

STEERING = ("negative_prompt", "to", *RECORDINGS, *STEERING_RANGES, "replace")
"""Attributes of a `Request` that say more of the music than its prompt."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """A piece that is asked for.

    Attributes:
        prompt: what the music should be, see `generation.prompt`; None leaves it to the
            recording, or asks for nothing.
        seconds: its length.
        seed: of everything random.
        negative_prompt: what guidance goes away from, if anything is said.
        to: what the music should be at its end, if it is to travel there.
        continue_from: a recording whose end is the beginning of the piece.
        prompt_seconds: how much of that end.
        perform: a recording that is played anew, in the sound of the prompt.
        vary: a recording to make a variation of.
        strength: how far from it: 0 keeps all, 1 only the style.
        replace: "START:STOP" in seconds, what of the recording is made anew alone.
        melody: a recording of a tune, hummed or played, to be played in the sound of
            the prompt.
        settings: how it is to be sampled.

    Raises:
        ValueError: something that cannot be, or does not go with something else.
    """

    prompt: str | None = None
    seconds: float = 10.0
    seed: int = 0
    negative_prompt: str | None = None
    to: str | None = None
    continue_from: str | None = None
    prompt_seconds: float | None = None
    perform: str | None = None
    vary: str | None = None
    strength: float | None = None
    replace: str | None = None
    melody: str | None = None
    settings: SamplingSettings = SamplingSettings()

    def __post_init__(self):
        for name in ("prompt", "negative_prompt", "to"):
            if getattr(self, name) is not None:
                _check_prompt(getattr(self, name), name.replace("_", " "))
        for name, numbers in RANGES.items():
            numbers.check(name, getattr(self, name))
        for name, numbers in STEERING_RANGES.items():
            if getattr(self, name) is not None:
                numbers.check(name, getattr(self, name))
        self._check_recordings()
        if self.negative_prompt is not None and self.prompt is None:
            raise ValueError(
                "guidance goes from the negative prompt to the prompt: give one too"
            )
        if self.to is not None and self.prompt is None:
            raise ValueError(
                "to says where the music goes: a prompt must say where from"
            )

    def steering(self) -> dict[str, Any]:
        """Returns what is said beside prompt, length, seed and settings."""
        values = {name: getattr(self, name) for name in STEERING}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """All that is said in prompts."""
        asked = (self.prompt, self.negative_prompt, self.to)
        return tuple(parse(text) for text in asked if text is not None)

    @property
    def recording(self) -> str | None:
        """The recording that steers, if there is one."""
        return next(
            (getattr(self, name) for name in RECORDINGS if getattr(self, name)), None
        )

    @property
    def gap(self) -> tuple[float, float] | None:
        """Start and stop of what is replaced, in seconds.

        Raises:
            ValueError: it is no such pair, or empty.
        """
        if self.replace is None:
            return None
        start, colon, stop = str(self.replace).partition(":")
        try:
            gap = float(start), float(stop)
        except ValueError:
            gap = (0.0, 0.0)
        if not (colon and 0 <= gap[0] < gap[1] < float("inf")):
            raise ValueError(
                f"replace is {self.replace!r}; it must be two times in seconds, the "
                "earlier first, such as 4:6"
            )
        return gap

    def _check_recordings(self) -> None:
        given = [name for name in RECORDINGS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{given[0]} and {given[1]} do not go together: give one")
        for name, of in (
            ("prompt_seconds", "continue_from"),
            ("strength", "vary"),
            ("replace", "vary"),
        ):
            if getattr(self, name) is not None and getattr(self, of) is None:
                raise ValueError(f"{name} goes with {of}, which is not given")
        if self.strength is not None and self.replace is not None:
            raise ValueError("strength and replace do not go together: give one")
        if (
            self.to is not None
            and given
            and given[0] not in ("continue_from", "melody")
        ):
            raise ValueError(f"to and {given[0]} do not go together: give one")
        for name in given:
            if not isinstance(getattr(self, name), str | os.PathLike):
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; it must be the path of a "
                    "recording"
                )
            if not Path(getattr(self, name)).is_file():
                raise FileNotFoundError(
                    f"{name}: there is no file {getattr(self, name)}"
                )
        if self.gap is not None and self.gap[1] > self.seconds:
            raise ValueError(
                f"replace ends at {self.gap[1]:g} s, the piece at {self.seconds:g} s"
            )


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
