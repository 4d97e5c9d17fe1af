import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("tensorflow_datasets")

from musiclm_jax.data.sets.synth_music import SynthMusic, SynthMusicConfig
from musiclm_jax.data.synth.corpus import Corpus

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
        for field in ("style", "tempo_class", "lead", "lead_family", "key"):
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
