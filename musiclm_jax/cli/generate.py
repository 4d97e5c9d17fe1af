"""`musiclm generate`: music for a prompt, or for each line of a file of prompts.

Everything given is checked before JAX is loaded, so that a slip is answered at once.
"""

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Any

from musiclm_jax.cli import (
    generate_prompts,
    interrupts,
    likeness,
    origin,
    outputs,
    processes,
    sampling,
    steering,
    takes,
)
from musiclm_jax.cli.progress import Progress
from musiclm_jax.generation import cards, names
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.request import NUM, RECORDINGS, Request


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "prompt",
        nargs="?",
        metavar="PROMPT",
        help="what the music should be: a text, or a sum such as "
        '\'"calm piano" * 0.7 + audio:clip.wav * 0.3 - "drums"\'',
    )
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="length, 10 if not given"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="the same seed gives the same music"
    )
    parser.add_argument(
        "--num", type=int, default=1, help="pieces of music, each in a file of its own"
    )
    parser.add_argument(
        "--keep",
        type=int,
        metavar="K",
        help="of --num pieces, those K alone that MuLan finds nearest to the prompt",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="a .wav, .flac, .ogg or .mp3 file, named after the prompt if not given; "
        "with --prompts a folder",
    )
    origin.add_arguments(parser)
    outputs.add_arguments(parser)
    parser.add_argument(
        "--json", action="store_true", help="print what was made as JSON"
    )
    steering.add_arguments(parser)
    takes.add_arguments(parser)
    likeness.add_arguments(parser)
    sampling.add_arguments(parser)
    generate_prompts.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Generates, writes and reports.

    Returns:
        The exit status.

    Raises:
        ValueError: an argument that cannot be.
        OSError: a file or folder that cannot be written or read.
    """
    index = likeness.opened(options)
    if options.prompts is not None:
        return generate_prompts.run(options)
    if options.render is not None:
        return takes.render(options)
    started = time.monotonic()
    request = _request(options)
    if options.stages == "semantic":
        return takes.write(request, options)
    files = output_files(options)

    with interrupts.end_at_once():
        pieces = _generate(request, options, index)
    for (place, samples), path in zip(pieces.takes.items(), files, strict=True):
        card = cards.make(
            request,
            place=place,
            num=options.num,
            config=pieces.config,
            origin=pieces.origin,
            audio=samples,
        )
        if place in pieces.likeness:
            card["likeness"] = pieces.likeness[place]
        cards.write(path, samples, pieces.sample_rate, card)
    if options.json:
        report = {
            "files": [str(path) for path in files],
            "seed": request.seed,
            "prompt": request.prompt,
            **steering.given(options),
            "seconds": request.seconds,
            "sample_rate": pieces.sample_rate,
            "model": str(options.model) if options.model else "in the box",
            "wall_seconds": round(time.monotonic() - started, 3),
        }
        if pieces.likeness:
            report["likeness"] = list(pieces.likeness.values())
        json.dump(report, sys.stdout)
        print()
    else:
        print(*files, sep="\n")
    return 0


def _request(options: argparse.Namespace) -> Request:
    """Judges everything but the files."""
    asked = steering.given(options)
    prompt = steering.prompt_of(options)
    is_steered = any(asked.get(name) for name in RECORDINGS)
    if prompt is None and not (is_steered or options.unconditional):
        raise ValueError(
            "nothing to make: give PROMPT, a picture (--image), a recording "
            "(--continue_from, --perform, --vary, --melody), --unconditional, or "
            "--prompts FILE"
        )
    if options.unconditional and (prompt is not None or asked):
        raise ValueError("--unconditional asks for nothing: give it alone")
    if options.take is not None:
        raise ValueError("--take chooses among those of --render FILE: give it too")
    if processes.are_asked_for(options):
        raise ValueError("one PROMPT is for one process; --prompts is for several")
    NUM.check("num", options.num)
    if options.keep is not None:
        NUM.check("keep", options.keep)
        if options.keep > options.num or prompt is None:
            raise ValueError(
                f"--keep {options.keep} takes the best of --num {options.num} for a "
                "PROMPT: give one, and no fewer pieces than are kept"
            )
    return Request(
        prompt=prompt,
        seconds=options.seconds,
        seed=options.seed,
        **asked,
        settings=sampling.given(options),
    )


@dataclasses.dataclass(frozen=True)
class _Pieces:
    """What was made: sound [sample] by its place among all takes, and how.

    Where it was asked, `likeness` says of each how near it comes to a training set.
    """

    takes: dict[int, Any]
    likeness: dict[int, dict[str, Any]]
    sample_rate: int
    config: GenerationConfig
    origin: cards.Origin


def _generate(request: Request, options: argparse.Namespace, index: Any) -> _Pieces:
    model = origin.load(options.model)
    steering.say_unheard(request, model.tokenizers)
    config = request.settings.applied_to(model.sampling)
    with Progress() as progress:
        audio = model.generate(
            request.prompt,
            seconds=request.seconds,
            seed=request.seed,
            num=options.num,
            config=config,
            progress=progress,
            **request.steering(),
        )
    places = range(options.num)
    if options.keep is not None:
        places = model.choose(audio, request.prompt, keep=options.keep)
    kept = {place: audio[place] for place in places}
    near = {}
    if index is not None:
        near = dict(zip(kept, likeness.told(index, model, kept.values()), strict=True))
    here = origin.here(options.model)
    return _Pieces(kept, near, model.sample_rate, config, here)


def output_files(options: argparse.Namespace) -> list[Path]:
    """Returns where each piece goes, after checking that it can go there.

    Raises:
        ValueError: a suffix that is no audio format.
        OSError: no such folder, or a file is in the way.
    """
    name = names.slug(steering.prompt_of(options) or "")
    output = options.output or Path(f"{name}-{options.seed}.wav")
    count = options.num if options.keep is None else options.keep
    files = outputs.numbered(output, count)
    for path in files:
        cards.check_output(path)
        outputs.check_free(path, "output", options)
    return files
