"""The whole chain through the command line, at sizes that learn nothing."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
import soundfile

from musiclm_jax import MusicLM
from musiclm_jax.bundle.melody_tokenizer import MelodyTokenizer
from musiclm_jax.cli import main
from musiclm_jax.generation import spans, takes
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.score import Score
from musiclm_jax.lm.sampling_config import SamplingConfig
from musiclm_jax.signal.peaks import limit_peaks

MICRO = Path(__file__).parents[1] / "micro.gin"
# As tiny.gin has them.
MULAN_LEVELS = 6
CORPUS = """
from __gin__ import dynamic_registration
from musiclm_jax.data.sets import synth_music
from musiclm_jax.data.synth import corpus

DATASET_CONFIG = @synth_music.SynthMusicConfig()
synth_music.SynthMusicConfig.corpus = @corpus.Corpus()
synth_music.SynthMusicConfig.num_workers = 1
corpus.Corpus.num_clips = 40
corpus.Corpus.clip_seconds = 10.0
corpus.Corpus.seed = 0
corpus.Corpus.validation_share = 0.25
corpus.Corpus.test_share = 0.25
"""


# One process for all commands, on one device, as on a laptop.
RUN = """
import json, sys
from musiclm_jax.cli import main
for arguments in json.loads(sys.argv[1]):
    if main.main(arguments):
        sys.exit(f"failed: {arguments}")
"""


def run(commands):
    """Runs commands of the command line, which must all succeed."""
    environment = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(commands)],
        env={**environment, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def train_and_export(folder, name, *files, **macros):
    """The two commands that make one part of the bundle."""
    # The stages as deep ones are trained: with scanned layers.
    is_stage = "TOKENS" in macros
    given = (
        "--gin.SCAN_LAYERS=True" if is_stage else f"--gin_file={folder / 'corpus.gin'}"
    )
    vocabulary = [f"--vocabulary={macros['VOCABULARY']}"] if name == "mulan" else []
    export = ["export", f"--run={folder / name}", f"--output={folder / 'bundle'}"]
    return [
        [
            *("train", f"--gin_file=runs/{name}.gin", f"--gin_file={MICRO}", given),
            *(f"--gin_file={file}" for file in files),
            f"--model_dir={folder / name}",
            *(f"--gin.{key}={str(value)!r}" for key, value in macros.items()),
        ],
        [*export, *vocabulary],
    ]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A model made by the steps of launch/train_tiny.sh."""
    folder = tmp_path_factory.mktemp("chain")
    (folder / "corpus.gin").write_text(CORPUS)
    data = {"DATA_DIR": folder / "data"}
    pairs = {**data, "VOCABULARY": folder / "vocabulary.json"}
    frozen = {"BUNDLE": folder / "bundle"}
    tokens = {"TOKENS": folder / "tokens"}
    tokenize = [
        *("tokenize", "--gin_file=runs/tokenize.gin"),
        f"--gin_file={folder / 'corpus.gin'}",
        f"--gin.DATA_DIR={str(folder / 'data')!r}",
        f"--bundle={folder / 'bundle'}",
        f"--output={folder / 'tokens'}",
    ]
    run(
        [
            *train_and_export(folder, "codec", **data),
            *train_and_export(folder, "semantic", **data),
            *train_and_export(folder, "centroids", **data, **frozen),
            *train_and_export(folder, "mulan", **pairs),
            *train_and_export(folder, "mulan_rvq", **data, **frozen),
            *train_and_export(folder, "melody"),
            *train_and_export(folder, "melody_rvq", **data, **frozen),
            tokenize,
            *train_and_export(
                folder, "semantic_stage", "shared/melody.gin", **tokens, **frozen
            ),
            *train_and_export(folder, "coarse_stage", **tokens, **frozen),
            *train_and_export(folder, "fine_stage", **tokens, **frozen),
        ]
    )
    return folder / "bundle"


@pytest.mark.slow
def test_a_prompt_becomes_a_file_of_the_asked_length(bundle, tmp_path, capsys):
    output = tmp_path / "out.wav"
    arguments = ["generate", "calm piano", "--seconds=2.5", "--json"]
    assert main.main([*arguments, f"--model={bundle}", f"--output={output}"]) == 0
    audio, rate = soundfile.read(output)
    assert (len(audio), rate) == (60_000, 24_000)
    assert json.loads(capsys.readouterr().out)["files"] == [str(output)]


