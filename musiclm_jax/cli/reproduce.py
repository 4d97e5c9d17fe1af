"""`musiclm reproduce`: a piece once more, from the card in its file."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from musiclm_jax.cli import interrupts, origin, outputs
from musiclm_jax.cli.progress import Progress
from musiclm_jax.generation import cards
from musiclm_jax.generation import story as story_lib

EXIT_DIFFERS = 3
"""Exit status where the music came out otherwise."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="that `musiclm generate` or `story` wrote",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="writes the piece there; else it is only compared",
    )
    origin.add_arguments(parser)
    outputs.add_arguments(parser)
    parser.add_argument(
        "--json", action="store_true", help="print what came out as JSON"
    )


def run(options: argparse.Namespace) -> int:
    """Makes the piece again and compares it.

    Returns:
        The exit status: 0 where every sample is the same, else `EXIT_DIFFERS`.

    Raises:
        ValueError: a file without a card, or with one that cannot be read.
        OSError: a file that cannot be read or written.
    """
    card = cards.read(options.file)
    config, make = cards.config_of(card), _asked_by(card)
    if options.output is not None:
        cards.check_output(options.output)
        outputs.check_free(options.output, "output", options)

    with interrupts.end_at_once():
        model, here = origin.load(options.model), origin.here(options.model)
        with Progress() as progress:
            audio = make(model, config=config, progress=progress)
    is_same = cards.digest(audio) == card.get("samples_sha256")
    why = cards.differences(card, here)
    if options.output is not None:
        again = card | {"samples_sha256": cards.digest(audio)}
        cards.write(options.output, audio, model.sample_rate, again)
    if options.json:
        report = {"file": str(options.file), "same": is_same, "differences": why}
        print(json.dumps(report))
    elif is_same:
        print(f"{options.file}: the same, sample for sample")
    else:
        reasons = "; ".join(why) or "nothing that the card tells differs"
        print(f"{options.file}: came out otherwise: {reasons}", file=sys.stderr)
    return 0 if is_same else EXIT_DIFFERS


def _asked_by(card: dict[str, Any]) -> Callable[..., Any]:
    """Returns what makes the piece of a card [sample], with a model.

    Raises:
        ValueError: it asks for what cannot be.
        FileNotFoundError: a recording is no longer there.
    """
    if "story" in card:
        story = story_lib.story_of(card["story"])
        if card.get("span") is not None:
            story = story.alone(card["span"])

        def tell(model: Any, **how: Any) -> Any:
            import numpy as np

            return np.concatenate(list(model.tell(story, **how)))

        return tell
    request = cards.request_of(card)

    def generate(model: Any, **how: Any) -> Any:
        return model.generate(
            [request.prompt] * card.get("rows", 1),
            seconds=request.seconds,
            seed=request.seed,
            num=card["num"],
            **request.steering(),
            **how,
        )[card["place"]]

    return generate
