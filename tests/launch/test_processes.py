import shlex
import signal

import pytest

NAME = "processes.sh"

# Process $FAILS ends with 5 when all are there, and the others wait for a signal, or to
# be killed where $IGNORES says so; without $FAILS and $WAITS all end well.
STAND_IN = r"""
trap 'kill "$!" 2>/dev/null; echo told to end; exit 143' TERM
trap 'kill "$!" 2>/dev/null; echo interrupted; exit 130' INT
[[ -z ${IGNORES:-} ]] || trap '' TERM
printf '%q ' "$@" >>"$ASKED/${!#}"
echo started
echo and complains >&2
if [[ ${!#} == "${FAILS:-}" ]]; then
  until [[ $(ls "$ASKED" | wc -l) == 3 ]]; do sleep 0.02; done
  exit 5
fi
[[ -n ${FAILS:-}${WAITS:-} ]] || exit 0
sleep 60 >/dev/null 2>&1 &
wait "$!"
"""


@pytest.fixture
def asked(tmp_path, stand_in, monkeypatch):
    """What the stand-in for Python was asked, by the number of the process."""
    folder = tmp_path / "asked"
    folder.mkdir()
    monkeypatch.setenv("PYTHON", str(stand_in("python", STAND_IN)))
    monkeypatch.setenv("ASKED", str(folder))
    return lambda: {
        int(path.name): shlex.split(path.read_text()) for path in folder.iterdir()
    }


def command(arguments, number, count, port=8476):
    flags = ["--coordinator", f"localhost:{port}", "--num_processes", str(count)]
    flags += ["--process_id", str(number)]
    return ["-m", "musiclm_jax", "train", *arguments, *flags]


def test_syntax_and_help(reads_well):
    reads_well(NAME)


def test_dry_run(run, asked):
    arguments = ["--gin.X='a b'", 'say "so"', "--", "$HOME"]
    flags = ["-n", "2", "--port", "1234", "--dry-run", "--"]
    code, out, err = run(NAME, *flags, *arguments)
    assert (code, err, asked()) == (0, "", {})
    lines = [shlex.split(line)[1:] for line in out.splitlines()]
    assert lines == [command(arguments, i, 2, 1234) for i in range(2)]


def test_all_start_and_their_lines_have_their_numbers(run, asked):
    code, out, err = run(NAME, "-n", "3", "--", "a b", "'")
    assert (code, err) == (0, "")
    assert asked() == {i: command(["a b", "'"], i, 3) for i in range(3)}
    lines = [f"[{i}] {what}" for i in range(3) for what in ("and complains", "started")]
    assert sorted(out.splitlines()) == lines


@pytest.mark.parametrize("fails", ["0", "2"])
def test_one_that_fails_ends_the_others(run, asked, monkeypatch, fails):
    monkeypatch.setenv("FAILS", fails)
    code, out, err = run(NAME, "-n", "3", "--", "x")
    assert (code, err) == (5, f"processes.sh: process {fails} ended with 5\n")
    assert len(asked()) == 3
    told = {line for line in out.splitlines() if line.endswith("told to end")}
    assert told == {f"[{i}] told to end" for i in range(3) if str(i) != fails}


def test_who_does_not_end_is_killed(run, asked, monkeypatch):
    monkeypatch.setenv("FAILS", "1")
    monkeypatch.setenv("IGNORES", "1")
    code, out, err = run(NAME, "-n", "3", "--grace", "0", "--", "x")
    assert code == 5
    assert err.startswith("processes.sh: process 1 ended with 5\n")
    assert "told to end" not in out
    assert len(asked()) == 3


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGTERM, 143, "told to end"),
        (signal.SIGINT, 130, "interrupted"),
    ],
)
def test_a_signal_is_passed_on_to_all(script, asked, monkeypatch, number, code, word):
    monkeypatch.setenv("WAITS", "1")
    process = script(NAME, "-n", "3", "--", "x")
    for _ in range(6):
        assert process.stdout.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (code, "")
    assert sorted(out.splitlines()) == [f"[{i}] {word}" for i in range(3)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--", "x"], "-n is missing"),
        (["-n", "0", "--", "x"], "-n is 0;"),
        (["-n", "two", "--", "x"], "-n is two;"),
        (["-n"], "-n has no value"),
        (["-n", "2", "--port", "70000", "--", "x"], "--port is 70000;"),
        (["-n", "2", "--grace", "long", "--", "x"], "--grace is long;"),
        (["-n", "2"], "the arguments of musiclm train are missing"),
        (["-n", "2", "--"], "the arguments of musiclm train are missing"),
        (["-n", "2", "--speed"], "there is no argument --speed"),
    ],
)
def test_wrong_arguments(refuses, asked, arguments, words):
    refuses(NAME, arguments, words)
    assert asked() == {}
