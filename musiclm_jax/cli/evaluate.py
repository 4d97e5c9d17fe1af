"""`musiclm evaluate`: measures a bundle against a data set, as MusicLM's Table 1.

    report/
      prompts.jsonl           the captions that pieces are made from
      clips/                  the pieces, as `musiclm generate --prompts` makes them
      true/                   the clips whose captions they are
      tagger.safetensors      what KLD is measured with
      report.json             what was found
      report.html             the same to look at and to listen to

Started again, it goes on where it stopped; several processes share the pieces.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from musiclm_jax.cli import (
    data_set,
    generate_prompts,
    interrupts,
    origin,
    processes,
    published_networks,
    sampling,
)
from musiclm_jax.cli.progress import Progress
from musiclm_jax.files import config_json, whole_files
from musiclm_jax.files.ranges import Range
from musiclm_jax.generation import prompts_file, request
from musiclm_jax.generation.config import GenerationConfig

REPORT = "report.json"
_PROMPTS = "prompts.jsonl"
_RANGES = {
    "num": Range(kind=int, low=2, high=100_000),
    "num_reference": Range(kind=int, low=2, high=1_000_000),
    "batch_size": Range(kind=int, low=1, high=4096),
    **request.RANGES,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="of the report and all that it is made of",
    )
    origin.add_arguments(parser)
    _add_clips(parser.add_argument_group("clips"))
    parser.add_argument(
        "--tagger",
        type=Path,
        metavar="FILE",
        help="what KLD is measured with, in place of one fitted to the reference",
    )
    published_networks.add_arguments(parser)
    parser.add_argument(
        "--batch_size",
        type=int,
        default=16,
        help="clips that are made and heard at once (16)",
    )
    sampling.add_arguments(parser)
    processes.add_arguments(parser)


def _add_clips(group: argparse._ArgumentGroup) -> None:
    data_set.add_flags(group)
    group.add_argument(
        "--split", default="test", help="whose captions are the prompts (test)"
    )
    group.add_argument(
        "--reference",
        default="train",
        metavar="SPLIT",
        help="from whose clips distances are measured; where it is --split, from its "
        "other clips (train)",
    )
    group.add_argument(
        "--balanced",
        action="store_true",
        help="of MusicCaps, the captions of the balanced subset alone",
    )
    group.add_argument(
        "--num", type=int, default=1000, help="captions, or all there are (1000)"
    )
    group.add_argument(
        "--num_reference",
        type=int,
        default=1000,
        metavar="N",
        help="clips of the reference, or all there are (1000)",
    )
    group.add_argument(
        "--seconds",
        type=float,
        help="of the pieces, and from the start of each clip; as long as the clips "
        "if not given",
    )
    group.add_argument(
        "--seed", type=int, default=0, help="of what is drawn and sampled (0)"
    )


def run(options: argparse.Namespace) -> None:
    """Makes pieces, measures them, writes the report and prints its table.

    Raises:
        ValueError: an argument, data set, model or piece that cannot be used.
        OSError: a file or folder that cannot be read or written.
    """
    _check(options)
    asked = sampling.given(options)

    import jax

    from musiclm_jax.cli import compilation_cache

    processes.join(options)
    compilation_cache.use()
    with (
        processes.together(),
        interrupts.end_at_once(),
        processes.writing(options.output),
    ):
        from musiclm_jax.bundle import Bundle, default_folder
        from musiclm_jax.evaluation import html_page, scores

        report, is_first = options.output / REPORT, jax.process_index() == 0
        if is_first and jax.process_count() > 1:
            report.unlink(missing_ok=True)  # The others wait for the new one.
        judge = _judge(options)
        published = published_networks.load(options)
        course = _draw(options)
        if judge is not None:
            judge.check_clips(course.model.sample_rate, course.seconds)
        config = asked.applied_to(course.model.sampling)
        _make(course, config, options)
        if not is_first:
            processes.wait_for([report])
            return
        with Progress() as progress:
            bundle = Bundle.load(options.model or default_folder())
            found = course.findings(
                options.output,
                course.listener(bundle, progress, **published),
                judge=judge,
                card=_card(config, options),
            )
        # The page first: whoever waits for the report finds both.
        html_page.write(found, options.output)
        _write(found, report)
    print(found.table().text())
    for warning in scores.warnings(found.figures):
        print(f"musiclm: warning: {warning}", file=sys.stderr)


def _check(options: argparse.Namespace) -> None:
    """Judges what needs no model.

    Raises:
        ValueError: a number that cannot be, no data set, or another's folder.
        NotADirectoryError: the folder of the report is a file.
    """
    for name, numbers in _RANGES.items():
        if getattr(options, name) is not None:
            numbers.check(name, getattr(options, name))
    published_networks.check(options)
    if options.data_dir is None:
        raise ValueError("no data set: --data_dir says where data sets are kept")
    whole_files.check_folder(options.output)
    if options.output.is_dir() and not (options.output / _PROMPTS).is_file():
        others = sorted(path.name for path in options.output.iterdir())
        if others:
            raise ValueError(
                f"{options.output} holds something else ({others[0]}): choose another "
                "--output"
            )


def _judge(options: argparse.Namespace) -> Any:
    from musiclm_jax.evaluation import tagger

    return None if options.tagger is None else tagger.load(options.tagger)


def _draw(options: argparse.Namespace) -> Any:
    """Loads the model and draws clips for it, and says which could not be used."""
    from musiclm_jax.evaluation import course
    from musiclm_jax.generation.pipeline import MusicLM

    settings = course.Settings(
        split=options.split,
        reference=options.reference,
        balanced=options.balanced,
        num=options.num,
        num_reference=options.num_reference,
        seconds=options.seconds,
        seed=options.seed,
        batch=options.batch_size,
    )
    dataset = data_set.by_name(options)
    drawn = course.Course.draw(settings, dataset, MusicLM.load(options.model))
    left_out = drawn.asked.left_out | drawn.reference.left_out
    for name, wrong in sorted(left_out.items()):
        print(f"left out: {name}: {wrong}", file=sys.stderr)
    return drawn


def _make(course: Any, config: GenerationConfig, options: argparse.Namespace) -> None:
    """Makes the pieces that are not there yet."""
    from musiclm_jax.data.sound import audio_files
    from musiclm_jax.evaluation.course import CLIPS

    path, folder = options.output / _PROMPTS, options.output / CLIPS
    lines = "".join(
        f"{json.dumps(line, ensure_ascii=False)}\n" for line in course.prompts()
    )
    if path.exists() and path.read_bytes() != lines.encode():
        raise ValueError(
            f"{options.output} holds another evaluation, of other clips, captions, "
            "lengths or seeds: choose another --output"
        )
    if not path.exists():
        whole_files.write(path, lines.encode())
    defaults = {"seconds": course.seconds, "seed": options.seed}
    prompts = prompts_file.read(path, suffixes=audio_files.SUFFIXES, **defaults)
    for number, wrong in prompts.broken.items():
        raise ValueError(f"{path}, line {number}: {wrong}")
    generate_prompts.claim(
        prompts, config, folder=folder, model=options.model, defaults=defaults
    )
    made = generate_prompts.make(
        course.model,
        prompts,
        config,
        folder=folder,
        rows=options.batch_size,
        here=origin.here(options.model),
    )
    for _ in made:
        pass


def _card(config: GenerationConfig, options: argparse.Namespace) -> dict[str, Any]:
    from musiclm_jax.evaluation.report import hardware

    return {
        "model_name": options.model.name if options.model else "the model in the box",
        **dataclasses.asdict(origin.here(options.model)),
        "sampling": config_json.to_json(config),
        "hardware": hardware(),
    }


def _write(found: Any, path: Path) -> None:
    text = json.dumps(found.json(), indent=1, ensure_ascii=False, allow_nan=False)
    whole_files.write(path, f"{text}\n".encode())
