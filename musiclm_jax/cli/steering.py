"""Arguments that say more of the music than its prompt: pictures, recordings."""

import argparse
import sys
from typing import Any

from musiclm_jax.generation.prompt import joined
from musiclm_jax.generation.request import IMAGES, STEERING, Request
from musiclm_jax.generation.story import Story


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `given` reads."""
    group = parser.add_argument_group(
        "steering",
        "what else the music follows; docs/steering.md says when to use which",
    )
    group.add_argument(
        "--image",
        metavar="FILE",
        help="a picture: a term of the prompt, image:FILE, or all of it",
    )
    group.add_argument(
        "--image_caption",
        metavar="TEXT",
        help="what is said of a picture: likewise",
    )
    group.add_argument(
        "--negative_prompt", metavar="PROMPT", help="what guidance goes away from"
    )
    group.add_argument(
        "--to", metavar="PROMPT", help="what the music has become at its end"
    )
    group.add_argument(
        "--continue_from",
        metavar="FILE",
        help="a recording whose end is the beginning of the piece",
    )
    group.add_argument(
        "--prompt_seconds",
        type=float,
        metavar="SECONDS",
        help="how much of that end, 3 if not given",
    )
    group.add_argument(
        "--perform", metavar="FILE", help="a recording that is played in another sound"
    )
    group.add_argument(
        "--vary", metavar="FILE", help="a recording to make a variation of"
    )
    group.add_argument(
        "--strength",
        type=float,
        metavar="SHARE",
        help="how far from it, 0.5 if not given: 0 keeps all, 1 only the style",
    )
    group.add_argument(
        "--replace",
        metavar="START:STOP",
        help="in seconds, what of it is made anew alone, such as 4:6",
    )
    group.add_argument(
        "--melody",
        metavar="FILE",
        help="a recording of a tune, hummed or played, that the music plays",
    )
    group.add_argument(
        "--unconditional", action="store_true", help="ask for nothing: without a PROMPT"
    )


def prompt_of(options: argparse.Namespace) -> str | None:
    """Returns PROMPT with the picture and what is said of it.

    Raises:
        ValueError: one of them that cannot be read.
    """
    return joined(options.prompt, **{name: getattr(options, name) for name in IMAGES})


def say_unheard(
    asked: Request | Story, tokenizers: Any, *, where: str = "musiclm"
) -> None:
    """Tells people which words of what is asked for the model does not know."""
    from musiclm_jax.generation import conditioning

    unheard = conditioning.unheard(asked, tokenizers)
    if unheard:
        print(f"{where}: not known: {', '.join(unheard)}", file=sys.stderr)


def given(options: argparse.Namespace) -> dict[str, Any]:
    """Returns what is said, by the attributes of `generation.request.Request`."""
    values = {name: getattr(options, name) for name in STEERING}
    return {name: value for name, value in values.items() if value is not None}
