import json
import re

import numpy as np
import pytest
import soundfile
from PIL import Image

from musiclm_jax.cli.main import main

RATE = 24000
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11, 12), "minor": (0, 2, 3, 5, 7, 8, 10, 12)}
A3 = 220.0


def clicks(bpm, seconds, rate=RATE):
    audio = np.zeros(round(seconds * rate))
    click = 0.5 * np.sin(2 * np.pi * 1500 * np.arange(rate // 50) / rate)
    for time in np.arange(0.1, seconds - 0.1, 60 / bpm):
        start = round(time * rate)
        audio[start : start + len(click)] = click
    return audio


def scale(mode):
    """Up from A, between two chords on it."""

    def tone(semitone, seconds):
        phase = 2 * np.pi * A3 * 2 ** (semitone / 12) * np.arange(seconds * RATE) / RATE
        return 0.1 * (np.sin(phase) + np.sin(2 * phase) / 4) * np.hanning(len(phase))

    steps = SCALES[mode]
    chord = sum(tone(steps[degree], 2) for degree in (0, 2, 4))
    return np.concatenate([chord, *(tone(step, 1) for step in steps), chord])


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def described(capsys, *arguments):
    assert main(["describe", "--json", *arguments]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line)


@pytest.mark.parametrize("rate", [11025, 24000, 44100])
def test_clicks_have_their_tempo(capsys, rate):
    soundfile.write("a.flac", clicks(120.0, 6.0, rate), rate)
    found = described(capsys, "a.flac")
    assert found["tempo_bpm"] == pytest.approx(120.0, abs=0.5)
    assert found["pulse_clarity"] > 0.9
    assert found["seconds"] == 6.0 and found["sample_rate"] == rate


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_scales_have_their_tonic(capsys, mode):
    soundfile.write("a.wav", scale(mode), RATE)
    found = described(capsys, "a.wav")
    assert found["key"] == f"A {mode}"
    assert found["key_clarity"] > 0.7
    assert sum(found["pitch_classes"].values()) == pytest.approx(1.0, abs=0.01)
    assert max(found["pitch_classes"], key=found["pitch_classes"].get) == "A"


def test_levels_are_of_all_channels_and_the_whole_length(capsys):
    time = np.arange(4 * 48000) / 48000
    left = 0.5 * np.sin(2 * np.pi * 997 * time)
    soundfile.write("a.wav", np.stack([left, left], axis=1), 48000)
    found = described(capsys, "a.wav")
    assert found["channels"] == 2 and found["format"] == "WAV PCM_16"
    # A sine of 997 Hz at full scale has -3.01 LUFS in one channel: ITU-R BS.1770-4.
    assert found["loudness_lufs"] == pytest.approx(-3.01 - 6.02, abs=0.05)
    assert found["peak_db"] == pytest.approx(-6.02, abs=0.01)


def test_of_long_recordings_the_middle_is_heard(capsys):
    slow, fast = clicks(100.0, 60.0, 8000), clicks(150.0, 60.0, 8000)
    soundfile.write("a.flac", np.concatenate([slow, fast, slow]), 8000)
    found = described(capsys, "a.flac")
    assert found["seconds"] == 180.0
    assert (found["heard_from_seconds"], found["heard_seconds"]) == (60.0, 60.0)
    assert found["tempo_bpm"] == pytest.approx(150.0, abs=0.5)
    assert main(["describe", "a.flac"]) == 0
    assert re.search(r"listened to +1:00 to 2:00\n", capsys.readouterr().out)


def test_lines_for_people_are_aligned(capsys):
    soundfile.write("a.ogg", clicks(120.0, 6.0), RATE)
    soundfile.write("b.wav", clicks(90.0, 6.0), RATE)
    assert main(["describe", "a.ogg", "b.wav"]) == 0
    first, second = (
        text.splitlines() for text in capsys.readouterr().out.split("\n\n")
    )
    assert (first[0], second[0]) == ("a.ogg", "b.wav")
    assert len({re.match(r"  [a-z ]+?  +", line).end() for line in first[1:]}) == 1
    assert "  length       6.00 s" in first
    assert "  format       OGG VORBIS, 24000 Hz, 1 channel" in first
    assert any(
        re.fullmatch(r"  pulse        0\.\d\d at 90 bpm", line) for line in second
    )


def test_what_is_wrong_is_told_and_the_others_are_described(capsys, folder):
    soundfile.write("good.wav", clicks(120.0, 6.0), RATE)
    soundfile.write("short.wav", clicks(120.0, 1.0), RATE)
    soundfile.write("silent.wav", np.zeros(6 * RATE), RATE)
    soundfile.write("slow.wav", clicks(120.0, 6.0, 4000), 4000)
    (folder / "words.wav").write_text("no sound in here")
    (folder / "empty.wav").touch()
    names = ["short", "good", "silent", "slow", "words", "empty", "missing"]
    assert main(["describe", "--json", *(f"{name}.wav" for name in names), "."]) == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out)["file"] == "good.wav"
    assert captured.err.splitlines() == [
        f"musiclm: error: {words}"
        for words in (
            "short.wav: a pulse needs at least 2.4 s of sound, not 1.0 s",
            "silent.wav is silent: its peak is nothing; at least -60 dB is wanted",
            "slow.wav has 4000 samples a second; at least 8000 are wanted",
            "words.wav is broken or no audio: Format not recognised",
            "empty.wav is empty (0 bytes)",
            "missing.wav cannot be read: No such file or directory",
            ". cannot be read: Is a directory",
        )
    ]


def test_a_middle_without_sound_has_neither_tempo_nor_key(capsys):
    audio = np.zeros(180 * 8000)
    audio[: 6 * 8000] = clicks(120.0, 6.0, 8000)
    soundfile.write("a.flac", audio, 8000)
    found = described(capsys, "a.flac")
    assert (found["tempo_bpm"], found["key"]) == (None, None)
    assert (found["pulse_clarity"], found["key_clarity"]) == (0.0, 0.0)
    assert main(["describe", "a.flac"]) == 0
    assert capsys.readouterr().out.endswith(
        "  pulse        0.00\n  key          0.00\n"
    )


def test_picture(capsys, folder):
    soundfile.write("a.wav", scale("major"), RATE)
    found = described(capsys, "a.wav", "--picture=a.png")
    assert found["picture"] == "a.png"
    with Image.open(folder / "a.png") as image:
        assert image.format == "PNG"
        size = image.size
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "a.wav"]

    before = (folder / "a.png").read_bytes()
    assert main(["describe", "a.wav", "--picture=a.png"]) == 2
    assert "a.png is in the way: choose another --picture" in capsys.readouterr().err
    soundfile.write("b.wav", clicks(120.0, 6.0), RATE)
    assert main(["describe", "b.wav", "--picture=a.png", "--overwrite"]) == 0
    assert "picture      a.png\n" in capsys.readouterr().out
    assert (folder / "a.png").read_bytes() != before
    with Image.open(folder / "a.png") as image:
        assert image.size == size


def test_nothing_is_left_of_a_picture_that_fails(capsys, folder, monkeypatch):
    soundfile.write("a.wav", clicks(120.0, 6.0), RATE)

    def fail(*arguments, **settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    assert main(["describe", "a.wav", "--picture=a.png"]) == 2
    assert capsys.readouterr().err == "musiclm: error: a.png: No space left on device\n"
    monkeypatch.undo()
    assert [path.name for path in folder.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: FILE"),
        (["a.wav", "b.wav", "--picture=a.png"], "of one recording; 2 files are given"),
        (["a.wav", "--picture=a.jpg"], r"'\.jpg'; pictures are written as \.png"),
        (["a.wav", "--picture=a"], "ends in 'no suffix'"),
        (["a.wav", "--picture=no/a.png"], "the folder no does not exist"),
        (["a.wav", "--picture=."], "is a folder"),
        (["a.wav", "--overwrite"], "--overwrite is for --picture"),
    ],
)
def test_wrong_input_is_one_line(capsys, folder, arguments, words):
    assert main(["describe", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert re.search(words, captured.err), captured.err
    assert not list(folder.iterdir())
