"""Sound in the data sets that TFDS has, read without TensorFlow.

TFDS cannot even describe its feature of sound without TensorFlow. But what lies on disk
are plain numbers, so they are read as a tensor of the same shape and type.
"""

import contextlib
import dataclasses
import functools
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from musiclm_jax.data.records.record_files import Records
from musiclm_jax.files import fingerprints

_AUDIO = "tensorflow_datasets.core.features.audio_feature.Audio"
_TENSOR = "tensorflow_datasets.core.features.tensor_feature.Tensor"
_FULL_SCALE = 2**15
_BLOCK_LENGTH = 2**18


@dataclasses.dataclass(frozen=True)
class ExampleSet:
    """A prepared TFDS data set with one feature of sound.

    Attributes:
        folder: of its version, with features.json.
    """

    folder: Path

    @classmethod
    def find(cls, name: str, data_dir: str) -> "ExampleSet":
        """Finds the newest version of a set.

        Args:
            name: such as "gtzan", or "name/configuration".
            data_dir: where TFDS keeps its sets.

        Raises:
            FileNotFoundError: it is not prepared there.
            ValueError: its sound cannot be read without TensorFlow.
        """
        root = Path(data_dir).expanduser() / name
        versions = [
            path.parent
            for path in root.glob("*/features.json")
            if tfds.core.Version.is_valid(path.parent.name)
        ]
        if not versions:
            raise FileNotFoundError(
                f"there is no prepared data set {name} in {data_dir}; TFDS makes it "
                f"where TensorFlow is: tfds build {name} --data_dir={data_dir} "
                "--file_format=array_record"
            )
        found = cls(max(versions, key=lambda path: tfds.core.Version(path.name)))
        found.check()
        return found

    def check(self) -> None:
        """Checks that its sound can be read.

        Raises:
            ValueError: it cannot.
        """
        kind = self._info["fileFormat"]
        if kind != "array_record":
            raise ValueError(
                f"{self.folder} is kept as {kind}, which only TensorFlow reads; where "
                "it is: tfds convert_format --out_file_format=array_record "
                f"--root_data_dir={self.folder}"
            )
        sounds = list(self._sounds)
        if len(sounds) != 1:
            raise ValueError(
                f"{self.folder} has {len(sounds)} features of sound "
                f"({', '.join(self._json)}); one is needed"
            )
        (sound,) = self._sounds.values()
        if sound.get("lazyDecode"):
            raise ValueError(
                f"{self.folder} keeps its sound encoded, and TFDS needs TensorFlow to "
                "decode it"
            )
        if not int(sound.get("sampleRate", 0)):
            raise ValueError(f"{self.folder} does not say what its sample rate is")

    @property
    def splits(self) -> dict[str, int]:
        """Split -> number of its examples."""
        return {
            split["name"]: sum(map(int, split["shardLengths"]))
            for split in self._info["splits"]
        }

    @property
    def sample_rate(self) -> int:
        """Of the sound, in Hz."""
        (sound,) = self._sounds.values()
        return int(sound["sampleRate"])

    def examples(self, split: str) -> Sequence[bytes]:
        """Returns random access to the serialised examples of a split."""
        return Records(self.files(split))

    def files(self, split: str) -> list[Path]:
        """Returns the files of a split, in their order."""
        return sorted(self.folder.glob(f"*-{split}.array_record-*-of-*"))

    def audio(self, example: bytes) -> np.ndarray:
        """Returns the sound of an example, [sample, channel] float32.

        Raises:
            ValueError: integers that are no samples of 16 bits.
        """
        (name,) = self._sounds
        audio = np.asarray(self._features.deserialize_example_np(example)[name])
        if np.issubdtype(audio.dtype, np.integer):
            loudest = int(np.abs(audio).max(initial=0))
            if loudest > _FULL_SCALE:
                raise ValueError(f"samples up to {loudest} are not of 16 bits")
            audio = audio / np.float32(_FULL_SCALE)
        return audio.astype(np.float32).reshape(len(audio), -1)

    def others(self, example: bytes) -> dict[str, Any]:
        """Returns the other features of an example, for JSON."""
        features = self._features.deserialize_example_np(example)
        return {
            name: self._plain(name, value)
            for name, value in features.items()
            if name not in self._sounds
        }

    def _plain(self, name: str, value: Any) -> Any:
        feature = self._features[name]
        if isinstance(feature, tfds.features.ClassLabel):
            return feature.int2str(int(value)) if value >= 0 else None
        value = value.tolist() if hasattr(value, "tolist") else value
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

    @functools.cached_property
    def _info(self) -> dict[str, Any]:
        return json.loads((self.folder / "dataset_info.json").read_text("utf-8"))

    @functools.cached_property
    def _json(self) -> dict[str, Any]:
        text = (self.folder / "features.json").read_text("utf-8")
        return json.loads(text)["featuresDict"]["features"]

    @functools.cached_property
    def _sounds(self) -> dict[str, Any]:
        return {
            name: feature["audio"]
            for name, feature in self._json.items()
            if feature["pythonClassName"] == _AUDIO
        }

    @functools.cached_property
    def _features(self) -> tfds.features.FeaturesDict:
        as_tensors = {
            name: {
                "pythonClassName": _TENSOR,
                "tensor": {
                    "shape": self._sounds[name]["shape"],
                    "dtype": self._sounds[name]["dtype"],
                    "encoding": self._sounds[name].get("encoding", "NONE").lower(),
                },
            }
            for name in self._sounds
        }
        content = {"features": self._json | as_tensors}
        name = "tensorflow_datasets.core.features.features_dict.FeaturesDict"
        features = tfds.features.FeaturesDict.from_json(
            {"pythonClassName": name, "featuresDict": content}
        )
        features.load_metadata(str(self.folder))
        return features


