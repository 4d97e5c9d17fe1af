"""What a person sees on stderr while a command works."""

import sys
import time
from typing import TextIO

_BAR_WIDTH = 24
# Between two lines where lines cannot be rewritten, such as in a log.
_LINE_SECONDS = 10.0
_REDRAW_SECONDS = 0.1


class Progress:
    """One line that is rewritten, or a line now and then where stderr is no terminal.

    A context manager; it ends its line when it is left.
    """

    def __init__(self, stream: TextIO | None = None):
        """Shows on `stream`, which is stderr if not given."""
        self._stream = sys.stderr if stream is None else stream
        self._is_terminal = self._stream.isatty()
        self._shown_at = -float("inf")
        self._what: str | None = None
        self._started = 0.0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._is_terminal and self._shown_at > -float("inf"):
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def __call__(self, what: str, share: float, *, detail: str = "") -> None:
        """Shows how much of `what` is done, and how long is left of it.

        Args:
            what: what is being done; the time starts anew when it changes.
            share: from 0 to 1.
            detail: further words.
        """
        now = time.monotonic()
        if what != self._what:
            self._what, self._started = what, now
        interval = _REDRAW_SECONDS if self._is_terminal else _LINE_SECONDS
        if now - self._shown_at < interval and share < 1.0:
            return
        self._shown_at = now
        words = [f"{what} {share:.0%}", detail]
        if 0.0 < share < 1.0 and now > self._started:
            left = (now - self._started) * (1.0 - share) / share
            words.append(f"{format_seconds(left)} left")
        line = ", ".join(filter(None, words))
        if self._is_terminal:
            filled = round(share * _BAR_WIDTH)
            bar = "█" * filled + "·" * (_BAR_WIDTH - filled)
            self._stream.write(f"\r\x1b[K{bar}  {line}")
        else:
            self._stream.write(line + "\n")
        self._stream.flush()


def format_seconds(seconds: float) -> str:
    """Returns a duration as `1:02:03` or `2:03`."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