@pytest.mark.slow
def test_seed_codes_and_number_decide(bundle):
    model = MusicLM.load(bundle)

    def make(prompt="calm piano", **settings):
        return model.generate(prompt, seconds=1.2, **settings)

    first = make(seed=3)
    np.testing.assert_array_equal(first, make(seed=3))
    assert (first != make(seed=4)).any()

    # A model that learnt nothing may hear two prompts alike: other codes for sure.
    def make_from(code):
        codes = np.full((1, 1, MULAN_LEVELS), code, np.int32)
        return model.generate_from_mulan(
            codes, seconds=1.2, rngs=jax.random.split(jax.random.key(0), 1)
        )

    assert (make_from(0) != make_from(7)).any()
    # The first of several pieces is the one that comes alone, and so is the piece of
    # one of several prompts.
    np.testing.assert_allclose(make(seed=3, num=2)[:1], first, atol=1e-5)
    prompts = ["fast techno", "calm piano"]
    several = make(prompts, seed=[4, 3], num=2)
    assert several.shape == (4, 28_800)
    np.testing.assert_allclose(several[2:3], first, atol=1e-5)
    np.testing.assert_allclose(several[2:], make(seed=3, num=2), atol=1e-5)
    np.testing.assert_allclose(make(prompts, seed=3)[1:], first, atol=1e-5)


