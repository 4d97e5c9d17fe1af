"""`musiclm generate --prompts`: a piece for each line of a file, in full batches.

Started again, it goes on where it stopped; several processes share the lines. Each
prints a line of JSON for each piece as it is there; words for people go to stderr.
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from musiclm_jax.cli import interrupts, origin, processes, sampling, steering
from musiclm_jax.cli.progress import Progress
from musiclm_jax.files import whole_files
from musiclm_jax.files.ranges import Range
from musiclm_jax.generation import cards, pieces, prompts_file, request
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.prompt import parse
from musiclm_jax.generation.prompts_file import Line, Prompts

EXIT_SOME_BROKEN = 3
"""The status where some lines could not be used, and all others are done."""

# More rows are no faster on a CPU, and take memory: `benchmarks/prompts.py`.
_ROWS = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of many prompts."""
    group = parser.add_argument_group("many prompts")
    group.add_argument(
        "--prompts",
        type=Path,
        metavar="FILE",
        help=".jsonl, .csv or .txt: a piece for each line, which may say "
        f"{', '.join(prompts_file.FIELDS[:4])} and how to sample; --output is a folder",
    )
    group.add_argument(
        "--batch_size",
        type=int,
        default=_ROWS,
        help=f"pieces that each device makes at once ({_ROWS})",
    )
    processes.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Makes all pieces that are not there yet.

    Returns:
        The exit status: 0, or `EXIT_SOME_BROKEN`.

    Raises:
        ValueError: an argument or a file of prompts that cannot be.
        OSError: a file or folder that cannot be read or written.
    """
    prompts = _read(options)
    asked = sampling.given(options)

    import jax

    from musiclm_jax.cli import compilation_cache

    processes.join(options)
    compilation_cache.use()
    with processes.together(), interrupts.end_at_once():
        from musiclm_jax.generation.pipeline import MusicLM

        model = MusicLM.load(options.model)
        prompts = _known(prompts, model.tokenizers)
        if jax.process_index() == 0:
            for number, wrong in sorted(prompts.broken.items()):
                print(f"{prompts.path}, line {number}: {wrong}", file=sys.stderr)
            for line in prompts.lines:
                where = f"{prompts.path}, line {line.number}"
                steering.say_unheard(line.request, model.tokenizers, where=where)
        if not prompts.lines:
            raise ValueError(f"no line of {prompts.path} can be used")
        config = asked.applied_to(model.sampling)
        with processes.writing(options.output):
            _make(model, prompts, config, options)
    return EXIT_SOME_BROKEN if prompts.broken else 0


def _read(options: argparse.Namespace) -> Prompts:
    """Judges everything but the model, and reads the file."""
    from musiclm_jax.data.sound import audio_files

    if steering.prompt_of(options) is not None:
        raise ValueError("PROMPT and --prompts do not go together: give one of them")
    if options.num != 1 or options.overwrite:
        raise ValueError("--num and --overwrite go with one PROMPT, not with --prompts")
    if options.output is None:
        raise ValueError("--prompts needs --output, the folder of the pieces")
    if options.output.exists() and not options.output.is_dir():
        raise NotADirectoryError(f"--output {options.output} is a file, not a folder")
    whole_files.check_folder(options.output)
    Range(kind=int, low=1, high=4096).check("--batch_size", options.batch_size)
    defaults = {name: getattr(options, name) for name in request.RANGES}
    for name, value in defaults.items():
        request.RANGES[name].check(name, value)
    return prompts_file.read(options.prompts, suffixes=audio_files.SUFFIXES, **defaults)


def _known(prompts: Prompts, tokenizers: Any) -> Prompts:
    """Takes the lines aside of which the model knows nothing."""
    from musiclm_jax.generation import conditioning

    lines, broken = [], dict(prompts.broken)
    for line in prompts.lines:
        try:
            request = line.request
            for asked in (request.prompt, request.negative_prompt, request.to):
                if asked is not None:
                    conditioning.check(parse(asked), tokenizers)
            lines.append(line)
        except (ValueError, FileNotFoundError) as error:
            broken[line.number] = str(error)
    return dataclasses.replace(prompts, lines=tuple(lines), broken=broken)


def claim(
    prompts: Prompts,
    config: GenerationConfig,
    *,
    folder: Path,
    model: Path | None,
    defaults: dict[str, float],
) -> None:
    """Makes a folder one for these pieces of a bundle; see `pieces.claim`."""
    from musiclm_jax import bundle

    bundle_folder = bundle.default_folder() if model is None else model
    pieces.claim(
        folder,
        prompts,
        model=bundle.Bundle.load(bundle_folder).content_hash(),
        config=config,
        defaults=defaults,
    )


def make(
    model: Any,
    prompts: Prompts,
    config: GenerationConfig,
    *,
    folder: Path,
    rows: int,
    here: cards.Origin,
) -> Iterator[Line]:
    """Makes the pieces of this process that are not there, and waits for all others.

    Args:
        model: a `MusicLM`.
        prompts: that ask for them.
        config: how pieces are sampled whose lines do not say it.
        folder: of the pieces, which `claim` has made theirs.
        rows: pieces that each device makes at once.
        here: what makes them, for their cards.

    Yields:
        The line of each piece as it is there.
    """
    import jax

    machines = pieces.Machines(
        process=jax.process_index(),
        num_processes=jax.process_count(),
        # The same in every process, so that all agree on who makes what.
        devices=jax.device_count() // jax.process_count(),
        rows=rows,
    )
    batches = pieces.plan(prompts.lines, folder, config, machines)
    mine, done = sum(len(batch.lines) for batch in batches), 0
    with Progress() as progress:
        for batch in batches:
            for line in _write(model, here, batch, folder):
                done += 1
                yield line
            progress("pieces", done / mine)
    processes.wait_for(folder / line.file for line in prompts.lines)
    if machines.process == 0:
        whole_files.sweep(folder)
        pieces.write_record(folder, prompts.lines)


def _make(
    model: Any, prompts: Prompts, config: GenerationConfig, options: argparse.Namespace
) -> None:
    """Makes all pieces, and sums all up in the first process."""
    import jax

    folder, started = options.output, time.monotonic()
    were_there = {line for line in prompts.lines if (folder / line.file).exists()}
    defaults = {name: getattr(options, name) for name in request.RANGES}
    claim(prompts, config, folder=folder, model=options.model, defaults=defaults)
    here = origin.here(options.model)
    for line in make(
        model, prompts, config, folder=folder, rows=options.batch_size, here=here
    ):
        print(pieces.describe(line, folder), flush=True)
    if jax.process_index() == 0:
        taken = time.monotonic() - started
        made = [line for line in prompts.lines if line not in were_there]
        print(_summary(prompts, made, taken, folder), file=sys.stderr)


def _write(
    model: Any, here: cards.Origin, batch: pieces.Batch, folder: Path
) -> Iterator[Line]:
    """Makes the pieces of a batch, and yields the line of each that is there."""
    lines = batch.filled()
    audio = model.generate(
        [line.request.prompt for line in lines],
        seconds=batch.seconds,
        seed=[line.request.seed for line in lines],
        **batch.steering,
        config=batch.config,
    )
    # Those that filled the batch are left.
    for line, samples in zip(batch.lines, audio, strict=False):
        card = cards.make(
            line.request,
            place=0,
            num=1,
            config=batch.config,
            origin=here,
            audio=samples,
            rows=batch.size,
        )
        cards.write(folder / line.file, samples, model.sample_rate, card)
        yield line


def _summary(prompts: Prompts, made: list[Line], taken: float, folder: Path) -> str:
    """Says what became of all lines, and how fast all processes together were."""
    seconds = sum(line.request.seconds for line in made)
    words = [f"{folder} has all {len(prompts.lines)} pieces", f"{len(made)} made now"]
    if made:
        speed = seconds / taken
        words.append(
            f"{seconds:.1f} s of music in {taken:.1f} s, {speed:.2f} x real time"
        )
    if prompts.broken:
        words.append(f"{len(prompts.broken)} lines could not be used")
    return "; ".join(words)
