"""`musiclm export`: from finished runs to the bundle that generation loads.

Each run folder holds the configuration it was trained with, from which its task is
rebuilt, and its checkpoints, of which the newest is read. Other parts of a bundle that
is there already stay as they are.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from musiclm_jax.cli import sampling
from musiclm_jax.files import fingerprints, params_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "--run",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="a folder that `musiclm train` made; may be repeated, in order",
    )
    parser.add_argument(
        "--bits",
        type=int,
        default=16,
        choices=params_file.BITS,
        help="that a number of these runs is stored in (16)",
    )
    parser.add_argument(
        "--remove",
        action="append",
        default=[],
        metavar="PART",
        help="a part to take out, such as a stage that another part stands for now",
    )
    parser.add_argument(
        "--vocabulary",
        type=Path,
        metavar="FILE",
        help="the word pieces that the text tower was trained with",
    )
    parser.add_argument(
        "--card",
        type=Path,
        metavar="FILE",
        help="a JSON object that says what is known of the model",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the bundle, new or to be added to",
    )
    sampling.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Exports all that is asked for, one after the other.

    Raises:
        ValueError: a run, vocabulary or card that cannot be read.
        OSError: a missing file.
    """
    settings = sampling.given(options).by_stage()
    asked = options.run, options.remove, options.vocabulary, options.card, settings
    if not any(asked):
        raise ValueError(
            "nothing to export: give --run, --remove, --vocabulary, --card, or how the "
            "model is to be sampled"
        )

    from musiclm_jax.files import one_writer, whole_files

    whole_files.check_folder(options.output)
    with one_writer.alone(options.output):
        _export(options, settings)
    print(options.output)


def _export(options: argparse.Namespace, settings: dict[str, float]) -> None:
    from musiclm_jax import bundle

    for part in options.remove:
        bundle.remove_part(options.output, part)
    parts = []
    for folder in options.run:
        part = _export_run(folder, options.output, bits=options.bits)
        parts.append(part)
        print(f"{folder}: part {part} is in {options.output}", file=sys.stderr)
    if options.vocabulary:
        _export_vocabulary(options.vocabulary, options.output, parts)
    if options.card:
        card = _parse_json(options.card, options.card.read_bytes())
        if not isinstance(card, dict):
            raise ValueError(f"{options.card} is not a JSON object")
        bundle.save_card(options.output, card)
    if settings:
        bundle.save_sampling(options.output, settings)


def _export_run(folder: Path, output: Path, *, bits: int) -> str:
    """Puts what one run learned into the bundle; returns the name of its part."""
    import jax

    from musiclm_jax import bundle
    from musiclm_jax.cli import errors, train
    from musiclm_jax.parallel import sharding
    from musiclm_jax.training import checkpoints

    errors.hide_stack_traces()
    task, batches, part = train.load_run(folder)
    mesh = sharding.make_mesh(devices=jax.devices()[:1])
    abstract_state = sharding.abstract_state(
        task, batches.shapes(), mesh, sharding.DEFAULT_RULES
    )
    restored = checkpoints.load(folder, abstract_state)
    params = jax.device_get(task.inference_params(restored.state))
    if type(task.config) in bundle.kinds().values():
        bundle.save_part(output, part, task.config, params, bits=bits)
        if "vocabulary" in restored.facts.made_of:
            bundle.save_words(output, restored.facts.made_of["vocabulary"])
    else:
        # Fitted to the output of a part: these parameters go beside that part's own.
        bundle.extend_part(output, part, params)
    return part


def _export_vocabulary(path: Path, output: Path, parts: Sequence[str]) -> None:
    """Puts the word pieces into the bundle, if they are those of its text tower.

    Args:
        path: of their file.
        output: the bundle.
        parts: that were exported just now.
    """
    from musiclm_jax import bundle
    from musiclm_jax.bundle import fitting
    from musiclm_jax.data.text import vocabulary

    pieces = vocabulary.load_vocabulary(path)
    if (output / bundle.MANIFEST).is_file():
        there = bundle.Bundle.load(output)
        configs = {n: there.config(n) for n in there.parts if n == "mulan"}
        where = f"{output} with {path}"
        fitting.check_together(configs, codebooks={}, vocabulary=pieces, where=where)
        here = fingerprints.of_file(path)
        known = there.fits.get(bundle.VOCABULARY)
        if known is None and "mulan" in there.parts and "mulan" not in parts:
            known = there.files.get(bundle.VOCABULARY, {}).get("sha256")
        if known not in (None, here):
            raise ValueError(
                f"{path} is not the vocabulary that the text tower in {output} was "
                "trained with; with it, the tower would read other words"
            )
    bundle.save_file(output, bundle.VOCABULARY, path.read_bytes())


def _parse_json(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data, parse_constant=_no_number)
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")
