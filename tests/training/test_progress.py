import sys

import pytest

from musiclm_jax.training import progress


@pytest.fixture
def now(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_lines_now_and_then_where_nobody_watches(now, capsys):
    with progress.Progress(step=10, num_steps=1000) as shown:
        shown.show(0.125, None)
        for step in range(11, 51):
            now[0] += 2.0
            shown.advance(step, budget_left_seconds=None)
    lines = capsys.readouterr().err.splitlines()
    # 40 steps of two seconds: a line after thirty seconds, and after sixty.
    assert lines == [
        "step 25/1000 loss 0.125, 0.5 steps/s, 32:30 left",
        "step 40/1000 loss 0.125, 0.5 steps/s, 32:00 left",
    ]


def test_the_nearer_end_counts(now, capsys):
    with progress.Progress(step=0, num_steps=10**6) as shown:
        now[0] += 40.0
        shown.advance(40, budget_left_seconds=3661.0)
    assert capsys.readouterr().err == "step 40/1000000 1 steps/s, 1:01:01 left\n"


def test_the_share_of_the_peak_is_shown_where_it_is_known(now, capsys):
    with progress.Progress(step=0, num_steps=80) as shown:
        shown.show(2.0, 0.4149)
        now[0] += 40.0
        shown.advance(40, budget_left_seconds=None)
    assert capsys.readouterr().err == (
        "step 40/80 loss 2, 1 steps/s, 41% of peak, 0:40 left\n"
    )


def test_a_bar_where_somebody_does(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress.Progress(step=3, num_steps=8) as shown:
        shown.show(0.5, None)
        shown.advance(4, budget_left_seconds=None)
        shown.say("a word")
        shown.advance(8, budget_left_seconds=None)
    err = capsys.readouterr().err
    assert "8/8" in err
    assert "loss 0.5" in err
    assert "a word\n" in err


def test_only_the_first_process_speaks(monkeypatch, capsys):
    monkeypatch.setattr(progress.jax, "process_index", lambda: 1)
    with progress.Progress(step=0, num_steps=2) as shown:
        shown.advance(1, budget_left_seconds=None)
        shown.say("hello")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0:00"), (59.9, "0:59"), (61, "1:01"), (7322, "2:02:02")]
)
def test_durations(seconds, text):
    assert progress._duration(seconds) == text
