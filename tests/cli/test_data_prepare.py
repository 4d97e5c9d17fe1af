"""`musiclm data check` and `prepare`: the same verdict, and nothing is lost."""

import contextlib
import csv
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from musiclm_jax.cli import main
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.data.sets.audio_folder import AudioFolderConfig
from musiclm_jax.parallel.jobs import Here

RATE = 22050


def run(capsys, *arguments):
    """Returns the exit status, stdout and the last line of stderr."""
    status = main.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, (err.strip().splitlines() or [""])[-1]


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    (folder / "more").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for index, suffix in enumerate(["wav", "flac", "ogg", "mp3"]):
        tone = np.sin(np.arange(3 * RATE) * rng.uniform(0.02, 0.5, (1, 1)).T)
        sound = 0.3 * tone.T * rng.uniform(0.2, 1.0, (3 * RATE, 1)).round(1)
        soundfile.write(folder / "more" / f"{index}.{suffix}", sound, RATE)
    (folder / "more" / "0.txt").write_text("a tone\n")
    (folder / "broken.mp3").write_bytes(b"no sound" * 1000)
    (folder / "short.wav").write_bytes((folder / "more" / "0.wav").read_bytes()[:0])
    return folder


def test_check_names_what_is_wrong(music, tmp_path, capsys):
    status, out, _ = run(
        capsys, "data", "check", music, "--processes=1", "--csv", tmp_path / "all.csv"
    )
    assert status == 0
    assert out.startswith("6 recordings: 4 good (0.00 h), 2 to be left out\n")
    assert "unreadable (1)\n  broken.mp3: is broken or no audio" in out
    assert "empty (1)\n  short.wav: is empty (0 bytes)" in out
    with (tmp_path / "all.csv").open() as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert len(rows) == 6 and rows["more/1.flac"]["kind"] == ""
    assert rows["more/1.flac"]["sample_rate"] == str(RATE)
    assert float(rows["more/1.flac"]["seconds"]) == 3.0
    status, out, _ = run(capsys, "data", "check", music, "--processes=1", "--json")
    told = json.loads(out)
    assert told["left_out_by_kind"] == {"unreadable": 1, "empty": 1}
    assert {rejection["name"] for rejection in told["rejections"]} == {
        "broken.mp3",
        "short.wav",
    }


def test_prepare_leaves_out_what_check_names(music, tmp_path, capsys):
    command = ["data", "prepare", music, "--data_dir", tmp_path / "data", "--name=mine"]
    command += ["--clip_seconds=2", "--processes=2"]
    status, out, _ = run(capsys, *command)
    assert status == 0
    assert out.splitlines()[:2] == [
        "6 recordings: 4 written (0.00 h), 2 left out",
        "1 unreadable, 1 empty",
    ]
    assert "--gin.DATASET=\"'audio_folder/mine'\"" in out
    status, out, _ = run(capsys, *command, "--json")
    account = json.loads(out)
    assert account["recordings"] == 6 == account["written"] + account["left_out"]
    # Three seconds are a clip of two and one that ends where they end.
    assert account["clips"] == 8 == sum(account["splits"].values())
    named = AudioDataset(name="audio_folder/mine", data_dir=str(tmp_path / "data"))
    clips = [clip for split in account["splits"] for clip in named.open(split)]
    assert {len(clip["audio"]) for clip in clips} == {48000}
    captions = {clip["file"].decode(): list(clip["captions"]) for clip in clips}
    assert captions["more/0.wav"] == [b"a tone"]
    status, _, err = run(capsys, *command, "--loudness=-14")
    assert status == 2
    assert "was made of other recordings or with other settings" in err


def test_gin_and_flags_prepare_the_same_set(music, tmp_path, capsys):
    status, out, _ = run(
        capsys, "data", "prepare", "--gin_file=runs/prepare.gin",
        "--gin_file=shared/audio_folder.gin", f"--gin.AUDIO_FOLDER='{music}'",
        f"--gin.DATA_DIR='{tmp_path / 'data'}'", "--json",
    )  # fmt: skip
    assert status == 0
    by_gin = json.loads(out)["folder"]
    command = ["data", "prepare", music, "--data_dir", tmp_path / "data", "--json"]
    status, out, _ = run(capsys, *command)
    assert json.loads(out)["folder"] == by_gin
    # Neither sets what nobody gave: the length of a clip, for one.
    dataset = AudioDataset(
        name="audio_folder",
        data_dir=str(tmp_path / "data"),
        config=AudioFolderConfig(folder=str(music)),
    )
    assert str(dataset.prepare(runner=Here()).data_path) == by_gin


def test_what_cannot_be_is_one_line(music, tmp_path, capsys):
    def error(*arguments):
        status, out, err = run(capsys, "data", *arguments)
        assert status == 2 and not out
        return err

    assert "no data set: give --data_dir, or --gin_file" in error("prepare", music)
    data = ["--data_dir", tmp_path]
    assert "needs the FOLDER of its audio files" in error("prepare", *data)
    assert "there is no folder" in error("prepare", tmp_path / "no", *data)
    told = error("prepare", music, "--dataset=gtzan", *data)
    assert "--dataset gtzan is none of audio_folder, music_caps, fma, tfds:NAME" in told
    told = error("prepare", "--dataset=tfds:gtzan", *data)
    assert "there is no prepared data set gtzan" in told
    told = error("check", "--dataset=tfds:gtzan")
    assert "--dataset tfds:gtzan needs --data_dir" in told
    assert "processes" in error("check", music, "--processes=0")
    told = error("check", music, "--beam_args=--runner=X")
    assert "--beam_args goes with --runner=beam" in told
    assert "must be above 0" in error("check", music, "--clip_seconds=0.5")
    (music / "a.csv").write_text("file;caption\n")
    assert "a.csv needs columns file and caption" in error("check", music)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_right_to_read_is_told(music, capsys):
    (music / "more" / "0.wav").chmod(0)
    (music / "more" / "1.flac").chmod(stat.S_IWUSR)
    status, out, _ = run(capsys, "data", "check", music, "--processes=1")
    assert status == 0 and "Permission denied" in out


# Beam's own code warns of its own names.
@pytest.mark.filterwarnings("ignore")
def test_beam_writes_the_same_files(music, tmp_path, capsys):
    pytest.importorskip("apache_beam")
    folders = []
    for place, runner in (("here", "local"), ("there", "beam")):
        status, out, err = run(
            capsys, "data", "prepare", music, f"--data_dir={tmp_path / place}",
            "--name=mine", "--processes=1", f"--runner={runner}", "--json",
        )  # fmt: skip
        assert status == 0, err
        folders.append(json.loads(out)["folder"])
    first, second = (
        {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}
        for folder in folders
    )
    assert len(first) >= 5 and first == second


@pytest.mark.slow
def test_ctrl_c_is_one_line_and_the_next_call_goes_on(music, tmp_path):
    for copy in range(400):
        shutil.copy(music / "more" / "1.flac", music / f"{copy}.flac")
    command = [sys.executable, "-m", "musiclm_jax", "data", "prepare", str(music)]
    command += [f"--data_dir={tmp_path / 'data'}", "--name=mine", "--processes=2"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not list(tmp_path.glob("data/**/facts-*.jsonl")):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert [line for line in said.splitlines() if "measuring" not in line] == [
        "musiclm: stopped"
    ]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True)
    account = json.loads(done.stdout)
    assert account["recordings"] == 406 and account["written"] == 4
