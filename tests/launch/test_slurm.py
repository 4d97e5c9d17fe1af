import shlex

import pytest

NAME = "slurm.sh"
ARGUMENTS = ["--gin.X='a b'", 'say "so"', "$HOME", "--"]
NODES = ["--nodes", "4", "--gpus", "8"]

NOTE = r"""
printf '%q ' "${0##*/}" "$@" >>"$ASKED"
echo >>"$ASKED"
"""
# Ends with $CODE, or with 143 when the tasks were told to end.
SRUN = r"""
printf '%s\n' "$JAX_LOCAL_DEVICE_IDS"
[[ $CODE != wait ]] || { until [[ -e $ASKED.end ]]; do sleep 0.02; done; exit 143; }
exit "$CODE"
"""


@pytest.fixture
def asked(tmp_path, stand_in, monkeypatch):
    """What the stand-ins for SLURM's commands were asked, call by call."""
    path = tmp_path / "asked"
    path.write_text("")
    monkeypatch.setenv("ASKED", str(path))
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    monkeypatch.setenv("PYTHON", "my python")
    for name in ("sbatch", "scontrol"):
        stand_in(name, NOTE)
    stand_in("scancel", NOTE + 'touch "$ASKED.end"\n')
    stand_in("srun", NOTE + SRUN)
    return lambda: [shlex.split(line) for line in path.read_text().splitlines()]


def test_syntax_and_help(reads_well):
    reads_well(NAME)


def test_dry_run_is_what_is_submitted(run, asked):
    flags = [*NODES, "--partition", "p", "--time", "1:00:00"]
    code, out, err = run(NAME, *flags, "--dry-run", "--", *ARGUMENTS)
    assert (code, err, asked()) == (0, "", [])
    printed = shlex.split(out)
    assert run(NAME, *flags, "--", *ARGUMENTS) == (0, "", "")
    assert asked() == [printed]
    job = printed.index("--in_job")
    assert printed[job + 1 :] == ["8", *ARGUMENTS]
    assert printed[job - 1].endswith(NAME)
    options = {"--nodes=4", "--gpus-per-node=8", "--ntasks-per-node=1", "--requeue"}
    options |= {"--partition=p", "--time=1:00:00", "--signal=TERM@300"}
    assert options <= set(printed[1:job])


def test_no_partition_and_a_day(run, asked):
    code, out, _ = run(NAME, *NODES, "--dry-run", "--", "x")
    assert code == 0
    assert "--partition" not in out and "--time=24:00:00" in out


@pytest.mark.parametrize("code", [0, 1, 2, 137, 143])
def test_the_job_is_requeued_after_it_has_saved(run, asked, monkeypatch, code):
    monkeypatch.setenv("CODE", str(code))
    got, out, err = run(NAME, "--in_job", "4", *ARGUMENTS)
    assert (got, out, err) == (code, "0,1,2,3\n", "")
    (name, *options), *others = asked()
    python = options.index("my python")
    assert name == "srun"
    assert options[python + 1 :] == ["-m", "musiclm_jax", "train", *ARGUMENTS]
    assert others == ([["scontrol", "requeue", "77"]] if code == 143 else [])


def test_the_job_is_not_requeued_when_it_is_told_to_end(script, asked, monkeypatch):
    monkeypatch.setenv("CODE", "wait")
    process = script(NAME, "--in_job", "1", "x")
    assert process.stdout.readline() == "0\n"
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (143, "")
    _, *others = asked()
    assert others == [["scancel", "--signal=TERM", "77"]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--gpus", "8", "--", "x"], "--nodes is missing"),
        (["--nodes", "4", "--", "x"], "--gpus is missing"),
        (["--nodes", "some", "--gpus", "8", "--", "x"], "--nodes is some;"),
        (["--nodes", "4", "--gpus", "0", "--", "x"], "--gpus is 0;"),
        (["--time"], "--time has no value"),
        (NODES, "the arguments of musiclm train are missing"),
        ([*NODES, "--"], "the arguments of musiclm train are missing"),
        ([*NODES, "--speed"], "there is no argument --speed"),
    ],
)
def test_wrong_arguments(refuses, asked, arguments, words):
    refuses(NAME, arguments, words)
    assert asked() == []
