"""`musiclm export`: from finished runs to the bundle that generation loads.

Each run folder holds the configuration it was trained with, from which its task is
rebuilt, and its checkpoints, of which the newest is read. Other parts of a bundle that
is there already stay as they are.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from musiclm_jax.cli import sampling
from musiclm_jax.files import params_file


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
    if not (options.run or options.vocabulary or options.card or settings):
        raise ValueError(
            "nothing to export: give --run, --vocabulary, --card, or how the model is "
            "to be sampled"
        )

    from musiclm_jax import bundle

    for folder in options.run:
        part = _export_run(folder, options.output, bits=options.bits)
        print(f"{folder}: part {part} is in {options.output}", file=sys.stderr)
    if options.vocabulary:
        data = options.vocabulary.read_bytes()
        _parse_json(options.vocabulary, data)
        bundle.save_file(options.output, bundle.VOCABULARY, data)
    if options.card:
        card = _parse_json(options.card, options.card.read_bytes())
        if not isinstance(card, dict):
            raise ValueError(f"{options.card} is not a JSON object")
        bundle.save_card(options.output, card)
    if settings:
        bundle.save_sampling(options.output, settings)
    print(options.output)


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
    state = checkpoints.load_state(folder, abstract_state)
    params = jax.device_get(task.inference_params(state))
    if type(task.config) in bundle.kinds().values():
        bundle.save_part(output, part, task.config, params, bits=bits)
    else:
        # Fitted to the output of a part: these parameters go beside that part's own.
        bundle.extend_part(output, part, params)
    return part


def _parse_json(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON") from error
