"""A test made, answered and scored by the command line; and what it refuses."""

import json

import numpy as np
import pytest
import soundfile

from musiclm_jax.cli.main import main

SYSTEMS = ("ours", "theirs", "real")
MAKE = ["listen", "make", *(f"--system={name}={name}" for name in SYSTEMS)]


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """Three systems, two pieces each."""
    monkeypatch.chdir(tmp_path)
    tone = 0.1 * np.sin(np.arange(12000) / 5)
    for system in SYSTEMS:
        (tmp_path / system).mkdir()
        for name in "pq":
            soundfile.write(tmp_path / system / f"{name}.wav", tone, 24000)
    lines = [{"name": name, "prompt": f"prompt {name}"} for name in "pq"]
    text = "\n".join(map(json.dumps, lines))
    (tmp_path / "prompts.jsonl").write_text(text)
    return tmp_path


def made(*arguments):
    assert main([*MAKE, "--prompts=prompts.jsonl", "--output=T", *arguments]) == 0


def answered(folder, name, prefer):
    """Writes answers of one who prefers one system, clearly, and else nothing."""
    key = json.loads((folder / "T" / "key.json").read_text())
    sign = {"left": -2, "right": 2}
    rows = [
        {
            "question": q["number"],
            "preference": next((n for s, n in sign.items() if q[s] == prefer), 0),
        }
        for q in key["questions"]
    ]
    content = {
        "format": 1, "test": key["test"], "listener": name, "answers": rows,
    }  # fmt: skip
    (folder / f"{name}.json").write_text(json.dumps(content))
    return f"{name}.json"


def test_made_answered_and_scored(folder, capsys):
    made()
    said = capsys.readouterr().out
    assert said.startswith("6 questions on 2 prompts, at most 2 min of music\n")
    assert "T/listeners" in said and "T/key.json" in said
    files = [answered(folder, name, "ours") for name in "abc"]
    output = ["--output=s.json"]
    assert main(["listen", "score", "--test=T/key.json", *files, *output]) == 0
    said = capsys.readouterr().out
    assert said.startswith("3 listeners, 6 questions to each\n")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in said.splitlines()
        if line.startswith("|")
    ]
    assert rows[2] == ["ours", "12", "0", "12", "100.0%"]
    assert ["theirs - real", "0 - 0", "6", "1", "1", "no"] in rows
    assert "below 0.01 after Bonferroni over 3 pairs" in said
    assert "the same side in 100% of cases; Krippendorff's alpha 1.00" in said
    found = json.loads((folder / "s.json").read_text())
    assert found["systems"][0] == {"name": "ours", "wins": 12, "ties": 0, "ratings": 12}
    # Six of six for one side, and nothing against it: 2 / 2**6.
    assert found["pairs"][0]["p"] == pytest.approx(2 / 2**6)


def test_one_seed_makes_one_test(folder):
    made("--seed=3")
    (folder / "T").rename(folder / "first")
    made("--seed=3")
    for path in sorted((folder / "T").rglob("*.*")):
        twin = folder / "first" / path.relative_to(folder / "T")
        assert path.read_bytes() == twin.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["make", "--output=T", "--system=ours=ours"], "1 system is given"),
        (["make", "--output=T"], "0 systems are given"),
        (
            ["make", "--output=T", "--system=ours"],
            "--system is 'ours'; it must be NAME",
        ),
        (["make", "--output=T", "--system=a=ours", "--system=a=real"], "called a"),
        (["make", "--output=T", "--system=a=no", "--system=b=real"], "no folder no"),
        ([*MAKE[1:], "--output=T"], "no card of the pieces p tells"),
        ([*MAKE[1:], "--output=ours"], "ours is in the way"),
        ([*MAKE[1:], "--output=T", "--seconds=nan"], "--seconds is nan; it must be"),
        ([*MAKE[1:], "--output=T", "--seed=-1"], "--seed is -1; it must be"),
        (
            [*MAKE[1:], "--output=T", "--prompts=prompts.jsonl", "--per_pair=3"],
            "--per_pair is 3; it must be from 1 to the 2 prompts",
        ),
        (["score", "--test=no.json", "a.json"], "no.json"),
        (["score", "--test=prompts.jsonl", "a.json"], "not the key.json of a"),
        (["score", "--test=T", "--overwrite", "a.json"], "--overwrite is for --output"),
        (["score", "--test=no", "--output=prompts.jsonl", "a.json"], "in the way"),
    ],
)
def test_one_line_for_what_cannot_be(capsys, folder, arguments, said):
    before = sorted(folder.rglob("*"))
    assert main(["listen", *[a for a in arguments if a != "listen"]]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1
    assert told.err.startswith("musiclm: error: ") and said in told.err
    assert sorted(folder.rglob("*")) == before


def test_answers_that_are_missing_or_silent_clips(folder, capsys):
    made()
    path = folder / answered(folder, "a", "real")
    content = json.loads(path.read_text())
    del content["answers"][2:4]
    path.write_text(json.dumps(content))
    capsys.readouterr()
    assert main(["listen", "score", "--test=T/key.json", "a.json"]) == 2
    assert "a.json leaves out: question 3, 4, of 6" in capsys.readouterr().err
    soundfile.write(folder / "real" / "q.wav", np.zeros(24000), 24000)
    command = [*MAKE, "--prompts=prompts.jsonl", "--output=U"]
    assert main(command) == 2
    assert "q.wav" in (said := capsys.readouterr().err) and "silent" in said
    assert not (folder / "U").exists()
