"""Arguments that say how a model samples: flags for the common, gin for the rest."""

import argparse

from musiclm_jax.cli import config
from musiclm_jax.generation.settings import SamplingSettings

_RUN_FILE = "--gin_file=runs/generate.gin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `given` reads."""
    group = parser.add_argument_group(
        "sampling",
        "as suits the model if not given; for one stage alone, overlaps and more: "
        f"{_RUN_FILE} --gin.COARSE_TEMPERATURE=0.9",
    )
    group.add_argument(
        "--temperature",
        type=float,
        metavar="T",
        help="of every stage: 0 takes the likeliest, 1 draws as trained",
    )
    group.add_argument(
        "--top_k", type=int, metavar="K", help="of every stage: draw among the K best"
    )
    group.add_argument(
        "--top_p",
        type=float,
        metavar="P",
        help="of every stage: draw among the best that hold this probability",
    )
    group.add_argument(
        "--guidance",
        type=float,
        metavar="G",
        help="of the stages that see the prompt, how closely to follow it: 1 as "
        "trained, more is closer",
    )
    group.add_argument(
        "--candidates",
        type=int,
        metavar="N",
        help="pieces made for each that is kept, the one nearest to the prompt",
    )
    config.add_arguments(group)


def given(options: argparse.Namespace) -> SamplingSettings:
    """Returns what gin files and flags say, the flags last.

    Raises:
        ValueError: a setting or configuration that cannot be.
        FileNotFoundError: a gin file was not found.
    """
    flags = SamplingSettings(
        temperature=options.temperature,
        top_k=options.top_k,
        top_p=options.top_p,
        guidance=options.guidance,
        candidates=options.candidates,
    )
    arguments = config.gin_arguments(options, options.gin_bindings)
    if not arguments.files:
        if arguments.bindings:
            raise ValueError(
                f"nothing reads --gin.{arguments.bindings[0]}: give {_RUN_FILE} too"
            )
        return flags
    config.load(arguments)
    return config.call(SamplingSettings) | flags
