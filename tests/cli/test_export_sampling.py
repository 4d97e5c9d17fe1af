"""The settings that suit a model travel with it."""

import json

import pytest

from musiclm_jax import MusicLM, bundle
from musiclm_jax.cli.main import main
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.lm.sampling_config import SamplingConfig
from musiclm_jax.soundstorm.sampling_config import MaskSamplingConfig


@pytest.fixture
def folder(tmp_path):
    """A copy of the model in the box."""
    for path in bundle.default_folder().iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_export_writes_and_load_reads(folder, capsys):
    parts = bundle.Bundle.load(folder).parts
    gin = ["--gin_file=runs/generate.gin", "--gin.COARSE_TOP_K=50"]
    assert main(["export", f"--output={folder}", *gin, "--guidance=2"]) == 0
    loaded = bundle.Bundle.load(folder)
    assert loaded.parts == parts
    assert loaded.sampling == {
        "coarse_top_k": 50,
        "semantic_guidance": 2.0,
        "coarse_guidance": 2.0,
        "soundstorm_guidance": 2.0,
    }
    assert MusicLM.load(folder).sampling == GenerationConfig(
        semantic=SamplingConfig(guidance=2.0),
        coarse=SamplingConfig(temperature=0.95, top_k=50, guidance=2.0),
        soundstorm=MaskSamplingConfig(guidance=2.0),
    )
    # What is added later leaves them as they are.
    bundle.save_card(folder, {})
    assert bundle.Bundle.load(folder).sampling == loaded.sampling
    capsys.readouterr()
    assert main(["info", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sampling"] == loaded.sampling


def test_a_part_is_taken_out(folder, capsys):
    assert main(["export", f"--output={folder}", "--remove=semantic"]) == 0
    assert "semantic" not in bundle.Bundle.load(folder).parts
    assert main(["export", f"--output={folder}", "--remove=semantic"]) == 2
    assert "has no part semantic; it has:" in capsys.readouterr().err


def test_a_model_that_says_nothing_is_sampled_as_in_the_papers(folder):
    path = folder / bundle.MANIFEST
    manifest = json.loads(path.read_text())
    del manifest["sampling"], manifest["sha256"]
    path.write_text(json.dumps(manifest))
    assert MusicLM.load(folder).sampling == GenerationConfig()


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        ({"tempo": 3}, "bundle.json: sampling: there is no setting tempo"),
        ({"guidance": "3"}, "bundle.json: sampling: guidance is '3'"),
        ({"candidates": 0}, "bundle.json: sampling: candidates is 0"),
    ],
)
def test_settings_that_cannot_be_are_named(folder, capsys, sampling, message):
    bundle.save_sampling(folder, sampling)
    output = folder / "x.wav"
    assert main(["generate", "jazz", f"--model={folder}", f"--output={output}"]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_export_judges_settings(tmp_path, capsys):
    assert main(["export", f"--output={tmp_path}", "--temperature=-1"]) == 2
    assert "temperature is -1.0" in capsys.readouterr().err
