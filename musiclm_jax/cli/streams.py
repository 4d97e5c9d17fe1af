"""Streams as they are given: closed ones, and encodings that lack letters."""

import os
import sys


def open_all() -> None:
    """Opens the streams that are closed on nothing, and lets the others take any text.

    Else the next file that is opened would get the number of stderr, and what a library
    writes there.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    while nowhere <= 2:
        nowhere = os.dup(nowhere)
    os.close(nowhere)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def close_output() -> None:
    """Lets what is still to be printed go nowhere: its reader has enough."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
