"""`musiclm generate --stages semantic`, and `--render`: takes now, their sound later.

What `--stages semantic --num 8` writes, `--render FILE --take 3` makes the sound of.
"""

import argparse
import json
import sys
from pathlib import Path

from musiclm_jax.cli import interrupts, origin, outputs, steering
from musiclm_jax.cli.progress import Progress
from musiclm_jax.generation import cards
from musiclm_jax.generation.request import NUM, Request


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what chooses between takes and sound."""
    group = parser.add_argument_group("takes")
    group.add_argument(
        "--stages",
        choices=("semantic", "all"),
        default="all",
        help="semantic: the tokens of --num takes go to a .safetensors file, without "
        "their sound",
    )
    group.add_argument(
        "--render", type=Path, metavar="FILE", help="makes the sound of such a file"
    )
    group.add_argument(
        "--take",
        type=int,
        metavar="NUMBER",
        help="with --render, of this take alone, counted from 1",
    )


def write(request: Request, options: argparse.Namespace) -> int:
    """Writes the tokens of takes.

    Returns:
        The exit status.

    Raises:
        ValueError: an argument that cannot be.
        OSError: the file cannot be written.
    """
    from musiclm_jax.files import whole_files

    if options.keep is not None:
        raise ValueError(
            "--keep chooses by the sound, which --stages semantic does not make: give "
            "one of them"
        )
    output = options.output or Path("takes.safetensors")
    if output.suffix != ".safetensors":
        raise ValueError(
            f"--output {output}: takes are tokens, written as .safetensors; without "
            "--stages semantic sound is made"
        )
    whole_files.check_output(output)
    outputs.check_free(output, "output", options)
    with interrupts.end_at_once():
        from musiclm_jax.generation import takes

        model = origin.load(options.model)
        steering.say_unheard(request, model.tokenizers)
        config = request.settings.applied_to(model.sampling)
        with Progress() as progress:
            made = takes.write(
                model, request, num=options.num, config=config, progress=progress
            )
    takes.save(output, made)
    _report([output], options)
    return 0


def render(options: argparse.Namespace) -> int:
    """Makes the sound of takes.

    Returns:
        The exit status.

    Raises:
        ValueError: an argument that cannot be, or a damaged file.
        OSError: a file that cannot be read or written.
    """
    from musiclm_jax.generation import takes

    if steering.prompt_of(options) is not None or steering.given(options):
        raise ValueError(
            "--render makes the sound of what was asked for when the takes were "
            "written: give no PROMPT, and nothing else to follow"
        )
    made = takes.load(options.render)
    numbers = list(range(len(made)))
    if options.take is not None:
        NUM.check("take", options.take)
        if options.take > len(made):
            raise ValueError(
                f"--take is {options.take}, and {options.render} has {len(made)}"
            )
        numbers = [options.take - 1]
    files = _files(options, len(numbers))
    with interrupts.end_at_once():
        model = origin.load(options.model)
        with Progress() as progress:
            audio = takes.render(model, made, numbers, progress=progress)
    here, request = origin.here(options.model), cards.request_of(made.card)
    for path, number, samples in zip(files, numbers, audio, strict=True):
        card = cards.make(
            request,
            place=number,
            num=len(made),
            config=cards.config_of(made.card),
            origin=here,
            audio=samples,
        )
        cards.write(path, samples, model.sample_rate, card)
    _report(files, options)
    return 0


def _files(options: argparse.Namespace, count: int) -> list[Path]:
    output = options.output or options.render.with_suffix(".wav")
    files = outputs.numbered(output, count)
    for path in files:
        cards.check_output(path)
        outputs.check_free(path, "output", options)
    return files


def _report(files: list[Path], options: argparse.Namespace) -> None:
    if options.json:
        json.dump({"files": [str(path) for path in files]}, sys.stdout)
        print()
    else:
        print(*files, sep="\n")
