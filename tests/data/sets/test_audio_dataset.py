"""A data set as a value: built once, read at random, captions as strings."""

import numpy as np
import pytest

from musiclm_jax.data.sets.audio_dataset import AudioDataset, captions_of


def test_clips_are_read_at_random(tiny_clips):
    clips = tiny_clips.open("train")
    assert len(clips) == 7
    names = [clips[index]["name"].decode() for index in (5, 0, 5)]
    assert names[0] == names[2] != names[1]
    assert clips[0]["audio"].dtype == np.int16


def test_a_built_data_set_is_not_built_again(tiny_clips, monkeypatch):
    builder = type(tiny_clips.builder())
    monkeypatch.setattr(builder, "download_and_prepare", None)
    assert len(tiny_clips.open("validation")) == 4


def test_shards_are_those_of_the_files(tiny_clips):
    assert tiny_clips.shard_lengths("train") == [7]
    assert tiny_clips.full_name() == "tiny_clips/1.0.0"
    with pytest.raises(ValueError, match=r"no clips in split 'test', but: .*train \(7"):
        tiny_clips.shard_lengths("test")


def test_the_name_is_known_before_anything_is_built(tiny_clips, tmp_path):
    dataset = AudioDataset(name="tiny_clips", data_dir=str(tmp_path))
    assert dataset.full_name() == tiny_clips.full_name()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("clip", "captions"),
    [
        ({"captions": [b"sch\xc3\xb6n", "calm"]}, ["schön", "calm"]),
        ({"captions": []}, []),
        ({}, []),
        ({"captions": np.array([b"a"], object)}, ["a"]),
    ],
)
def test_captions_are_strings(clip, captions):
    assert captions_of(clip) == captions


def test_values_compare(tmp_path):
    first, second = (AudioDataset(name="a", data_dir=str(tmp_path)) for _ in range(2))
    assert first == second and hash(first) == hash(second)


def test_a_name_may_bring_its_configuration(tmp_path):
    dataset = AudioDataset(name="synth_music/tiny", data_dir=str(tmp_path))
    assert dataset.builder().info.full_name.startswith("synth_music/tiny/")
    assert not dataset.is_prepared()