def write(model, mulan, rngs):
    """Writes 1.2 seconds of pieces."""
    score = Score(spans=spans.one({"mulan": mulan}), seconds=1.2, rngs=rngs)
    return model.write(score, GenerationConfig())


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Two recordings that differ in all that can be heard."""
    folder = tmp_path_factory.mktemp("recordings")
    time = np.arange(5 * 24_000) / 24_000
    for name, hz in (("low", 220.0), ("high", 523.0)):
        sound = 0.5 * np.sign(np.sin(2 * np.pi * hz * time * (1 + time.round() % 3)))
        soundfile.write(folder / f"{name}.wav", sound, 24_000)
    return str(folder / "low.wav"), str(folder / "high.wav")


@pytest.fixture(scope="module")
def box():
    return MusicLM.load()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("conditioner", "of"),
    [
        *((name, "box") for name in ("prompt", "negative_prompt", "to", "melody")),
        *((name, "box") for name in ("continue_from", "perform", "vary")),
        ("melody", "codes of its own"),
    ],
)
def test_every_conditioner_counts(
    bundle, box, recordings, conditioner, of, monkeypatch
):
    """Change it and the music changes; leave it out and it is as it was without."""
    model = box if of == "box" else MusicLM.load(bundle)

    def by_height(self, audio):
        # A network that learnt nothing hears all tunes alike: other codes for sure.
        crossings = (np.diff(np.sign(audio[0])) != 0).mean() * 24_000
        return np.full((1, 3, 2), 1 if crossings < 800 else 6, np.int32)

    monkeypatch.setattr(MelodyTokenizer, "tokenize_windows", by_height)
    config = dataclasses.replace(
        GenerationConfig(), semantic=SamplingConfig(guidance=3.0)
    )
    is_text = conditioner in ("prompt", "negative_prompt", "to")
    values = ("fast techno drums", "slow church organ") if is_text else recordings
    more = {"prompt_seconds": 0.6} if conditioner == "continue_from" else {}
    others = {} if conditioner == "prompt" else {"prompt": "calm piano"}
    # What has learnt nothing leans to no code: of few draws all may be the same.
    num = 1 if of == "box" else 8

    def make(**asked):
        asked = {**others, **asked}
        prompt = asked.pop("prompt", None)
        return model.generate(
            prompt, seconds=1.2, seed=3, num=num, config=config, **asked
        )

    without = make()
    first, second = (make(**{conditioner: value}, **more) for value in values)
    assert (first != second).any()
    assert (first != without).any() and (second != without).any()
    np.testing.assert_array_equal(make(**{conditioner: None}), without)
    np.testing.assert_array_equal(make(**{conditioner: values[0]}, **more), first)


@pytest.mark.slow
def test_takes_are_rendered_later(bundle, tmp_path, capsys):
    """As they would have been made at once; each by itself too."""
    model = MusicLM.load(bundle)
    at_once = model.generate("calm piano", seconds=1.2, seed=3, num=3)
    flags = ["--seconds=1.2", "--seed=3", "--num=3", f"--model={bundle}"]
    file = tmp_path / "takes.safetensors"
    command = ["generate", "calm piano", "--stages=semantic", f"--output={file}"]
    assert main.main([*command, *flags]) == 0
    assert not list(tmp_path.glob("*.wav"))
    found = takes.load(file)
    assert found.semantic.shape == (3, 30, 1) and found.card["prompt"] == "calm piano"
    np.testing.assert_allclose(takes.render(model, found), at_once, atol=1e-5)
    capsys.readouterr()
    render = ["generate", f"--render={file}", f"--model={bundle}"]
    assert main.main([*render, "--take=2"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'takes.wav'}\n"
    alone, _ = soundfile.read(tmp_path / "takes.wav")
    np.testing.assert_allclose(alone, at_once[1], atol=1e-4)
    card = json.loads((tmp_path / "takes.wav.json").read_text())
    assert (card["place"], card["num"], card["seed"]) == (1, 3, 3)


@pytest.mark.slow
def test_of_candidates_the_nearest_is_kept(bundle):
    model = MusicLM.load(bundle)
    mulan = np.full((2, 1, MULAN_LEVELS), 3, np.int32)
    rngs = jax.random.split(jax.random.key(0), 2)

    def make(rngs, candidates):
        config = GenerationConfig(candidates=candidates)
        return model.generate_from_mulan(
            mulan[: len(rngs)], seconds=1.2, rngs=rngs, config=config
        )

    kept = make(rngs, 3)
    asked = model.tokenizers.mulan.dequantize(mulan)[0]
    for piece, rng in zip(kept, rngs, strict=True):
        keys = jax.vmap(jax.random.fold_in, (None, 0))(rng, np.arange(3))
        codes = write(model, np.repeat(mulan[:1], 3, axis=0), keys)
        audio = model.tokenizers.codec.decode(codes)[:, :28_800]
        match = model.tokenizers.mulan.embed_audio(audio) @ asked
        nearest = limit_peaks(audio[match.argmax()], 12_000)
        np.testing.assert_allclose(piece, nearest, atol=1e-5)


@pytest.mark.slow
def test_without_a_fine_stage_the_coarse_levels_are_heard(bundle, tmp_path):
    manifest = json.loads((bundle / "bundle.json").read_text())
    del manifest["parts"]["fine_stage"], manifest["sha256"]
    for path in bundle.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "bundle.json").write_text(json.dumps(manifest))
    whole, coarse = (MusicLM.load(folder) for folder in (bundle, tmp_path))
    assert coarse.networks.acoustics.fine is None
    mulan = np.zeros((1, 1, MULAN_LEVELS), np.int32)
    rngs = jax.random.split(jax.random.key(0), 1)
    codes = [write(model, mulan, rngs) for model in (whole, coarse)]
    levels = codes[1].shape[-1]
    assert 0 < levels < codes[0].shape[-1]
    np.testing.assert_array_equal(codes[1], codes[0][:, :, :levels])
    audio = coarse.generate_from_mulan(mulan, seconds=1.2, rngs=rngs)
    assert audio.shape == (1, 28_800)


@pytest.mark.slow
def test_a_bundle_cut_short_is_refused_in_one_line(bundle, tmp_path, capsys):
    """Every stage of the chain was trained on the tokens of one set of tokenizers."""
    manifest = json.loads((bundle / "bundle.json").read_text())
    assert set(manifest["parts"]) == {
        *("codec", "semantic", "mulan", "melody"),
        *("semantic_stage", "coarse_stage", "fine_stage"),
    }
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in bundle.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    part = next(broken.glob("codec*.safetensors"))
    part.write_bytes(part.read_bytes()[:-7])
    arguments = ["generate", "calm piano", "--model", str(broken)]
    assert main.main([*arguments, "--output", str(tmp_path / "x.wav")]) == 2
    message = capsys.readouterr().err
    assert part.name in message and message.count("\n") == 1
    assert not (tmp_path / "x.wav").exists()
