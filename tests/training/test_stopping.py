import signal
import threading

import numpy as np
import pytest

from musiclm_jax.training import stopping


def test_a_signal_is_remembered_and_a_second_interrupt_obeyed():
    before = signal.getsignal(signal.SIGINT)
    with stopping.Signals() as signals:
        assert signals.received is None
        signal.raise_signal(signal.SIGINT)
        assert signals.received == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before


def test_other_threads_leave_signals_alone():
    before = signal.getsignal(signal.SIGTERM)
    inside = []

    def enter():
        with stopping.Signals():
            inside.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert inside == [before]


def test_the_exit_code_is_the_shells():
    ended = stopping.Interrupted(signal.SIGTERM, step=5)
    assert isinstance(ended, SystemExit)
    assert ended.code == 143


def test_the_clock_adds_what_was_used(monkeypatch):
    now = [50.0]
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])
    clock = stopping.Clock(minutes=2.0)
    clock.add(90.0)
    now[0] += 29.0
    assert clock.used_seconds == 119.0
    assert clock.left_seconds == 1.0
    assert not clock.is_over
    now[0] += 1.0
    assert clock.is_over


def test_without_a_budget_it_is_never_over():
    clock = stopping.Clock(minutes=None)
    clock.add(1e9)
    assert not clock.is_over
    assert clock.left_seconds is None


@pytest.mark.parametrize("minutes", [0.0, -1.0, float("nan")])
def test_a_budget_is_positive(minutes):
    with pytest.raises(ValueError, match="minutes must be positive"):
        stopping.Clock(minutes=minutes)


def test_processes_agree_and_a_signal_outweighs_the_clock(monkeypatch):
    clock = stopping.Clock(minutes=1.0)
    signals = stopping.Signals()
    assert stopping.agreed_stop(signals, clock) == stopping.GO_ON
    monkeypatch.setattr(stopping.jax, "process_count", lambda: 2)
    others = []
    monkeypatch.setattr(
        stopping.multihost_utils,
        "process_allgather",
        lambda mine: np.array([mine, *others]),
    )
    others[:] = [signal.SIGTERM]
    assert stopping.agreed_stop(signals, clock) == signal.SIGTERM
    clock.add(100.0)
    assert stopping.agreed_stop(signals, clock) == signal.SIGTERM
    others[:] = [stopping.GO_ON]
    assert stopping.agreed_stop(signals, clock) == stopping.TIME_IS_OVER
