"""A folder of files: clips, captions, splits, and account of what is left out."""

import json
import pathlib
import re

import numpy as np
import pytest
import soundfile

from musiclm_jax.data.feeding.pipelines import AudioBatches
from musiclm_jax.data.intake.builder import QUARANTINE
from musiclm_jax.data.records.pieces import PIECE_SECONDS
from musiclm_jax.data.sets.audio_dataset import AudioDataset, captions_of
from musiclm_jax.data.sets.audio_folder import AudioFolderConfig
from musiclm_jax.parallel.jobs import Here

RATE = 4000


def write_noise(path: pathlib.Path, seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    samples = rng.integers(-9000, 9000, round(seconds * RATE)).astype(np.int16)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE)
    return samples


def config_of(folder: pathlib.Path, **changes) -> AudioFolderConfig:
    settings = {"clip_seconds": 2.0, "sample_rate": RATE, "min_seconds": 0.5}
    settings |= {"min_sample_rate": RATE}
    settings |= {"validation_share": 0.0, "test_share": 0.0}
    return AudioFolderConfig(folder=str(folder), **(settings | changes))


def build(folder: pathlib.Path, data_dir: pathlib.Path, **changes):
    """Builds the data set; returns {split: {name: clip}} and the quarantine."""
    dataset = AudioDataset(
        name="audio_folder",
        data_dir=str(data_dir),
        config=config_of(folder, **changes),
    )
    builder = dataset.prepare(runner=Here())
    quarantine = pathlib.Path(builder.data_path) / QUARANTINE
    lines = [json.loads(line) for line in quarantine.read_text().splitlines()]
    splits = {
        split: {clip["name"].decode(): clip for clip in dataset.open(split)}
        for split in builder.info.splits
    }
    rejected = {}
    for line in lines:
        start = f"@{line['start_seconds']:.2f}" if "start_seconds" in line else ""
        rejected[line["name"] + start] = line["reason"]
    return splits, rejected


def test_files_become_clips(tmp_path):
    music = tmp_path / "music"
    long = write_noise(music / "long.wav", 5.0)
    exact = write_noise(music / "deep" / "er" / "exact.FLAC", 2.0, seed=1)
    short = write_noise(music / "short.wav", 1.0, seed=2)
    rest = write_noise(music / "rest.wav", 4.1, seed=3)
    (music / "cover.jpg").write_bytes(b"no sound")
    splits, rejected = build(music, tmp_path / "data")
    assert not rejected and list(splits) == ["train"]
    audio = {name: clip["audio"] for name, clip in splits["train"].items()}
    expected = {
        "long.wav@0.00": long[: 2 * RATE],
        "long.wav@2.00": long[2 * RATE : 4 * RATE],
        "long.wav@3.00": long[3 * RATE :],  # ends where the file ends
        "deep/er/exact.FLAC@0.00": exact,
        "short.wav@0.00": short,
        "rest.wav@0.00": rest[: 2 * RATE],  # a rest too short for a clip
        "rest.wav@2.00": rest[2 * RATE : 4 * RATE],
    }
    assert audio.keys() == expected.keys()
    for name, samples in expected.items():
        np.testing.assert_array_equal(audio[name], samples)
    clip = splits["train"]["long.wav@3.00"]
    assert clip["start_seconds"] == 3.0 and clip["file"] == b"long.wav"
    assert captions_of(clip) == []


def test_captions_come_from_every_place(tmp_path):
    music = tmp_path / "music"
    for index, name in enumerate(["a.wav", "b.wav", "sub/c.wav", "d.wav"]):
        write_noise(music / name, 2.0, seed=index)
    (music / "a.txt").write_text("calm piano\n\n  slow, sad tune \n")
    (music / "b.json").write_text(
        json.dumps({"captions": ["fünf"], "aspect_list": ["rock"], "year": 1971})
    )
    (music / "sub/c.json").write_text('{"caption": "one"}')
    (music / "all.csv").write_text(
        'file,caption,mood\nsub/c.wav,"two, three",sad\nsub/c.wav,four\n'
        "a.wav,calm piano\ngone.wav,nothing\n"
    )
    splits, rejected = build(music, tmp_path / "data")
    clips = splits["train"]
    assert captions_of(clips["a.wav@0.00"]) == ["calm piano", "slow, sad tune"]
    assert captions_of(clips["b.wav@0.00"]) == ["fünf"]
    assert clips["b.wav@0.00"]["aspects"] == [b"rock"]
    assert json.loads(clips["b.wav@0.00"]["fields"]) == {"year": 1971}
    assert captions_of(clips["sub/c.wav@0.00"]) == ["two, three", "four", "one"]
    assert json.loads(clips["sub/c.wav@0.00"]["fields"]) == {"mood": "sad"}
    assert captions_of(clips["d.wav@0.00"]) == []
    assert list(rejected) == ["gone.wav"]


