"""A piece whose prompt changes: MusicLM, section 6 ("story mode"); loads no JAX.

prompt: cinematic, orchestral        # of the whole, beside that of each span
transition: 2                        # seconds, on the way from one to the next
seed: 7
spans:
  - {seconds: 15, prompt: time to meditate}
  - {seconds: 15, prompt: time to wake up, transition: 4}
"""

import dataclasses
import numbers
from pathlib import Path
from typing import Any

import yaml

from musiclm_jax.files.ranges import Range
from musiclm_jax.generation.prompt import Prompt, parse
from musiclm_jax.generation.request import Request
from musiclm_jax.generation.settings import SamplingSettings

_SECONDS = Range(kind=float, low=0, high=600, above_low=True)
_TRANSITION = Range(kind=float, low=0, high=600)
_GUIDANCE = Range(kind=float, low=0, high=20)
# How much the prompt of the whole counts beside that of a span.
_WHOLE = 0.5

_OF_STORY = ("spans", "prompt", "negative_prompt", "transition", "seed", "guidance")
_OF_SPAN = ("seconds", "prompt", "transition")


_TWICE = "what is said here was said before"


class _Loader(yaml.SafeLoader):
    """Refuses what is said twice, where YAML's readers take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Returns a mapping, see PyYAML."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=_TWICE, problem_mark=key.start_mark
                )
            seen |= {key.value} if isinstance(key, yaml.ScalarNode) else set()
        return super().construct_mapping(node, deep)


@dataclasses.dataclass(frozen=True, kw_only=True)
class StorySpan:
    """A stretch of a story.

    Attributes:
        seconds: how long it lasts.
        prompt: what it should be.
        transition: seconds at its end on the way to the next.

    Raises:
        ValueError: one of them cannot be.
    """

    seconds: float
    prompt: Prompt
    transition: float

    def __post_init__(self):
        _SECONDS.check("seconds", self.seconds)
        _TRANSITION.check("transition", self.transition)
        if self.transition > self.seconds:
            raise ValueError(
                f"its transition of {self.transition:g} s is longer than its "
                f"{self.seconds:g} s"
            )
        if not isinstance(self.prompt, Prompt):
            raise ValueError(
                f"prompt is {self.prompt!r}; it must be what prompt.parse gives"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Story:
    """Prompts over time.

    Attributes:
        spans: one behind the other, at least one.
        negative_prompt: what guidance goes away from, if anything is said.
        seed: of everything random.
        settings: how it is to be sampled.

    Raises:
        ValueError: one of them cannot be.
    """

    spans: tuple[StorySpan, ...]
    negative_prompt: str | None = None
    seed: int = 0
    settings: SamplingSettings = SamplingSettings()

    def __post_init__(self):
        known = isinstance(self.spans, tuple | list) and {type(s) for s in self.spans}
        if known != {StorySpan}:
            raise ValueError(f"spans are {self.spans!r}; they must be of StorySpan")
        # Judged like any other piece; the prompts of its spans are.
        Request(
            prompt="anything",
            negative_prompt=self.negative_prompt,
            seconds=self.seconds,
            seed=self.seed,
        )

    @property
    def seconds(self) -> float:
        """Of the whole."""
        return float(sum(span.seconds for span in self.spans))

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """All that is said in prompts."""
        against = () if self.negative_prompt is None else (parse(self.negative_prompt),)
        return (*(span.prompt for span in self.spans), *against)

    def alone(self, number: int) -> "Story":
        """Returns the story of one span, counted from 1.

        Raises:
            ValueError: there is no such span.
        """
        is_whole = isinstance(number, numbers.Integral)
        if not (is_whole and 1 <= number <= len(self.spans)):
            raise ValueError(
                f"there is no span {number}: the story has {len(self.spans)}"
            )
        span = dataclasses.replace(self.spans[number - 1], transition=0.0)
        return dataclasses.replace(self, spans=(span,))


def read(path: Path) -> Story:
    """Reads a story; see `load`."""
    return story_of(load(path))


def load(path: Path) -> dict[str, Any]:
    """Reads what a file tells, for `story_of`, which it is judged by.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no YAML, or says something that cannot be; it names the span.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no story {path}")
    try:
        # A subclass of PyYAML's safe loader.
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        twice = getattr(error, "problem", None) == _TWICE
        wrong = _TWICE if twice else "it is not valid YAML"
        raise ValueError(f"{path}{where}: {wrong}") from None
    try:
        story_of(content)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return content


def story_of(content: Any) -> Story:
    """Makes a story of what a file or a card tells.

    Raises:
        ValueError: it says something that cannot be; the span is named.
    """
    _check_keys(content, _OF_STORY, "a story")
    spans = content.get("spans")
    if not isinstance(spans, list) or not spans:
        raise ValueError("spans must be a list of at least one span")
    whole = content.get("prompt")
    transition = content.get("transition", 0.0)
    guidance = content.get("guidance")
    if guidance is not None:
        _GUIDANCE.check("guidance", guidance)
    made = []
    for number, span in enumerate(spans, start=1):
        try:
            made.append(_span(span, whole, transition))
        except ValueError as error:
            raise ValueError(f"span {number}: {error}") from None
    return Story(
        spans=tuple(made),
        negative_prompt=content.get("negative_prompt"),
        seed=content.get("seed", 0),
        settings=SamplingSettings(guidance=guidance),
    )


def _span(content: Any, whole: Any, transition: Any) -> StorySpan:
    _check_keys(content, _OF_SPAN, "a span")
    if "seconds" not in content:
        raise ValueError("it has no seconds: say how long it lasts")
    own = content.get("prompt")
    if own is None and whole is None:
        raise ValueError("it has no prompt, and the story has none")
    terms = []
    for prompt, weight in ((own, 1.0), (whole, _WHOLE if own is not None else 1.0)):
        if prompt is not None:
            Request(prompt=prompt)
            terms += [
                dataclasses.replace(term, weight=weight * term.weight)
                for term in parse(prompt).terms
            ]
    return StorySpan(
        seconds=content["seconds"],
        prompt=Prompt(tuple(terms)),
        transition=content.get("transition", transition),
    )


def _check_keys(content: Any, known: tuple[str, ...], what: str) -> None:
    if not isinstance(content, dict):
        raise ValueError(f"{what} must be a table with {', '.join(known)}")
    unknown = [key for key in content if key not in known]
    if unknown:
        raise ValueError(f"{what} has no {unknown[0]!r}; there are {', '.join(known)}")
