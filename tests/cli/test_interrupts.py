import os
import signal
import subprocess
import sys
import threading

import pytest

from musiclm_jax.cli import interrupts

# A computation in C that lets other threads run and no signal through. Python's own
# handler does nothing: it would end the process by itself if the signal came before.
CODE = """
import hashlib, signal
from musiclm_jax.cli import interrupts

signal.signal(signal.SIGINT, lambda *_: None)
with interrupts.end_at_once():
    print("ready", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", 1_000_000_000)
"""


def test_ctrl_c_ends_compiled_code():
    process = subprocess.Popen(
        [sys.executable, "-c", CODE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert error == "musiclm: stopped\n"


# What a library in C may do with what is raised while it is loaded.
LOADED = """
import os, signal
try:
    os.kill(os.getpid(), signal.SIGTERM)
except BaseException:
    os.kill(os.getpid(), signal.SIGSEGV)
"""
LOADING = """
from pathlib import Path
from musiclm_jax.cli import interrupts
from musiclm_jax.files import whole_files

with interrupts.obeyed(), whole_files.appearing(Path("a")) as place:
    place.write_text("half")
    import loaded
"""


def test_a_library_that_is_loaded_is_not_disturbed(tmp_path):
    (tmp_path / "loaded.py").write_text(LOADED)
    done = subprocess.run(
        [sys.executable, "-c", LOADING],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (143, "musiclm: stopped\n")
    left = {path.name for path in tmp_path.iterdir()}
    assert left <= {"loaded.py", "__pycache__"}


def test_nothing_is_left_behind():
    before = signal.set_wakeup_fd(-1)
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    with interrupts.end_at_once():
        assert threading.active_count() == threads + 1
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == files
    assert signal.set_wakeup_fd(before) == -1


def test_other_signals_and_threads_go_on():
    received = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: received.append(number))
    try:
        with interrupts.end_at_once():
            signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert received == [signal.SIGUSR1]

    def elsewhere():
        with interrupts.end_at_once():
            received.append("elsewhere")

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert received[-1] == "elsewhere"


def test_errors_pass_through():
    with pytest.raises(ValueError, match="mine"), interrupts.end_at_once():
        raise ValueError("mine")


def test_what_a_library_makes_of_a_signal_is_a_stop():
    with pytest.raises(interrupts.Stopped) as stopped, interrupts.obeyed():
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None
    assert interrupts.exit_status(stopped.value) == 143
    with pytest.raises(ImportError), interrupts.obeyed():
        raise ImportError("mine")