def test_bad_files_are_listed_with_the_reason(tmp_path):
    music = tmp_path / "music"
    write_noise(music / "good.wav", 2.0)
    write_noise(music / "short.wav", 0.1)
    write_noise(music / "notes.wav", 2.0)
    (music / "notes.json").write_text("{broken")
    (music / "empty.mp3").touch()
    (music / "text.ogg").write_text("words, words, words")
    soundfile.write(music / "silent.wav", np.zeros(2 * RATE), RATE)
    half = np.random.default_rng(0).uniform(-0.1, 0.1, 4 * RATE)
    half[: 2 * RATE] = 0.0
    soundfile.write(music / "half.wav", half, RATE)
    splits, rejected = build(music, tmp_path / "data")
    assert splits["train"].keys() == {"good.wav@0.00", "half.wav@2.00"}
    for name, reason in {
        "short.wav": "lasts 0.10 s; at least 0.5 s is wanted",
        "notes.wav": "notes.json is not JSON",
        "empty.mp3": "0 bytes",
        "text.ogg": "broken or no audio",
        "silent.wav": "is silent: its peak is",
        "half.wav@0.00": "this clip of it is silent",
    }.items():
        assert reason in rejected.pop(name)
    assert not rejected


def test_an_error_if_nothing_is_left(tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    with pytest.raises(
        ValueError, match=r"there are no audio files in .*music; looked"
    ):
        build(music, tmp_path / "data")
    (music / "a.wav").touch()
    with pytest.raises(ValueError, match=r"none of the 1 recordings .*\(0 bytes"):
        build(music, tmp_path / "data")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        config_of(tmp_path / "nowhere")


def test_copies_are_left_out(tmp_path):
    music = tmp_path / "music"
    for index in range(3):
        write_noise(music / f"{index}.wav", 0.6, seed=index)
        write_noise(music / "copies" / f"{index}.wav", 0.6, seed=index)
    splits, rejected = build(music, tmp_path / "data")
    assert splits["train"].keys() == {f"{index}.wav@0.00" for index in range(3)}
    assert rejected.keys() == {f"copies/{index}.wav" for index in range(3)}


def test_the_name_changes_with_the_content(tmp_path):
    music = tmp_path / "my music"
    write_noise(music / "a.wav", 1.0)
    name = config_of(music).name
    assert name.startswith("my_music-") and name == config_of(music).name
    assert name != config_of(music, clip_seconds=3.0).name
    (music / "a.txt").write_text("a caption")
    assert name != config_of(music).name
    assert config_of(music, name="mine").name == "mine"


def test_a_built_folder_opens_by_name(tmp_path):
    music = tmp_path / "music"
    write_noise(music / "a.wav", 2.0)
    build(music, tmp_path / "data", name="mine")
    dataset = AudioDataset(
        name="audio_folder", data_dir=str(tmp_path / "data"), config="mine"
    )
    assert len(dataset.open("train")) == 1
    batches = AudioBatches(
        dataset=dataset,
        batch_size=2,
        crop_seconds=1.0,
        sample_rate=RATE,
        seed=0,
        num_eval_batches=1,
    )
    assert next(batches.train_iterator())["audio"].shape == (2, RATE)


@pytest.mark.parametrize("size", ["paper", "small", "tiny"])
def test_clips_and_pieces_that_nobody_chose_leave_room_for_every_crop(size):
    folder = pathlib.Path(__file__).parents[3] / "configs" / "sizes"
    text = (folder / f"{size}.gin").read_text()
    crops = re.findall(r"^\w+_SECONDS = ([\d.]+)$", text, re.MULTILINE)
    longest = max(map(float, crops))
    assert len(crops) >= 5
    assert AudioFolderConfig.clip_seconds >= 2 * longest
    # A record holds such a clip whole.
    assert AudioFolderConfig.clip_seconds <= PIECE_SECONDS


def test_settings_that_cannot_be(tmp_path):
    with pytest.raises(ValueError, match="must leave recordings to train on"):
        config_of(tmp_path, validation_share=0.6, test_share=0.5)
    with pytest.raises(ValueError, match="at least as long as the shortest"):
        config_of(tmp_path, clip_seconds=0.1)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("file,caption\n")
    write_noise(tmp_path / "a.wav", 1.0)
    with pytest.raises(ValueError, match=r"several tables \(a\.csv, b\.csv\)"):
        build(tmp_path, tmp_path / "data")
    with pytest.raises(ValueError, match="audio_folder needs a configuration"):
        AudioDataset(name="audio_folder", data_dir=str(tmp_path)).prepare()
