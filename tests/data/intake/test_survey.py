"""Surveys: true facts of every format, every broken file named, and no exception."""

import dataclasses
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.recordings import KINDS, Recording
from musiclm_jax.data.intake.rejections import Limits, find_rejections
from musiclm_jax.data.intake.survey import SurveyJob, measure
from musiclm_jax.data.sound.audio_files import FileSound
from musiclm_jax.data.text.sidecars import Notes

LOSSY = ("MP3", "OGG")


def survey(folder, names):
    """Measures files below a folder; returns their facts."""
    return [
        measure(
            Recording(name=name, sound=FileSound(folder / name), notes=Notes()),
            silence_db=-60.0,
        )
        for name in names
    ]


def test_facts_of_every_format(tmp_path, recordings_folder, recording):
    play = recordings_folder.music(0, seconds=2.5)
    for index, (suffix, container, coding, rate, channels) in enumerate(
        recordings_folder.FORMATS
    ):
        path = tmp_path / f"{index}{suffix}"
        recordings_folder.write(path, play, index)
        facts = measure(recording(path), silence_db=-60.0)
        assert facts.rejection is None
        assert facts.name == path.name and len(facts.digest) == 64
        assert facts.format == f"{container} {coding}"
        assert (facts.sample_rate, facts.num_channels) == (rate, channels)
        assert facts.seconds == pytest.approx(2.5, abs=0.1)
        assert facts.peak_db == pytest.approx(-3.1, abs=2.0)
        assert -30 < facts.loudness < -5
        assert facts.clipped_share == 0.0
        assert facts.sound_start < 0.2 * rate
        assert 2 * rate < facts.sound_end <= facts.num_samples
        assert facts.fingerprint
        if container not in LOSSY:
            assert facts.num_samples == round(2.5 * rate)
        assert Facts.from_json(facts.to_json()) == facts


def test_blocks_change_nothing(tmp_path, recordings_folder, recording, monkeypatch):
    recordings_folder.write(tmp_path / "a.flac", recordings_folder.music(1), 0)
    whole = measure(recording(tmp_path / "a.flac"), silence_db=-60.0)
    monkeypatch.setattr("musiclm_jax.data.sound.open_audio._BLOCK_LENGTH", 2000)
    parts = measure(recording(tmp_path / "a.flac"), silence_db=-60.0)
    assert parts.loudness == pytest.approx(whole.loudness)
    same = {"loudness": None, "fingerprint": ""}
    assert dataclasses.replace(parts, **same) == dataclasses.replace(whole, **same)


def judge(tmp_path, recordings_folder, num_good, num_broken_each):
    """Makes a folder; returns what was made of each file and what was found."""
    made = recordings_folder.make_recordings(tmp_path, num_good, num_broken_each)
    facts = survey(tmp_path, made)
    rejections = find_rejections(facts, Limits())
    found = {
        name: rejections[name].kind if name in rejections else None for name in made
    }
    return made, found, rejections


def test_every_broken_file_is_named(tmp_path, recordings_folder):
    made, found, rejections = judge(tmp_path, recordings_folder, 34, 3)
    assert found == made
    for rejection in rejections.values():
        assert rejection.kind in KINDS
        assert "\n" not in rejection.reason and str(tmp_path) not in rejection.reason
        assert rejection.reason[0].islower() and not rejection.reason.endswith(".")


@pytest.mark.slow
def test_every_broken_file_is_named_among_a_thousand(tmp_path, recordings_folder):
    made, found, _ = judge(tmp_path, recordings_folder, 900, 10)
    assert len(made) == 1000
    assert {name: kind for name, kind in found.items() if kind != made[name]} == {}


@pytest.mark.parametrize("number", range(17))
def test_every_format_may_be_truncated(tmp_path, recordings_folder, recording, number):
    path = recordings_folder._truncated(tmp_path / "cut", number, 0)
    rejection = measure(recording(path), silence_db=-60.0).rejection
    assert rejection.kind == "truncated"
    assert "header" in rejection.reason or "last page" in rejection.reason


