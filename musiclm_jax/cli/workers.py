"""Arguments that say who does work in pieces: this machine, or those of Apache Beam."""

import argparse
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `chosen` reads."""
    parser.add_argument(
        "--runner",
        choices=("local", "beam"),
        default="local",
        help="who works: this machine (local), or Apache Beam",
    )
    parser.add_argument(
        "--beam_args",
        default="",
        metavar="ARGUMENTS",
        help="for Apache Beam, in one text, such as '--runner=FlinkRunner'",
    )


def chosen(options: argparse.Namespace, local: Any) -> Any:
    """Returns the `parallel.jobs.Runner` that the flags ask for.

    Args:
        options: parsed.
        local: the one of this machine.

    Raises:
        ValueError: an argument that cannot be; Beam is not installed.
    """
    if options.runner == "beam":
        from musiclm_jax.parallel.beam_jobs import Beam

        return Beam(options.beam_args)
    if options.beam_args:
        raise ValueError("--beam_args goes with --runner=beam")
    return local
