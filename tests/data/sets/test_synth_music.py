import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow_datasets")

from musiclm_jax.cli import main
from musiclm_jax.data.sets import synth_music
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.data.sets.synth_music import ShardJob, SynthMusic, SynthMusicConfig
from musiclm_jax.data.synth.corpus import Corpus
from musiclm_jax.parallel.jobs import Here

CORPUS = Corpus(num_clips=6, clip_seconds=1.0, seed=0)


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    builder = SynthMusic(
        data_dir=tmp_path_factory.mktemp("tfds"),
        config=SynthMusicConfig(corpus=CORPUS, num_workers=1),
    )
    builder.download_and_prepare()
    return builder


def test_what_is_read_is_what_was_made(builder):
    seen = {}
    for split, indices in CORPUS.splits().items():
        source = builder.as_data_source(split)
        assert len(source) == len(indices)
        for position in range(len(source)):
            example = source[position]
            seen[example["name"].decode()] = example
    assert len(seen) == CORPUS.num_clips
    for index in range(CORPUS.num_clips):
        made = CORPUS.example(index)
        read = seen[made["name"]]
        assert set(read) == set(made)
        assert read["audio"].dtype == np.int16
        np.testing.assert_array_equal(read["audio"], made["audio"])
        for field in ("captions", "aspects"):
            assert [text.decode() for text in read[field]] == made[field]
        for field in ("style", "tempo_class", "lead", "lead_family", "key", "drum_kit"):
            assert read[field].decode() == made[field]
        for field in ("tempo_bpm", "has_drums", "melody_id", "beats_per_bar"):
            assert read[field] == made[field]


def test_another_corpus_lies_elsewhere(builder, tmp_path):
    other = Corpus(num_clips=6, clip_seconds=1.0, seed=1)
    config = SynthMusicConfig(corpus=other)
    assert SynthMusic(data_dir=tmp_path, config=config).data_path.name != ""
    assert config.name != builder.builder_config.name


def test_tiny_is_the_default(tmp_path):
    assert SynthMusic(data_dir=tmp_path).builder_config.name == "tiny"


def test_no_tensorflow_is_loaded():
    module = "musiclm_jax.data.sets.synth_music"
    code = f"import sys, {module}; print('tensorflow' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stdout.strip() == "False", ran.stderr


def dataset(folder, corpus=CORPUS, name="mine"):
    config = SynthMusicConfig(name=name, corpus=corpus)
    return AudioDataset(name="synth_music", data_dir=str(folder), config=config)


def sounds(music, split="train"):
    return {clip["name"]: clip["audio"].tobytes() for clip in music.open(split)}


def test_another_soundfont_is_another_corpus(soundfont, tmp_path):
    played = dataclasses.replace(CORPUS, soundfont=soundfont)
    assert played.name != CORPUS.name
    dataset(tmp_path).prepare(runner=Here())
    with pytest.raises(ValueError, match="or played by another SoundFont; give anoth"):
        dataset(tmp_path, played).prepare(runner=Here())
    dataset(tmp_path).prepare(runner=Here())  # it is what it was
    dataset(tmp_path, played, "other").prepare(runner=Here())
    one = sounds(dataset(tmp_path))
    other = sounds(dataset(tmp_path, played, "other"))
    assert one.keys() == other.keys() and one != other
    # The name alone opens it, and nobody asks for the SoundFont again.
    by_name = AudioDataset(name="synth_music/other", data_dir=str(tmp_path))
    assert sounds(by_name) == other


def test_it_goes_on_where_it_stopped_but_not_with_another(tmp_path, monkeypatch):
    monkeypatch.setattr(synth_music, "_SHARD_CLIPS", 1)
    made = []

    def make(self):
        if len(made) == 3:
            raise OSError(28, "No space left on device")
        made.append(self.output.name)
        real(self)

    real = ShardJob.run
    monkeypatch.setattr(ShardJob, "run", make)
    with pytest.raises(OSError, match="No space"):
        dataset(tmp_path).prepare(runner=Here())
    with pytest.raises(ValueError, match="holds parts of another corpus, or played by"):
        other = dataclasses.replace(CORPUS, seed=9)
        dataset(tmp_path, other).prepare(runner=Here())
    monkeypatch.setattr(ShardJob, "run", real)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("*record")}
    assert len(before) == 3
    builder = dataset(tmp_path).prepare(runner=Here())
    after = {
        path.stat().st_mtime_ns for path in Path(builder.data_dir).glob("*record*")
    }
    assert len(after) == 6 and set(before.values()) <= after
    assert not list(tmp_path.rglob("*.partial"))
    counts = {split: info.num_examples for split, info in builder.info.splits.items()}
    assert counts == {"train": 2, "validation": 2, "test": 2}


def test_shards_are_the_same_wherever_they_are_made(tmp_path):
    jobs = [
        ShardJob(output=tmp_path / name, corpus=CORPUS, indices=(4, 2))
        for name in ("one", "other")
    ]
    for job in jobs:
        job.run()
    assert jobs[0].output.read_bytes() == jobs[1].output.read_bytes()


@pytest.mark.parametrize("what", ["missing", "no SoundFont"])
def test_the_command_line_says_what_is_wrong_in_a_sentence(tmp_path, capsys, what):
    path = tmp_path / "piano.sf2"
    if what != "missing":
        path.write_text("RIFF, but not for long")
    pytest.importorskip("tinysoundfont")
    status = main.main(
        [
            "data", "prepare", "--gin_file=runs/prepare.gin",
            "--gin_file=shared/synth_music.gin", f"--gin.SOUNDFONT='{path}'",
            "--gin.NUM_CLIPS=6", f"--gin.DATA_DIR='{tmp_path}'",
        ]
    )  # fmt: skip
    said = capsys.readouterr().err.strip().splitlines()
    assert status == 2
    assert len([line for line in said if line.startswith("musiclm: error:")]) == 1
    assert "piano.sf2" in said[-1]
    assert ("No such file" in said[-1]) == (what == "missing")
