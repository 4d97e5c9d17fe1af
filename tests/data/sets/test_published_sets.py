"""Sets with tables of their own, from their files to clips."""

import csv
import json
import pathlib

import numpy as np
import pytest
import soundfile

from musiclm_jax.data.intake.builder import QUARANTINE
from musiclm_jax.data.sets.audio_dataset import AudioDataset, captions_of
from musiclm_jax.data.sets.fma import FmaConfig
from musiclm_jax.data.sets.music_caps import TABLE, MusicCapsConfig
from musiclm_jax.parallel.jobs import Here

RATE = 4000
SETTINGS = {
    **{"clip_seconds": 2.0, "sample_rate": RATE, "min_sample_rate": RATE},
    **{"validation_share": 0.0, "test_share": 0.0},
}


def write_noise(path: pathlib.Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).uniform(-0.3, 0.3, 2 * RATE)
    soundfile.write(path, samples, RATE, format="FLAC")


def built(name, config, data_dir):
    """Returns {split: {file: clip}} and {name left out: kind}."""
    dataset = AudioDataset(name=name, data_dir=str(data_dir), config=config)
    builder = dataset.prepare(runner=Here())
    lines = (pathlib.Path(builder.data_path) / QUARANTINE).read_text().splitlines()
    splits = {
        split: {clip["file"].decode(): clip for clip in dataset.open(split)}
        for split in builder.info.splits
    }
    return splits, {line["name"]: line["kind"] for line in map(json.loads, lines)}


@pytest.mark.parametrize("table", [TABLE, "elsewhere.csv"])
def test_music_caps(tmp_path, table):
    clips = tmp_path / "clips"
    ids = ["-aaaaaaaaaa", "bbbbbbbbbbb", "ccccccccccc"]
    write_noise(clips / f"{ids[0]}.flac", 0)
    write_noise(clips / f"[{ids[1]}]-[0-10].flac", 1)
    path = clips / table if table == TABLE else tmp_path / table
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["ytid", "start_s", "end_s", "aspect_list", "caption", "is_audioset_eval"]
        )
        for index, ytid in enumerate(ids):
            rows.writerow([ytid, 0, 10, "['slow']", f"Tune, {index}.", index == 1])
    config = MusicCapsConfig(
        folder=str(clips), table="" if table == TABLE else str(path), **SETTINGS
    )
    splits, left_out = built("music_caps", config, tmp_path / "data")
    assert {split: list(clips) for split, clips in splits.items()} == {
        "train": [f"{ids[0]}.flac"],
        "test": [f"[{ids[1]}]-[0-10].flac"],
    }
    clip = splits["test"][f"[{ids[1]}]-[0-10].flac"]
    assert captions_of(clip) == ["Tune, 1."] and clip["aspects"] == [b"slow"]
    assert json.loads(clip["fields"])["ytid"] == ids[1]
    assert left_out == {ids[2]: "missing"}


def test_fma(tmp_path):
    for index in (1, 2, 3):
        write_noise(tmp_path / f"fma/fma_small/000/00000{index}.flac", index)
    columns = [("set", "split"), ("set", "subset"), ("track", "genre_top")]
    columns += [("track", "genres_all"), ("track", "tags"), ("track", "title")]
    columns += [("artist", "name")]
    (tmp_path / "fma/fma_metadata").mkdir()
    with (tmp_path / "fma/fma_metadata/tracks.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["", *(group for group, _ in columns)])
        rows.writerow(["", *(name for _, name in columns)])
        rows.writerow(["track_id", *("" for _ in columns)])
        for index, split in enumerate(["training", "validation", "test", "test"], 1):
            rows.writerow(
                [index, split, "small", "Rock", "[]", "['loud']", "Untitled", "A"]
            )
    config = FmaConfig(folder=str(tmp_path / "fma"), subset="small", **SETTINGS)
    splits, left_out = built("fma", config, tmp_path / "data")
    assert {split: list(clips) for split, clips in splits.items()} == {
        "train": ["000/000001.flac"],
        "validation": ["000/000002.flac"],
        "test": ["000/000003.flac"],
    }
    clip = splits["train"]["000/000001.flac"]
    assert captions_of(clip) == ["a rock piece, loud", "rock, loud"]
    assert left_out == {"000/000004.mp3": "missing"}
