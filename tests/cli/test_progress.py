import io

import pytest

from musiclm_jax.cli import progress as progress_lib


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress_lib.time, "monotonic", lambda: now[0])
    return now


def test_line_is_rewritten_on_a_terminal_and_cleared_at_the_end(clock):
    stream = _Terminal()
    with progress_lib.Progress(stream) as progress:
        progress("coarse", 0.0)
        clock[0] += 30.0
        progress("coarse", 0.25)
    _, first, second, last = stream.getvalue().split("\r\x1b[K")
    assert first.endswith("coarse 0%")
    assert second.startswith("██████······")
    assert second.endswith("coarse 25%, 1:30 left")
    assert last == ""


def test_lines_elsewhere_are_few(clock):
    stream = io.StringIO()
    with progress_lib.Progress(stream) as progress:
        for step in range(1, 101):
            clock[0] += 1.0
            progress("train", step / 100, detail="2.0 x real time")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[-1] == "train 100%, 2.0 x real time"
    assert "\x1b" not in stream.getvalue()


def test_time_starts_anew_with_the_next_thing(clock):
    stream = io.StringIO()
    with progress_lib.Progress(stream) as progress:
        progress("semantic", 1.0)
        clock[0] += 1000.0
        progress("coarse", 0.0)
        clock[0] += 20.0
        progress("coarse", 0.5)
    assert stream.getvalue().splitlines()[-1] == "coarse 50%, 0:20 left"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0:00"), (59.6, "1:00"), (3723, "1:02:03")]
)
def test_durations(seconds, text):
    assert progress_lib.format_seconds(seconds) == text
