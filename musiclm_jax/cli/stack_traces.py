"""Keeps libraries from printing pages over what they raise anyway."""

import logging
import os
import sys

VARIABLE = "MUSICLM_TRACEBACK"


def hide() -> None:
    """Leaves it to `main` to say what happened, unless stack traces are asked for.

    Where a checkpoint cannot be read or written, Orbax logs a stack trace in every
    thread that notices, and TensorStore's threads still call into the loop that waited
    for them. To be called when Orbax is imported, which sets its own level.
    """
    if os.environ.get(VARIABLE):
        return
    for name in ("absl", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _tell


def _tell(unraisable: "sys.UnraisableHookArgs") -> None:
    frame = unraisable.exc_traceback and unraisable.exc_traceback.tb_frame
    is_told = str(unraisable.exc_value) == "Event loop is closed" or (
        frame and "orbax" in frame.f_code.co_filename
    )
    if not is_told:
        sys.__unraisablehook__(unraisable)
