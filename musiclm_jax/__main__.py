"""`python -m musiclm_jax` is the command `musiclm`."""

import os
import signal
import sys


def run() -> None:
    """Runs the command line, and ends with its exit status.

    Ctrl-C while the command is loaded, or while Python and its libraries end, has
    nothing to say: it ends the process as it ends others.
    """
    is_heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_heard:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from musiclm_jax.cli.main import main

    if is_heard:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        status = main()
        if status > 128:  # by a signal
            # At once: libraries whose threads are at work do not end well.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        sys.exit(status)
    finally:
        if is_heard:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    run()
