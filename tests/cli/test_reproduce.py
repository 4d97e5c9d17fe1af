import json
import types

import numpy as np
import pytest

from musiclm_jax.cli import compilation_cache
from musiclm_jax.cli.main import main
from musiclm_jax.generation import pipeline
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.lm.sampling_config import SamplingConfig

RATE = 24000


class _Model:
    """Noise that depends on all that is asked for."""

    sample_rate = RATE
    tokenizers = types.SimpleNamespace(
        mulan=types.SimpleNamespace(unheard=lambda text: [])
    )
    sampling = GenerationConfig(semantic=SamplingConfig(guidance=3.0))
    salt = 0

    @classmethod
    def load(cls, folder=None):
        return cls()

    def generate(self, prompt, *, seconds, seed, num, config, progress, **steering):
        # Of several prompts the first.
        prompt = prompt[0] if isinstance(prompt, list) else prompt
        asked = repr((prompt, seconds, seed, config, steering, self.salt))
        rng = np.random.default_rng(list(asked.encode()))
        return rng.uniform(-0.5, 0.5, (num, round(seconds * RATE))).astype(np.float32)

    def tell(self, story, *, config, progress):
        for span in story.spans:
            yield self.generate(
                str(span.prompt), seconds=span.seconds, seed=story.seed, num=1,
                config=config, progress=progress,
            )[0]  # fmt: skip


@pytest.fixture(autouse=True)
def model(monkeypatch, tmp_path):
    monkeypatch.setattr(pipeline, "MusicLM", _Model)
    monkeypatch.setattr(compilation_cache, "use", lambda: None)
    monkeypatch.setattr(_Model, "salt", 0)
    monkeypatch.chdir(tmp_path)
    return _Model


@pytest.fixture
def pieces():
    """Two pieces that more was asked of than a prompt."""
    asked = ["jazz", "--num=2", "--seconds=0.2", "--seed=5", "--temperature=0.7"]
    asked += ["--negative_prompt=drums", "--output=a.flac"]
    assert main(["generate", *asked]) == 0
    return "a-1.flac", "a-2.flac"


def test_each_piece_comes_out_the_same(pieces, tmp_path, capsys):
    for piece in pieces:
        capsys.readouterr()
        assert main(["reproduce", piece, "-o", "again.flac", "--overwrite"]) == 0
        out = capsys.readouterr().out
        assert out == f"{piece}: the same, sample for sample\n"
        assert (tmp_path / "again.flac").read_bytes() == (tmp_path / piece).read_bytes()


@pytest.mark.parametrize("flags", [[], ["--span=2"]])
def test_a_story_comes_out_the_same(flags, model, tmp_path, capsys):
    spans = "[{seconds: 0.2, prompt: calm}, {seconds: 0.1, prompt: fast}]"
    (tmp_path / "story.yaml").write_text(f"seed: 3\nspans: {spans}")
    command = ["story", "story.yaml", "-o", "a.flac", "--temperature=0.7"]
    assert main([*command, *flags]) == 0
    # The card tells all of it.
    (tmp_path / "story.yaml").unlink()
    card = json.loads((tmp_path / "a.flac.json").read_text())
    assert card["story"]["seed"] == 3 and len(card["story"]["spans"]) == 2
    capsys.readouterr()
    assert main(["reproduce", "a.flac", "-o", "again.flac"]) == 0
    assert capsys.readouterr().out == "a.flac: the same, sample for sample\n"
    assert (tmp_path / "again.flac").read_bytes() == (tmp_path / "a.flac").read_bytes()


def test_what_differs_is_said(pieces, model, monkeypatch, tmp_path, capsys):
    assert main(["generate", "x", "--seconds=0.1", "--output=b.mp3"]) == 0
    monkeypatch.setattr(model, "salt", 1)
    assert main(["reproduce", "a-1.flac"]) == 3
    said = capsys.readouterr().err
    assert "a-1.flac: came out otherwise: nothing that the card tells differs" in said
    card = json.loads((tmp_path / "b.mp3.json").read_text())
    card["versions"]["jax"] = "0.1"
    (tmp_path / "b.mp3.json").write_text(json.dumps(card))
    assert main(["reproduce", "b.mp3", "--json"]) == 3
    report = json.loads(capsys.readouterr().out)
    assert report["file"] == "b.mp3" and report["same"] is False
    (difference,) = report["differences"]
    assert "it was 0.1" in difference


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no.wav"], "there is no file no.wav"),
        (["a-1.flac", "-o", "x.txt"], "x.txt ends in '.txt'; sound is written as"),
        (["a-1.flac", "-o", "a-2.flac"], "a-2.flac is in the way"),
    ],
)
def test_wrong_input_is_one_line(pieces, capsys, arguments, said):
    assert main(["reproduce", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
