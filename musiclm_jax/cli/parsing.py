"""Command lines of verbs: one sub-command a module, and one line for a wrong one."""

import argparse
from collections.abc import Mapping
from types import ModuleType


class Parser(argparse.ArgumentParser):
    """Reports a wrong argument in one line, without the usage before it."""

    def error(self, message: str) -> None:
        """Raises what `main` prints."""
        raise ValueError(f"{message} (see {self.prog} --help)")


def add_verbs(
    parser: argparse.ArgumentParser, verbs: Mapping[str, ModuleType], *, dest: str
) -> None:
    """Adds a sub-command for each module.

    Args:
        parser: gets them.
        verbs: name -> module with `add_arguments` and `run`; the first line of its
            docstring, behind the colon, is the help.
        dest: attribute that will hold the name of the one that was chosen.
    """
    commands = parser.add_subparsers(dest=dest, metavar="COMMAND", required=True)
    for name, verb in verbs.items():
        summary = verb.__doc__.strip().splitlines()[0].partition(": ")[2].rstrip(".")
        sub = commands.add_parser(
            name, help=summary, description=summary, allow_abbrev=False
        )
        verb.add_arguments(sub)