def test_damage_inside_is_no_missing_end(tmp_path, recordings_folder, recording):
    path = tmp_path / "a.flac"
    recordings_folder.write(path, recordings_folder.music(2), 0)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    rejection = measure(recording(path), silence_db=-60.0).rejection
    assert rejection.kind == "unreadable"
    assert "s of the" in rejection.reason


@pytest.mark.skipif(not os.geteuid(), reason="root may read everything")
def test_file_that_may_not_be_read(tmp_path, recording):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(10), 8000)
    path.chmod(0)
    rejection = measure(recording(path), silence_db=-60.0).rejection
    assert (rejection.kind, rejection.reason) == (
        "unreadable",
        "cannot be read: Permission denied",
    )


def test_what_is_no_file(tmp_path, recording):
    (tmp_path / "folder.wav").mkdir()
    for name, reason in [
        ("folder.wav", "cannot be read: Is a directory"),
        ("gone.wav", "cannot be read: No such file or directory"),
    ]:
        facts = measure(recording(tmp_path / name), silence_db=-60.0)
        assert facts.rejection.kind == "unreadable"
        assert facts.rejection.reason == reason
        assert Facts.from_json(facts.to_json()) == facts


def test_a_name_that_is_no_text(tmp_path, recordings_folder, recording):
    path = tmp_path / os.fsdecode(b"caf\xe9.flac")
    recordings_folder.write(tmp_path / "a.flac", recordings_folder.music(3), 0)
    os.rename(tmp_path / "a.flac", path)
    assert measure(recording(path, name="cafe"), silence_db=-60.0).rejection is None


def test_random_damage_raises_nothing(tmp_path, recordings_folder, recording, rng):
    for index, (suffix, *_) in enumerate(recordings_folder.FORMATS):
        path = tmp_path / f"a{suffix}"
        recordings_folder.write(
            path, recordings_folder.music(index, seconds=0.5), index
        )
        content = path.read_bytes()
        for _ in range(10):
            damaged = bytearray(content)
            for place in rng.integers(0, min(200, len(content)), 4):
                damaged[place] = rng.integers(0, 256)
            path.write_bytes(damaged[: rng.integers(0, 2 * len(content))])
            facts = measure(recording(path), silence_db=-60.0)
            assert facts.rejection is None or facts.rejection.kind in KINDS


def test_job(tmp_path, recordings_folder, recording):
    recordings_folder.write(tmp_path / "ä.flac", recordings_folder.music(4), 0)
    (tmp_path / "b.wav").touch()
    job = SurveyJob(
        recordings=tuple(recording(tmp_path / name) for name in ("ä.flac", "b.wav")),
        output=tmp_path / "facts.jsonl",
        silence_db=-60.0,
    )
    pickle.loads(pickle.dumps(job)).run()
    lines = job.output.read_text(encoding="utf-8").splitlines()
    assert [Facts.from_json(line) for line in lines] == survey(
        tmp_path, ["ä.flac", "b.wav"]
    )


def test_workers_start_fast():
    code = (
        "import sys; import musiclm_jax.data.intake.survey;"
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('jax', 'tensorflow_datasets', 'gin', 'pandas', 'flax')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_decoders_write_no_notes(tmp_path, recording, capfd):
    path = tmp_path / "a.mp3"
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 2 * 22050)
    soundfile.write(path, sound, 22050)
    damaged = bytearray(path.read_bytes())
    damaged[4000:9000] = bytes(5000)
    path.write_bytes(damaged)
    job = SurveyJob(
        recordings=(recording(path),), output=tmp_path / "facts", silence_db=-60.0
    )
    job.run()
    os.write(2, b"heard again")
    assert capfd.readouterr().err == "heard again"


def test_a_file_of_no_samples_is_empty(tmp_path, recording):
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 22050)
    rejection = measure(recording(tmp_path / "none.wav"), silence_db=-60.0).rejection
    assert (rejection.kind, rejection.reason) == (
        "empty",
        "is empty: it has no samples",
    )
