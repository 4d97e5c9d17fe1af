"""Trainings that cannot go on, and those that are told to end: what is left goes on."""

import functools
import json
import os
import resource
import shutil
import signal
import socket
import threading

import jax
import pytest

from musiclm_jax.cli import processes
from musiclm_jax.cli.main import main
from musiclm_jax.parallel import hosts

pytestmark = pytest.mark.usefixtures("here")

COMMAND = ["train", "--gin_file=mean.gin", "--model_dir=run"]
# Of the steps 10 and 20.
CHECKPOINTS = "run/checkpoints"


def refused(capsys, *more):
    """Runs the command, which must end with 2 and one line; returns the line."""
    capsys.readouterr()
    assert main([*COMMAND, *more]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("musiclm: error: ")
    return error


def content(folder):
    """All files but those of the metrics, which a new start writes again."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != "tensorboard"
    }


def records(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [
        {k: v for k, v in json.loads(line).items() if "time/" not in k}
        for line in lines
    ]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(autouse=True)
def trained(here, kept):
    """Runs up to the end and up to a checkpoint before it, trained once."""
    if not (kept / "whole").exists():
        for name, steps in (("run", 20), ("whole", 25)):
            assert (
                main([*COMMAND[:2], f"--model_dir={name}", f"--gin.STEPS={steps}"]) == 0
            )
            shutil.copytree(name, kept / name)
    else:
        shutil.copytree(kept, here, dirs_exist_ok=True)


def assert_goes_on(here):
    """Started again the run ends as one that nothing happened to."""
    assert main([*COMMAND, "--gin.STEPS=25"]) == 0
    assert records(here / "run") == records(here / "whole")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("file", "length"),
    [
        ("facts/metadata", None),
        ("facts/metadata", 20),
        ("position/metadata", 10),
        ("state/_METADATA", None),
        ("state/manifest.ocdbt", 20),
        ("state/d", None),
        ("state/d", 20),
    ],
)
def test_a_damaged_checkpoint_leads_to_the_one_before(here, capsys, file, length):
    path = here / CHECKPOINTS / "20" / file
    if path.is_dir():
        (path,) = path.iterdir()
    path.unlink() if length is None else os.truncate(path, length)
    before = content(here / "run")
    error = refused(capsys)
    assert f"checkpoint {here / CHECKPOINTS / '20'} is damaged or cut short" in error
    assert error.endswith(": remove that folder to go on from step 10")
    assert content(here / "run") == before


def test_the_advice_over_a_damaged_checkpoint_is_good(here, capsys):
    (here / CHECKPOINTS / "20" / "facts" / "metadata").unlink()
    assert refused(capsys).endswith("remove that folder to go on from step 10")
    shutil.rmtree(here / CHECKPOINTS / "20")
    assert_goes_on(here)
    shutil.rmtree(here / CHECKPOINTS / "20")
    (here / CHECKPOINTS / "25" / "facts" / "metadata").unlink()
    assert refused(capsys).endswith("remove that folder to start anew")
    shutil.rmtree(here / CHECKPOINTS / "25")
    assert_goes_on(here)


def test_a_run_of_another_model_stays_as_it_was(here, capsys):
    before = content(here / "run")
    error = refused(capsys, "--gin.mean_task.Config.width=3")
    assert "run holds a run of another model: " in error
    assert "params/mean is float32[2] there and float32[3] here" in error
    assert "- mean_task.Config.width = 2 | + mean_task.Config.width = 3" in error
    assert content(here / "run") == before


@pytest.fixture
def short_files():
    """Lets files grow up to a number of bytes; as the disk does that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def wait_for_other_threads():
    """Waits for Orbax's threads, as a process does when it ends."""
    while others := set(threading.enumerate()) - {threading.current_thread()}:
        # Those that one of them is just starting are listed and cannot be joined yet.
        for thread in filter(threading.Thread.is_alive, others):
            thread.join()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_full_disk(here, capsys, short_files):
    # The facts hold this too, with a little more around it: the longest file of all.
    text = (here / "mean.gin").read_text()
    (here / "mean.gin").write_text(text.replace("None", repr("a\n" * 5000)))
    assert main([*COMMAND, "--gin.STEPS=20"]) == 0
    before = content(here / CHECKPOINTS)
    size = (here / "run" / "config.gin").stat().st_size
    short_files(size - 10)
    error = refused(capsys, "--gin.STEPS=25")
    assert error == "musiclm: error: run/config.gin: File too large"
    short_files(size + 10)
    error = refused(capsys, "--gin.STEPS=25")
    assert error == (
        f"musiclm: error: a checkpoint could not be written to {here / CHECKPOINTS} "
        "(File too large); those before it are as they were"
    )
    after = content(here / CHECKPOINTS)
    assert before == {name: after[name] for name in before}
    short_files(resource.RLIM_INFINITY)
    wait_for_other_threads()
    assert_goes_on(here)


def test_devices_that_do_not_divide(here, capsys):
    before = content(here / "run")
    with (here / "mean.gin").open("a") as file:
        file.write("train_command.train.model_parallel = 3\n")
    error = refused(capsys)
    assert (
        error == "musiclm: error: mesh axis model=3 does not divide the 8 devices here"
    )
    assert content(here / "run") == before


def test_a_process_that_does_not_come(here, capsys, monkeypatch):
    before = content(here / "run")
    monkeypatch.setattr(hosts, "join", functools.partial(hosts.join, timeout_seconds=1))
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
    flags = [f"--coordinator=localhost:{port}", "--num_processes=3", "--process_id=0"]
    error = refused(capsys, *flags)
    assert error == "musiclm: error: process 1, 2 of 3 did not come within 1 s"
    assert content(here / "run") == before


def test_the_end_of_another_process(capsys, monkeypatch):
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    monkeypatch.setattr(processes.os, "_exit", exit)
    lost = jax.errors.JaxRuntimeError("UNKNOWN: Connection closed by peer\nat once")
    with pytest.raises(SystemExit, match="1"):
        processes.leave(lost)
    error = capsys.readouterr().err
    assert error.startswith("musiclm: error: process 0 of 2 has lost another one")
    assert "(UNKNOWN: Connection closed by peer): start all of them again" in error
    with pytest.raises(SystemExit, match="2"):
        processes.leave(ValueError("no"))
    assert capsys.readouterr().err == "musiclm: error: no\n"


@pytest.mark.parametrize(
    ("owner", "name", "call", "step"),
    [
        ("Task", "init", 1, 0),
        ("Task", "train_step", 1, 1),  # while it is compiled
        ("Task", "eval_step", 1, 11),
        ("Iterator", "get_state", 2, 11),  # while a checkpoint is begun
        ("Iterator", "get_state", 3, 21),
    ],
)
def test_told_to_end(here, mean_task, monkeypatch, capsys, owner, name, call, step):
    method = getattr(getattr(mean_task, owner), name)
    calls = []

    def signalled(*arguments):
        calls.append(arguments)
        if len(calls) == call:
            signal.raise_signal(signal.SIGTERM)
        return method(*arguments)

    shutil.rmtree(here / "run")
    with monkeypatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr(getattr(mean_task, owner), name, signalled)
        main([*COMMAND, "--gin.STEPS=25"])
    assert end.value.code == 143
    assert f"interrupted at step {step}, which is saved in run" in (
        capsys.readouterr().err
    )
    assert_goes_on(here)
