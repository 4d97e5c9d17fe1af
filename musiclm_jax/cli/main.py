"""The command `musiclm`: one sub-command a file, and one line for every error."""

import argparse
import contextlib
import sys
from collections.abc import Sequence

from musiclm_jax import __version__
from musiclm_jax.cli import (
    data,
    describe,
    errors,
    evaluate,
    export,
    generate,
    gin_places,
    imports,
    index,
    info,
    interrupts,
    listen,
    precompile,
    reproduce,
    story,
    streams,
    tokenize,
    train,
)
from musiclm_jax.cli.parsing import Parser, add_verbs

_VERBS = {
    "generate": generate,
    "story": story,
    "reproduce": reproduce,
    "train": train,
    "precompile": precompile,
    "data": data,
    "describe": describe,
    "evaluate": evaluate,
    "listen": listen,
    "tokenize": tokenize,
    "index": index,
    "export": export,
    "import": imports,
    "info": info,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: without the program's name; those of the process when not given.

    Returns:
        The exit status: 0 or what the verb returns, or 2 after an error of the user's,
        or 130 after Ctrl-C. A training that a signal ended leaves by
        `training.stopping.Interrupted`.
    """
    streams.open_all()
    try:
        others, bindings = gin_places.take_bindings(
            sys.argv[1:] if arguments is None else arguments
        )
        options = _parser().parse_args(others)
        if bindings and not hasattr(options, "gin_file"):
            raise ValueError(f"musiclm {options.verb} takes no --gin bindings")
        options.gin_bindings = bindings
        # A training has its own way: it saves first.
        own_way = _VERBS[options.verb] is train
        with contextlib.nullcontext() if own_way else interrupts.obeyed():
            status = _VERBS[options.verb].run(options)
            sys.stdout.flush()
    except KeyboardInterrupt as error:
        print(interrupts.STOPPED, file=sys.stderr)
        return interrupts.exit_status(error)
    except BrokenPipeError:
        streams.close_output()
        return 0
    except (ValueError, OSError, MemoryError, RuntimeError) as error:
        told = errors.plain(error)
        if told is None or errors.are_traces_asked_for():
            raise
        errors.say(told)
        return errors.EXIT_ERROR
    return status or 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="musiclm",
        description="Text in, music out: generate music, and train every part of it.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=__version__)
    add_verbs(parser, _VERBS, dest="verb")
    return parser