@dataclasses.dataclass(frozen=True)
class ExampleSound:
    """The sound of one example.

    Attributes:
        examples: the set.
        split: of it.
        index: in the split.
    """

    examples: ExampleSet
    split: str
    index: int

    def stamp(self) -> list[int | str]:
        """Returns those of the files of its split, and its place among them."""
        return [*_stamps(self.examples, self.split), self.index]

    def digest(self) -> str:
        """Returns a hash of the samples, in hexadecimal."""
        return hashlib.sha256(self._audio().tobytes()).hexdigest()

    @contextlib.contextmanager
    def open(self) -> Iterator["OpenExample"]:
        """Reads it.

        Raises:
            ValueError: it is no sound of 16 bits.
        """
        yield OpenExample(self._audio(), self.examples.sample_rate)

    def _audio(self) -> np.ndarray:
        example = _open(self.examples, self.split)[self.index]
        return self.examples.audio(example)


class OpenExample:
    """The sound of one example, in memory as TFDS keeps it.

    Attributes:
        format: "TFDS".
        sample_rate: in Hz.
        num_channels: of each block.
    """

    format = "TFDS"

    def __init__(self, audio: np.ndarray, sample_rate: int):
        """Holds [sample, channel]."""
        self._audio, self.sample_rate = audio, sample_rate
        self.num_channels = audio.shape[1]

    def blocks(self) -> Iterator[np.ndarray]:
        """Yields [sample, channel] float32."""
        for start in range(0, len(self._audio), _BLOCK_LENGTH):
            yield self._audio[start : start + _BLOCK_LENGTH]


@functools.lru_cache(maxsize=4)
def _stamps(examples: ExampleSet, split: str) -> list[int | str]:
    return [each for path in examples.files(split) for each in fingerprints.stamp(path)]


@functools.lru_cache(maxsize=4)
def _open(examples: ExampleSet, split: str) -> Sequence[bytes]:
    return examples.examples(split)
