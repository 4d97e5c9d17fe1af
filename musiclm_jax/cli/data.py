"""`musiclm data`: from a folder of audio to a data set that can be looked at."""

import argparse

from musiclm_jax.cli import data_check, data_describe, data_prepare, data_vocabulary
from musiclm_jax.cli.parsing import add_verbs

_VERBS = {
    "check": data_check,
    "prepare": data_prepare,
    "describe": data_describe,
    "vocabulary": data_vocabulary,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
    add_verbs(parser, _VERBS, dest="data_verb")


def run(options: argparse.Namespace) -> int | None:
    """Runs the verb that was given; returns its exit status, if it has one."""
    return _VERBS[options.data_verb].run(options)
