import os
import shlex
import sys
from pathlib import Path

import pytest

NAME = "tpu_pod.sh"
SLICE = ["--name", "pod", "--zone", "us-west4-a"]
ARGUMENTS = ["--gin.X='a b'", 'say "so"', "$HOME", "back\\slash; exit"]

# Notes what it is asked; runs what is for a worker; has a state for each description.
STAND_IN = r"""
printf '%q ' "$@" >>"$ASKED"
echo >>"$ASKED"
case "$*" in
  *queued-resources\ describe*)
    read -ra states <<<"$STATES"
    echo "${states[$(grep -c describe "$ASKED") - 1]}"
    ;;
  *tpu-vm\ ssh*)
    cd "$HOME"
    for argument in "$@"; do
      [[ $argument != --command=* ]] || bash -c "${argument#--command=}"
    done
    ;;
esac
"""
# The training on a worker: says what it is asked, and waits for a signal.
WORKER = r"""#!/usr/bin/env bash
trap 'kill "$!" 2>/dev/null; echo saved; exit 143' TERM
printf '<%s>\n' "$@"
echo started >"$HOME/is_there"
sleep 60 >/dev/null 2>&1 &
wait "$!"
"""


@pytest.fixture
def asked(tmp_path, stand_in, monkeypatch):
    """What the stand-in for gcloud was asked, call by call."""
    path = tmp_path / "asked"
    path.write_text("")
    stand_in("gcloud", STAND_IN)
    monkeypatch.setenv("ASKED", str(path))
    return lambda: [shlex.split(line) for line in path.read_text().splitlines()]


def where(call):
    """The zone and project of a call, and what else there is."""
    flags = ("--zone=", "--project=")
    return {a for a in call if a.startswith(flags)}, [
        a for a in call if not a.startswith(flags)
    ]


@pytest.fixture
def prints(run, asked):
    """The commands that --dry-run prints."""

    def prints(command, *arguments):
        code, out, err = run(NAME, command, *SLICE, "--dry-run", *arguments)
        assert (code, err, asked()) == (0, "", [])
        return [shlex.split(line) for line in out.splitlines()]

    return prints


def test_syntax_and_help(reads_well):
    reads_well(NAME)


def test_create(prints):
    arguments = ["--type", "v6e-8", "--runtime", "r", "--spot", "--project", "p"]
    calls = prints("create", *arguments)
    places, (create, describe) = zip(*map(where, calls), strict=True)
    assert set(map(frozenset, places)) == {
        frozenset({"--zone=us-west4-a", "--project=p"})
    }
    resources = ["gcloud", "compute", "tpus", "queued-resources"]
    flags = ["--node-id=pod", "--accelerator-type=v6e-8", "--runtime-version=r"]
    assert create == [*resources, "create", "pod", *flags, "--spot"]
    assert describe == [*resources, "describe", "pod", "--format=value(state.state)"]
    create, _ = prints("create")
    assert "--spot" not in create and "--accelerator-type=v5litepod-256" in create


def test_install(prints):
    mkdir, archive, scp, ssh = prints("install")
    assert mkdir == ["mkdir", "-p", "dist"]
    assert archive[:2] == ["git", "archive"] and archive[-1] == "HEAD"
    (output,) = (a for a in archive if a.startswith("--output="))
    assert scp[3:7] == ["tpu-vm", "scp", output.removeprefix("--output="), "pod:"]
    assert "--worker=all" in scp and "--worker=all" in ssh
    assert 'pip install --quiet "./musiclm_jax[tpu]"' in ssh[-1]


def test_log_and_delete(prints):
    ((*ssh, command),) = prints("log")
    assert "--worker=0" in ssh and command.startswith("--command=tail ")
    (delete,) = prints("delete")
    assert delete[3:6] == ["queued-resources", "delete", "pod"]
    assert "--force" in delete


def test_create_waits(run, asked, stand_in, monkeypatch):
    stand_in("sleep", "")
    monkeypatch.setenv(
        "STATES", "CREATING WAITING_FOR_RESOURCES CREATING ACTIVE ACTIVE"
    )
    code, out, err = run(NAME, "create", *SLICE)
    assert (code, err) == (0, "")
    assert [call[3] for call in asked()] == ["create"] + 4 * ["describe"]
    assert "pod: ACTIVE at " in out
    monkeypatch.setenv("STATES", 5 * " FAILED")
    code, _, err = run(NAME, "create", *SLICE)
    assert (code, err) == (2, "tpu_pod.sh: error: pod is FAILED, not ACTIVE\n")


@pytest.mark.skipif(sys.platform != "linux", reason="tail has no --pid")
def test_run_and_stop_on_a_worker(run, asked, tmp_path, monkeypatch):
    home = tmp_path / "home"
    python = home / "musiclm_venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(WORKER)
    python.chmod(0o755)
    os.mkfifo(home / "is_there")
    (home / "musiclm_jax").symlink_to(Path(__file__).parents[2])
    monkeypatch.setenv("HOME", str(home))
    code, out, err = run(NAME, "run", *SLICE, "--", *ARGUMENTS)
    assert (code, out, err) == (0, "", "")
    assert (home / "is_there").read_text() == "started\n"
    code, _, err = run(NAME, "run", *SLICE, "--", *ARGUMENTS)
    assert (code, err) == (1, "a training runs already\n")
    code, out, err = run(NAME, "stop", *SLICE)
    assert (code, out, err) == (0, "", "")
    lines = (home / "musiclm.log").read_text().splitlines()
    expected = ["-m", "musiclm_jax", "train", *ARGUMENTS]
    assert lines == [*(f"<{argument}>" for argument in expected), "saved"]
    assert all("--worker=all" in call for call in asked())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "the command is missing"),
        (["--name", "pod"], "the command is missing"),
        (["start", *SLICE], "there is no command start"),
        (["create", "--zone", "z"], "--name is missing"),
        (["create", "--name", "pod"], "--zone is missing"),
        (["create", "--name"], "--name has no value"),
        (["create", *SLICE, "--speed"], "there is no argument --speed"),
        (["run", *SLICE], "the arguments of musiclm train are missing"),
        (["run", *SLICE, "--"], "the arguments of musiclm train are missing"),
        (["log", *SLICE, "--", "x"], "log takes no arguments"),
    ],
)
def test_wrong_arguments(refuses, asked, arguments, words):
    refuses(NAME, arguments, words)
    assert asked() == []
