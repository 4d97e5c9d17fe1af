import shlex
import signal

import pytest

NAME = "single.sh"

# Ends with the next of $ENDS, `kill` for being killed, or waits for a signal.
STAND_IN = r"""
trap 'kill "$!" 2>/dev/null; echo told to end; exit 143' TERM
trap 'kill "$!" 2>/dev/null; echo interrupted; exit 130' INT
printf '%q ' "$@" >>"$ASKED"
echo >>"$ASKED"
read -ra codes <<<"$ENDS"
case ${codes[$(wc -l <"$ASKED") - 1]} in
  kill) kill -KILL "$$" ;;
  wait)
    echo started
    sleep 60 >/dev/null 2>&1 &
    wait "$!"
    ;;
  *) exit "${codes[$(wc -l <"$ASKED") - 1]}" ;;
esac
"""


@pytest.fixture
def asked(tmp_path, stand_in, monkeypatch):
    """What the stand-in for Python was asked, call by call."""
    path = tmp_path / "asked"
    path.write_text("")
    monkeypatch.setenv("PYTHON", str(stand_in("python", STAND_IN)))
    monkeypatch.setenv("ASKED", str(path))
    return lambda: [shlex.split(line) for line in path.read_text().splitlines()]


def test_syntax_and_help(reads_well):
    reads_well(NAME)


def test_dry_run(run, asked):
    arguments = ["--gin.X='a b'", 'say "so"', "--", "$HOME"]
    code, out, err = run(NAME, "--dry-run", "--", *arguments)
    assert (code, err, asked()) == (0, "", [])
    assert out.count("\n") == 1
    assert shlex.split(out)[1:] == ["-m", "musiclm_jax", "train", *arguments]


@pytest.mark.parametrize(
    ("codes", "flags", "calls", "code"),
    [
        ("0", [], 1, 0),
        ("3", [], 1, 3),
        ("2", [], 1, 2),
        ("143 137 0", [], 3, 0),
        ("143 5 0", [], 2, 5),
        ("kill kill 0", [], 3, 0),
        ("143 143 143 0", ["--restarts", "2"], 3, 143),
        ("137 0", ["--restarts", "0"], 1, 137),
        ("143 " * 12, [], 11, 143),
        ("1 134 143", ["--codes", "1,134"], 3, 143),
    ],
)
def test_what_is_started_again(run, asked, monkeypatch, codes, flags, calls, code):
    monkeypatch.setenv("ENDS", codes)
    got, _, err = run(NAME, *flags, "--", "a b")
    assert got == code
    assert asked() == [["-m", "musiclm_jax", "train", "a b"]] * calls
    assert err.count("; restart ") == calls - 1


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGTERM, 143, "told to end"),
        (signal.SIGINT, 130, "interrupted"),
    ],
)
def test_a_signal_is_passed_on_and_ends_it(
    script, asked, monkeypatch, number, code, word
):
    monkeypatch.setenv("ENDS", "143 wait 0")
    process = script(NAME, "--", "x")
    assert process.stdout.readline() == "started\n"
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, f"{word}\n")
    assert len(asked()) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "the arguments of musiclm train are missing"),
        (["--"], "the arguments of musiclm train are missing"),
        (["--restarts"], "--restarts has no value"),
        (["--restarts", "-1", "--", "x"], "--restarts is -1;"),
        (["--codes", "1;2", "--", "x"], "--codes is 1;2;"),
        (["--speed", "--", "x"], "there is no argument --speed"),
        (["x"], "there is no argument x"),
    ],
)
def test_wrong_arguments(refuses, asked, arguments, words):
    refuses(NAME, arguments, words)
    assert asked() == []


def test_several_processes_are_started_again(run, asked, monkeypatch):
    monkeypatch.setenv("ENDS", "kill 0")
    code, _, err = run(NAME, "--processes", "1", "--", "a b")
    assert code == 0 and "ended with 137; restart 1 of 10" in err
    calls = asked()
    assert len(calls) == 2 and calls[0] == calls[1]
    assert calls[0][:4] == ["-m", "musiclm_jax", "train", "a b"]
    assert calls[0][-4:] == ["--num_processes", "1", "--process_id", "0"]


def test_processes_are_a_number(run):
    code, _, err = run(NAME, "--processes", "two", "--", "a")
    assert code == 2 and "--processes is two; it must be a whole number" in err
