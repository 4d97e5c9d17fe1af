import pytest

NAME = "gke_jobset.sh"
FLAGS = {
    "--name": "my-run",
    "--image": "europe-docker.pkg.dev/me/music/musiclm:1",
    "--topology": "4x4",
    "--accelerator": "tpu-v5-lite-podslice",
    "--hosts": "4",
    "--chips_per_host": "4",
}
ARGUMENTS = [
    "--gin.X='a b'",
    'say "so"',
    "back\\slash",
    "$(HOME) $$ $",
    "a: # b",
    "ü\n\t-",
]


@pytest.fixture
def applied(tmp_path, stand_in, monkeypatch):
    """What the stand-in for kubectl was asked and given."""
    path = tmp_path / "applied"
    monkeypatch.setenv("APPLIED", str(path))
    stand_in("kubectl", 'echo "$@" >"$APPLIED"\ncat >>"$APPLIED"\n')
    return lambda: path.read_text(encoding="utf-8") if path.exists() else None


def flags(**changed):
    named = {f"--{name}": value for name, value in changed.items()}
    return [word for pair in (FLAGS | named).items() if pair[1] for word in pair]


def test_syntax_and_help(reads_well):
    reads_well(NAME)


def test_dry_run_is_what_is_applied(run, applied):
    code, out, err = run(NAME, *flags(), "--dry-run", "--", *ARGUMENTS)
    assert (code, err, applied()) == (0, "", None)
    assert run(NAME, *flags(), "--", *ARGUMENTS) == (0, "", "")
    assert applied() == f"apply -f -\n{out}"
    lines = [line.strip() for line in out.splitlines()]
    assert "kind: JobSet" in lines
    assert """- "--gin.X='a b'\"""" in lines
    assert r'- "say \"so\""' in lines
    assert r'- "back\\slash"' in lines
    assert "gcsfuse" not in out


def test_manifest(run, applied):
    yaml = pytest.importorskip("yaml")
    bucket = flags(bucket="gs://my-music")
    code, out, err = run(NAME, *bucket, "--dry-run", "--", *ARGUMENTS)
    assert (code, err) == (0, "")
    manifest = yaml.safe_load(out)
    assert manifest["metadata"]["name"] == "my-run"
    assert manifest["spec"]["failurePolicy"]["maxRestarts"] > 0
    (replicated,) = manifest["spec"]["replicatedJobs"]
    job = replicated["template"]["spec"]
    assert (job["parallelism"], job["completions"], job["backoffLimit"]) == (4, 4, 0)
    assert job["template"]["metadata"]["annotations"] == {"gke-gcsfuse/volumes": "true"}
    pod = job["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    assert pod["terminationGracePeriodSeconds"] >= 300
    assert pod["nodeSelector"] == {
        "cloud.google.com/gke-tpu-accelerator": "tpu-v5-lite-podslice",
        "cloud.google.com/gke-tpu-topology": "4x4",
    }
    (container,) = pod["containers"]
    assert container["image"] == FLAGS["--image"]
    assert container["command"] == ["musiclm", "train"]
    # Kubernetes reads $$ as $.
    assert [a.replace("$$", "$") for a in container["args"]] == ARGUMENTS
    assert "$(" not in "".join(a.replace("$$", "") for a in container["args"])
    assert container["resources"]["limits"] == {"google.com/tpu": 4}
    (volume,) = pod["volumes"]
    assert volume["csi"]["volumeAttributes"]["bucketName"] == "my-music"
    assert container["volumeMounts"] == [
        {"name": volume["name"], "mountPath": "/bucket"}
    ]


@pytest.mark.parametrize(
    ("topology", "hosts", "chips"), [("2x4", "1", "8"), ("2x2x4", "4", "4")]
)
def test_other_slices(run, applied, topology, hosts, chips):
    other = flags(topology=topology, hosts=hosts, chips_per_host=chips)
    code, out, _ = run(NAME, *other, "--dry-run", "--", "x")
    assert code == 0
    assert f"gke-tpu-topology: {topology}\n" in out
    assert f"google.com/tpu: {chips}\n" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        *(
            ([*flags(**{name[2:]: ""}), "--", "x"], f"{name} is missing, such as ")
            for name in FLAGS
        ),
        ([*flags(name="My_Run"), "--", "x"], "--name is My_Run;"),
        ([*flags(image='x"'), "--", "x"], '--image is x";'),
        ([*flags(topology="16"), "--", "x"], "--topology is 16;"),
        ([*flags(hosts="2"), "--", "x"], "--topology 4x4 is not --hosts 2 times"),
        ([*flags(bucket="gs://b/c"), "--", "x"], "--bucket is gs://b/c;"),
        (["--name"], "--name has no value"),
        (flags(), "the arguments of musiclm train are missing"),
        ([*flags(), "--"], "the arguments of musiclm train are missing"),
        ([*flags(), "--", "\x1b"], "an argument has a control character"),
        ([*flags(), "--speed"], "there is no argument --speed"),
    ],
)
def test_wrong_arguments(refuses, applied, arguments, words):
    refuses(NAME, arguments, words)
    assert applied() is None
