"""`musiclm story`: one piece whose prompt changes, as a file tells it."""

import argparse
import json
import sys
from pathlib import Path

from musiclm_jax.cli import interrupts, origin, outputs, sampling, steering
from musiclm_jax.cli.progress import Progress
from musiclm_jax.generation import cards
from musiclm_jax.generation import story as story_lib


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "story",
        type=Path,
        metavar="STORY",
        help="a YAML file: spans with seconds and prompt; docs/steering.md has one",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="a .wav, .flac, .ogg or .mp3 file",
    )
    parser.add_argument(
        "--span",
        type=int,
        metavar="NUMBER",
        help="make this one alone, counted from 1",
    )
    origin.add_arguments(parser)
    outputs.add_arguments(parser)
    parser.add_argument(
        "--json", action="store_true", help="print what was made as JSON"
    )
    sampling.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Makes the piece.

    Raises:
        ValueError: a story or argument that cannot be.
        OSError: a file that cannot be read or written.
    """
    content = story_lib.load(options.story)
    story = story_lib.story_of(content)
    if options.span is not None:
        story = story.alone(options.span)
    asked = sampling.given(options)
    cards.check_output(options.output)
    outputs.check_free(options.output, "output", options)

    with interrupts.end_at_once():
        import numpy as np

        model = origin.load(options.model)
        steering.say_unheard(story, model.tokenizers)
        config = asked.applied_to(model.sampling)
        with Progress() as progress:
            parts = model.tell(story, config=config, progress=progress)
            audio = np.concatenate(list(parts))
    card = cards.of_story(
        content,
        span=options.span,
        config=config,
        origin=origin.here(options.model),
        audio=audio,
    )
    cards.write(options.output, audio, model.sample_rate, card)
    if options.json:
        report = {
            "file": str(options.output),
            "seconds": story.seconds,
            "seed": story.seed,
            "spans": [
                {"seconds": span.seconds, "prompt": str(span.prompt)}
                for span in story.spans
            ],
        }
        json.dump(report, sys.stdout)
        print()
    else:
        print(options.output)
