"""`musiclm data`: what is done with data sets before anything is trained."""

import argparse

from musiclm_jax.cli import data_vocabulary

_VERBS = {"vocabulary": data_vocabulary}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds a parser for each verb."""
    verbs = parser.add_subparsers(dest="data_verb", metavar="COMMAND", required=True)
    for name, verb in _VERBS.items():
        summary = verb.__doc__.strip().splitlines()[0].partition(": ")[2].rstrip(".")
        sub = verbs.add_parser(
            name, help=summary, description=summary, allow_abbrev=False
        )
        verb.add_arguments(sub)


def run(options: argparse.Namespace) -> None:
    """Runs the verb that was given."""
    _VERBS[options.data_verb].run(options)
