"""Sets of TFDS whose sound is read without TensorFlow, or refused with a sentence."""

import json
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds

from musiclm_jax.data.intake.tfds_examples import ExampleSet, ExampleSound
from musiclm_jax.data.sets.tfds_clips import TfdsClipsConfig

RATE = 22050
AUDIO = "tensorflow_datasets.core.features.audio_feature.Audio"


class Genres(tfds.core.GeneratorBasedBuilder):
    """Integers of 16 bits in 64, as TFDS keeps what it reads from WAV files."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(
                {
                    "audio": tfds.features.Tensor(shape=(None,), dtype=np.int64),
                    "label": tfds.features.ClassLabel(names=["blues", "rock"]),
                    "audio/filename": tfds.features.Text(),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(3)}

    def _generate_examples(self, count):
        for index in range(count):
            scale = 10 * index
            yield (
                index,
                {
                    "audio": np.arange(-500, 500) * scale,
                    "label": index % 2,
                    "audio/filename": f"{index}.wav",
                },
            )


def change(folder, name, edit):
    path = folder / name
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def declare_sound(content, **more):
    # What TFDS writes of its Audio feature, which needs TensorFlow to be made.
    features = content["featuresDict"]["features"]
    sound = {"dtype": "int64", "encoding": "NONE", "fileFormat": "wav"}
    sound |= {"sampleRate": str(RATE), "shape": {"dimensions": ["-1"]}} | more
    features["audio"] = {"audio": sound, "pythonClassName": AUDIO}


@pytest.fixture
def genres(tmp_path):
    builder = Genres(data_dir=tmp_path, file_format="array_record")
    builder.download_and_prepare(file_format="array_record")
    change(tmp_path / "genres/1.0.0", "features.json", declare_sound)
    return tmp_path


def test_examples_are_recordings(genres):
    config = TfdsClipsConfig(
        tfds_name="genres", source_dir=str(genres), clip_seconds=1.0
    )
    assert config.name.startswith("genres-")
    source = config.source()
    assert [r.name for r in source.recordings] == [f"train/{i:08d}" for i in range(3)]
    assert not source.left_out
    found = sorted(source.recordings, key=lambda r: r.notes.fields["audio/filename"])
    assert [r.notes.aspects for r in found] == [("blues",), ("rock",), ("blues",)]
    # A single split is dealt out by content.
    assert {r.split for r in found} == {None}
    with found[1].sound.open() as sound:
        assert (sound.sample_rate, sound.num_channels) == (RATE, 1)
        (block,) = sound.blocks()
    expected = np.arange(-500, 500, dtype=np.float32)[:, None] * 10 / 2**15
    np.testing.assert_array_equal(block, expected)
    digests = {r.sound.digest() for r in found}
    assert len(digests) == 3
    assert "tensorflow" not in sys.modules


def test_splits_of_the_set_stay(genres):
    def add_split(content):
        content["splits"].append({**content["splits"][0], "name": "test"})
        content["splits"][1]["shardLengths"] = []

    change(genres / "genres/1.0.0", "dataset_info.json", add_split)
    examples = ExampleSet.find("genres", str(genres))
    assert examples.splits == {"train": 3, "test": 0}


def test_more_than_16_bits_are_refused(genres):
    examples = ExampleSet.find("genres", str(genres))
    record = examples.examples("train")[0]
    features = examples._features
    loud = features.deserialize_example_np(record) | {"audio": np.array([2**20])}
    serialized = features.serialize_example(features.encode_example(loud))
    with pytest.raises(ValueError, match="samples up to 1048576 are not of 16 bits"):
        examples.audio(serialized)


def test_what_cannot_be_read_is_told(genres):
    with pytest.raises(FileNotFoundError, match="there is no prepared data set gtzan"):
        ExampleSet.find("gtzan", str(genres))
    folder = genres / "genres/1.0.0"
    change(folder, "features.json", lambda c: declare_sound(c, sampleRate="0"))
    with pytest.raises(ValueError, match="does not say what its sample rate is"):
        ExampleSet.find("genres", str(genres))
    change(folder, "features.json", lambda c: declare_sound(c, lazyDecode=True))
    with pytest.raises(ValueError, match="keeps its sound encoded"):
        ExampleSet.find("genres", str(genres))
    change(
        folder, "features.json", lambda c: c["featuresDict"]["features"].pop("audio")
    )
    with pytest.raises(ValueError, match=r"has 0 features of sound \(audio"):
        ExampleSet.find("genres", str(genres))
    change(folder, "dataset_info.json", lambda c: c.update(fileFormat="tfrecord"))
    with pytest.raises(ValueError, match="kept as tfrecord, which only TensorFlow"):
        ExampleSet.find("genres", str(genres))


def test_a_sound_of_many_channels(genres):
    shape = {"dimensions": ["-1", "2"]}
    change(
        genres / "genres/1.0.0",
        "features.json",
        lambda c: declare_sound(c, shape=shape),
    )
    sound = ExampleSound(ExampleSet.find("genres", str(genres)), "train", 0)
    with sound.open() as opened:
        assert opened.num_channels == 2
        assert sum(len(block) for block in opened.blocks()) == 500
