"""`musiclm listen`: blind tests by ear: whose pieces suit their prompts better."""

import argparse

from musiclm_jax.cli import listen_make, listen_score
from musiclm_jax.cli.parsing import add_verbs

_VERBS = {"make": listen_make, "score": listen_score}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
    add_verbs(parser, _VERBS, dest="listen_verb")


def run(options: argparse.Namespace) -> int | None:
    """Runs the verb that was given; returns its exit status, if it has one."""
    return _VERBS[options.listen_verb].run(options)
