"""One line for every error of the user's, and nothing around it."""

import logging
import os
import sys

EXIT_ERROR = 2
# How XLA says that there is no memory left.
_EXHAUSTED = "RESOURCE_EXHAUSTED"
_WITH_TRACES = "MUSICLM_TRACEBACK"


def are_traces_asked_for() -> bool:
    """Whether `MUSICLM_TRACEBACK` asks for stack traces."""
    return bool(os.environ.get(_WITH_TRACES))


def plain(error: Exception) -> Exception | None:
    """Returns an error that one line tells, or None for one of the program's own."""
    if isinstance(error, MemoryError) or _EXHAUSTED in str(error):
        return OSError(
            "there is too little memory for that: ask for less at once (shorter "
            "pieces, a smaller --num or --batch_size), or end what else takes it"
        )
    return error if isinstance(error, ValueError | OSError) else None


def say(error: Exception) -> None:
    """Prints an error in one line."""
    print(f"musiclm: error: {_one_line(error)}", file=sys.stderr, flush=True)


def hide_stack_traces() -> None:
    """Keeps libraries from printing pages over what they raise anyway.

    Where a checkpoint cannot be read or written, Orbax logs a stack trace in every
    thread that notices, and TensorStore's threads still call into the loop that waited
    for them. To be called when Orbax is imported, which sets its own level.
    """
    if are_traces_asked_for():
        return
    for name in ("absl", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _tell


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        # Python's own, whose text leads with a number.
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror}"
    return " ".join(str(error).split())


def _tell(unraisable: "sys.UnraisableHookArgs") -> None:
    frame = unraisable.exc_traceback and unraisable.exc_traceback.tb_frame
    is_told = str(unraisable.exc_value) == "Event loop is closed" or (
        frame and "orbax" in frame.f_code.co_filename
    )
    if not is_told:
        sys.__unraisablehook__(unraisable)
