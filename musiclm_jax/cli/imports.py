"""`musiclm import`: what others trained, in the form that trainings here start from."""

import argparse

from musiclm_jax.cli import import_bert
from musiclm_jax.cli.parsing import add_verbs

_VERBS = {"bert": import_bert}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
    add_verbs(parser, _VERBS, dest="import_verb")


def run(options: argparse.Namespace) -> None:
    """Runs the verb that was given."""
    _VERBS[options.import_verb].run(options)
