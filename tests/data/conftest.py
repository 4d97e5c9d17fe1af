"""A tiny data set of clips, built by TFDS as the real ones are; a SoundFont."""

import importlib.util
from pathlib import Path
from types import ModuleType

import jax
import numpy as np
import pytest
import tensorflow_datasets as tfds

from musiclm_jax.data.records.clip_features import clip_features
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.data.synth.players import sampled

NUM_CLIPS = {"train": 7, "validation": 4}
CLIP_LENGTH = 4000


class TinyClips(tfds.core.GeneratorBasedBuilder):
    """Ramps: the value of a sample tells its clip and its position."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(builder=self, features=clip_features())

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(n) for split, n in NUM_CLIPS.items()}

    def _generate_examples(self, num_clips):
        for clip in range(num_clips):
            name = f"clip {clip}"
            # The last clip has no caption, the first one is short.
            captions = [f"slow tune {clip}", f"piano number {clip}"]
            yield (
                name,
                {
                    "name": name,
                    "audio": np.arange(CLIP_LENGTH if clip else 100, dtype=np.int16)
                    + np.int16(clip * CLIP_LENGTH),
                    "captions": captions if clip < num_clips - 1 else [],
                    "aspects": [],
                },
            )


@pytest.fixture(scope="session")
def tiny_clips(tmp_path_factory) -> AudioDataset:
    dataset = AudioDataset(
        name="tiny_clips", data_dir=str(tmp_path_factory.mktemp("tfds"))
    )
    dataset.prepare()
    return dataset


@pytest.fixture
def processes(monkeypatch):
    """Pretends to be one process of several."""

    def become(index: int, count: int):
        monkeypatch.setattr(jax, "process_index", lambda: index)
        monkeypatch.setattr(jax, "process_count", lambda: count)

    return become


@pytest.fixture(scope="session")
def soundfont_file() -> ModuleType:
    """The writer of SoundFonts, `soundfont_file.py` beside this file."""
    path = Path(__file__).with_name("soundfont_file.py")
    spec = importlib.util.spec_from_file_location("soundfont_file", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def soundfont(soundfont_file, tmp_path_factory) -> str:
    """A SoundFont that has all that may be asked of one: each sounds as a sine."""
    pytest.importorskip("tinysoundfont")
    path = tmp_path_factory.mktemp("soundfont") / "sine.sf2"
    kits = {number for numbers in sampled.KITS.values() for number in numbers}
    soundfont_file.write(path, range(128), sorted(kits))
    return str(path)
