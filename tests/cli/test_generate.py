import json
import re
import types

import numpy as np
import pytest
import soundfile

from musiclm_jax.cli import compilation_cache
from musiclm_jax.cli.main import main
from musiclm_jax.generation import pipeline
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.lm.sampling_config import SamplingConfig

RATE = 24000
# As suits the model that stands in.
OWN = GenerationConfig(semantic=SamplingConfig(guidance=2.0, top_k=9), candidates=2)
GIN = ["jazz", "--gin_file=runs/generate.gin"]


class _Model:
    """Stands in for the model: noise that depends on all that is asked for."""

    sample_rate = RATE
    sampling = OWN
    tokenizers = types.SimpleNamespace(
        mulan=types.SimpleNamespace(unheard=lambda text: [])
    )
    calls = ()

    @classmethod
    def load(cls, folder=None):
        return cls()

    def generate(self, prompt, *, seconds, seed, num, config, progress, **steering):
        type(self).calls += ((prompt, seconds, seed, num, config),)
        type(self).steering = steering
        progress("semantic", 1.0)
        rng = np.random.default_rng(seed)
        return rng.uniform(-0.5, 0.5, (num, round(seconds * RATE))).astype(np.float32)

    def choose(self, audio, prompt, *, keep):
        return [2, 0, 1][:keep]


@pytest.fixture(autouse=True)
def model(monkeypatch, tmp_path):
    _Model.calls = ()
    monkeypatch.setattr(pipeline, "MusicLM", _Model)
    monkeypatch.setattr(compilation_cache, "use", lambda: None)
    monkeypatch.chdir(tmp_path)
    return _Model


def test_file_and_its_path(capsys, tmp_path):
    assert (
        main(["generate", "Calm piano", "--seconds", "0.5", "--output", "a.wav"]) == 0
    )
    assert capsys.readouterr().out == "a.wav\n"
    audio, rate = soundfile.read(tmp_path / "a.wav")
    assert rate == RATE
    assert audio.shape == (12000,)


def test_arguments_reach_the_model(model):
    arguments = ["--seconds", "1.5", "--seed", "7", "--num", "2", "--guidance", "4.5"]
    assert main(["generate", "jazz", *arguments, "--candidates", "3"]) == 0
    ((prompt, seconds, seed, num, config),) = model.calls
    assert (prompt, seconds, seed, num) == ("jazz", 1.5, 7, 2)
    assert config.semantic.guidance == config.coarse.guidance == 4.5
    assert config.candidates == 3


def config_of(model, *arguments):
    assert main(["generate", "jazz", "--seconds=0.1", "--overwrite", *arguments]) == 0
    return model.calls[-1][-1]


def test_sampling_is_the_models_own_if_not_given(model):
    assert config_of(model) == OWN
    assert config_of(model, "--gin_file=runs/generate.gin") == OWN


def test_flags_go_before_gin_and_gin_before_the_model(model):
    gin = ["--gin_file=runs/generate.gin", "--gin.COARSE_TEMPERATURE=0.9"]
    gin += ["--gin.TEMPERATURE=0.8", "--gin.SEMANTIC_GUIDANCE=4.0"]
    config = config_of(model, *gin)
    assert config.semantic == SamplingConfig(temperature=0.8, guidance=4.0, top_k=9)
    assert config.coarse == SamplingConfig(temperature=0.9)
    assert config.fine.temperature == 0.8
    assert config.candidates == 2
    config = config_of(model, *gin, "--temperature=0", "--top_p=0.5", "--top_k=3")
    for stage in (config.semantic, config.coarse, config.fine):
        assert (stage.temperature, stage.top_k, stage.top_p) == (0.0, 3, 0.5)
    assert config.semantic.guidance == 4.0


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3", ".WAV"])
def test_formats_by_suffix(tmp_path, suffix):
    name = f"a{suffix}"
    assert main(["generate", "jazz", "--seconds", "0.5", "--output", name]) == 0
    assert soundfile.info(tmp_path / name).samplerate == RATE


