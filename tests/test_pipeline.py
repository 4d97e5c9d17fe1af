"""The whole chain through the command line, at sizes that learn nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from musiclm_jax import MusicLM
from musiclm_jax.cli import main

MICRO = Path(__file__).parent / "micro.gin"
CORPUS = """
from __gin__ import dynamic_registration
from musiclm_jax.data import synth_music
from musiclm_jax.data.synth import corpus

DATASET_CONFIG = @synth_music.SynthMusicConfig()
synth_music.SynthMusicConfig.corpus = @corpus.Corpus()
synth_music.SynthMusicConfig.num_workers = 1
corpus.Corpus.num_clips = 16
corpus.Corpus.clip_seconds = 10.0
corpus.Corpus.seed = 0
corpus.Corpus.validation_share = 0.25
corpus.Corpus.test_share = 0.25
"""


class Chain:
    """Runs the steps of launch/train_tiny.sh in one folder."""

    def __init__(self, folder):
        self.folder, self.bundle = folder, folder / "bundle"
        (folder / "corpus.gin").write_text(CORPUS)

    def run(self, *arguments):
        """Runs one command, which must succeed."""
        assert main.main([str(a) for a in arguments]) == 0

    def train(self, name, **macros):
        """Trains one part and exports it."""
        run = self.folder / "runs" / name
        on_sound = "TOKENS" not in macros
        self.run(
            "train",
            f"--gin_file=runs/{name}.gin",
            f"--gin_file={MICRO}",
            *([f"--gin_file={self.folder / 'corpus.gin'}"] if on_sound else []),
            f"--model_dir={run}",
            *(f"--gin.{key}={str(value)!r}" for key, value in macros.items()),
        )
        self.run(
            "export",
            f"--run={run}",
            f"--output={self.bundle}",
            *([f"--vocabulary={macros['VOCABULARY']}"] if name == "mulan" else []),
        )


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    chain = Chain(tmp_path_factory.mktemp("chain"))
    data = {"DATA_DIR": chain.folder / "data"}
    pairs = {**data, "VOCABULARY": chain.folder / "vocabulary.json"}
    bundle = {"BUNDLE": chain.bundle}
    chain.train("codec", **data)
    chain.train("semantic", **data)
    chain.train("centroids", **data, **bundle)
    chain.train("mulan", **pairs)
    chain.train("mulan_rvq", **pairs, **bundle)
    tokens = chain.folder / "tokens"
    chain.run(
        "tokenize",
        "--gin_file=runs/tokenize.gin",
        f"--gin_file={chain.folder / 'corpus.gin'}",
        f"--gin.DATA_DIR={str(data['DATA_DIR'])!r}",
        f"--bundle={chain.bundle}",
        f"--output={tokens}",
    )
    for stage in ("semantic_stage", "coarse_stage", "fine_stage"):
        chain.train(stage, TOKENS=tokens, **bundle)
    return chain


@pytest.mark.slow
def test_a_prompt_becomes_a_file_of_the_asked_length(chain, tmp_path, capsys):
    output = tmp_path / "out.wav"
    chain.run(
        *("generate", "calm piano", "--seconds=2.5", "--json"),
        *(f"--model={chain.bundle}", f"--output={output}"),
    )
    audio, rate = soundfile.read(output)
    assert (len(audio), rate) == (60_000, 24_000)
    assert json.loads(capsys.readouterr().out)["files"] == [str(output)]


@pytest.mark.slow
def test_seed_prompt_and_number_decide(chain):
    model = MusicLM.load(chain.bundle)

    def make(prompt="calm piano", **settings):
        return model.generate(prompt, seconds=1.2, **settings)

    first = make(seed=3)
    np.testing.assert_array_equal(first, make(seed=3))
    assert (first != make(seed=4)).any()
    assert (first != make("a loud rock band", seed=3)).any()
    # The first of several pieces is the one that comes alone.
    np.testing.assert_allclose(make(seed=3, num=2)[:1], first, atol=1e-5)


@pytest.mark.slow
def test_a_bundle_cut_short_is_refused_in_one_line(chain, tmp_path, capsys):
    """Every stage of the chain was trained on the tokens of one set of tokenizers."""
    manifest = json.loads((chain.bundle / "bundle.json").read_text())
    assert set(manifest["parts"]) == {
        *("codec", "semantic", "mulan"),
        *("semantic_stage", "coarse_stage", "fine_stage"),
    }
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in chain.bundle.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    part = next(broken.glob("codec*.safetensors"))
    part.write_bytes(part.read_bytes()[:-7])
    arguments = ["generate", "calm piano", "--model", str(broken)]
    assert main.main([*arguments, "--output", str(tmp_path / "x.wav")]) == 2
    message = capsys.readouterr().err
    assert part.name in message and message.count("\n") == 1
    assert not (tmp_path / "x.wav").exists()