def test_several_files_are_numbered(capsys, tmp_path):
    arguments = ["--seconds", "0.1", "--num", "2", "--output", "a.flac"]
    assert main(["generate", "jazz", *arguments]) == 0
    assert capsys.readouterr().out == "a-1.flac\na-2.flac\n"
    first, second = (soundfile.read(tmp_path / f"a-{i}.flac")[0] for i in (1, 2))
    assert not np.array_equal(first, second)


def test_the_best_takes_are_kept_and_can_be_made_again(capsys, tmp_path):
    arguments = ["--seconds=0.1", "--num=3", "--keep=2", "--output=a.wav"]
    assert main(["generate", "jazz", *arguments]) == 0
    assert capsys.readouterr().out == "a-1.wav\na-2.wav\n"
    kept = [json.loads((tmp_path / f"a-{i}.wav.json").read_text()) for i in (1, 2)]
    assert [(card["place"], card["num"]) for card in kept] == [(2, 3), (0, 3)]


def test_a_picture_is_a_term_of_the_prompt(model, tmp_path, capsys):
    made = ["--seconds=0.1", "--json"]
    assert main(["generate", "--image=starry night.jpg", *made]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["prompt"] == model.calls[-1][0] == 'image:"starry night.jpg"'
    assert report["files"] == ["image-starry-night-jpg-0.wav"]
    asked = ["jazz", "--image=a.jpg", "--image_caption=a calm sea", "--output=b.wav"]
    assert main(["generate", *asked, *made]) == 0
    assert model.calls[-1][0] == '"jazz" + "a calm sea" + image:"a.jpg"'
    card = json.loads((tmp_path / "b.wav.json").read_text())
    assert card["prompt"] == model.calls[-1][0]


def test_what_steers_reaches_the_model(model, tmp_path):
    song = tmp_path / "song.wav"
    soundfile.write(song, np.zeros(100), RATE)
    asked = [f"--continue_from={song}", "--prompt_seconds=2", "--to=blues"]
    assert main(["generate", "jazz", "--negative_prompt=drums", *asked]) == 0
    assert model.steering == {
        "negative_prompt": "drums",
        "to": "blues",
        "continue_from": str(song),
        "prompt_seconds": 2.0,
    }
    assert main(["generate", f"--perform={song}", "--output=p.wav"]) == 0
    assert main(["generate", "--unconditional", "--output=u.wav"]) == 0
    assert model.calls[-1][0] is None and model.steering == {}


def test_json(capsys):
    arguments = ["--seconds", "0.1", "--seed", "3", "--output", "a.wav", "--json"]
    assert main(["generate", "søt 🎵 jazz", *arguments]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report.pop("wall_seconds") >= 0
    assert report == {
        "files": ["a.wav"],
        "seed": 3,
        "prompt": "søt 🎵 jazz",
        "seconds": 0.1,
        "sample_rate": RATE,
        "model": "in the box",
    }


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Calm piano, 90 BPM!", "calm-piano-90-bpm-0.wav"),
        ("静かなピアノ", "静かなピアノ-0.wav"),
        ("🎵", "music-0.wav"),
        ("../../etc/x", "etc-x-0.wav"),
        ("word " * 100, "word-word-word-word-word-word-word-word-word-0.wav"),
        ("a" * 900, "a" * 48 + "-0.wav"),
    ],
)
def test_default_name_is_made_of_the_prompt(capsys, prompt, name):
    assert main(["generate", prompt, "--seconds", "0.1"]) == 0
    assert capsys.readouterr().out == f"{name}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["", "--output", "a.wav"], "the prompt is empty"),
        ([" \n\t"], "the prompt is empty"),
        (["x" * 10_000], "10,000 characters; at most 1,000"),
        (["caf\udce9"], "not text"),
        (["jazz", "--seconds", "0"], "seconds is 0.0; it must be a number from 0.1 to"),
        (["jazz", "--seconds", "-1"], "seconds is -1.0"),
        (["jazz", "--seconds", "nan"], "seconds is nan"),
        (["jazz", "--seconds", "inf"], "seconds is inf"),
        (["jazz", "--seconds", "3600"], "seconds is 3600.0; .* to 600"),
        (["jazz", "--seconds", "long"], "invalid float value: 'long'"),
        (["jazz", "--seed", "-1"], "seed is -1; it must be a whole number from 0"),
        (["jazz", "--seed", str(2**32)], "seed is 4294967296"),
        (["jazz", "--seed", "x"], "invalid int value"),
        (["jazz", "--num", "0"], "num is 0; .* from 1 to 64"),
        (["jazz", "--num", "65"], "num is 65"),
        (["jazz", "--guidance", "nan"], "guidance is nan"),
        (["jazz", "--guidance", "-1"], "guidance is -1.0"),
        (["jazz", "--candidates", "0"], "candidates is 0; .* from 1 to 32"),
        (["jazz", "--temperature", "inf"], "temperature is inf"),
        (["jazz", "--top_k", "0"], "top_k is 0"),
        (["jazz", "--top_p", "0"], "top_p is 0.0; .* above 0 and at most 1"),
        ([*GIN, "--gin.COARSE_OVERLAP=1"], "coarse_overlap is 1; .* from 0 to below 1"),
        ([*GIN, "--gin.FINE_GUIDANCE=2"], "nothing reads --gin.FINE_GUIDANCE"),
        ([*GIN, "--gin.TEMPERATURE='hot'"], "temperature of SamplingSettings is 'hot'"),
        (["jazz", "--gin.TOP_K=3"], "give --gin_file=runs/generate.gin too"),
        (["jazz", "--gin_file=runs/nowhere.gin"], "there is no gin file"),
        (["jazz", "--num_processes", "2"], "one PROMPT is for one process"),
        (["--unconditional", "--image=a.png"], "--unconditional asks for nothing"),
        (["jazz", "--image="], "image is ''; it must be text"),
        ([], "nothing to make: give PROMPT, a picture .* --prompts FILE"),
        (["x", "--keep=2"], "--keep 2 takes the best of --num 1 for a PROMPT"),
        (["--unconditional", "--num=2", "--keep=1"], "takes the best of --num 2 for a"),
        (["x", "--unconditional"], "--unconditional asks for nothing: give it alone"),
        (["x", "--vary=no.wav"], "vary: there is no file no.wav"),
        (["x", "--strength=0.5"], "strength goes with vary, which is not given"),
        (['"x" +'], "the prompt cannot be read at its end"),
        (["jazz", "--output", "a.aac"], r"'\.aac'; sound is written as \.wav, "),
        (["jazz", "--output", "a"], "ends in 'no suffix'"),
        (["jazz", "--output", "no/a.wav"], "the folder no does not exist"),
        (["jazz", "--output", "."], "is a folder"),
    ],
)
def test_wrong_input_is_answered_before_the_model_loads(
    capsys, model, tmp_path, arguments, words
):
    assert main(["generate", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search(words, error), error
    assert not model.calls
    assert not list(tmp_path.iterdir())


def test_file_in_the_way(capsys, model, tmp_path):
    (tmp_path / "a-2.wav").write_text("mine")
    arguments = ["generate", "jazz", "--seconds", "0.1", "--num", "2"]
    arguments += ["--output", "a.wav"]
    assert main(arguments) == 2
    assert "a-2.wav is in the way" in capsys.readouterr().err
    assert not model.calls
    assert (tmp_path / "a-2.wav").read_text() == "mine"
    assert main([*arguments, "--overwrite"]) == 0
    assert soundfile.info(tmp_path / "a-2.wav").frames == 2400


def test_ctrl_c_leaves_nothing(monkeypatch, model, tmp_path):
    def stop(self, prompt, **arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "generate", stop)
    assert main(["generate", "jazz", "--output", "a.wav"]) == 130
    assert not list(tmp_path.iterdir())
