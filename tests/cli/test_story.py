import json
import types

import numpy as np
import pytest
import soundfile

from musiclm_jax.cli import compilation_cache
from musiclm_jax.cli.main import main
from musiclm_jax.generation import pipeline
from musiclm_jax.generation.config import GenerationConfig

RATE = 24000
STORY = "seed: 3\nspans: [{seconds: 0.2, prompt: calm}, {seconds: 0.3, prompt: fast}]"


class _Model:
    """Gives parts as long as the spans of the story."""

    sample_rate = RATE
    sampling = GenerationConfig()
    tokenizers = types.SimpleNamespace(
        mulan=types.SimpleNamespace(
            unheard=lambda text: [text] if "fast" in text else []
        )
    )
    told = None

    @classmethod
    def load(cls, folder=None):
        return cls()

    def tell(self, story, *, config, progress):
        type(self).told = story, config
        progress("semantic", 1.0)
        for span in story.spans:
            yield np.full(round(span.seconds * RATE), 0.25, np.float32)


@pytest.fixture(autouse=True)
def model(monkeypatch, tmp_path):
    monkeypatch.setattr(pipeline, "MusicLM", _Model)
    monkeypatch.setattr(compilation_cache, "use", lambda: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "story.yaml").write_text(STORY)
    return _Model


def test_all_of_it_or_a_span_alone(model, tmp_path, capsys):
    assert main(["story", "story.yaml", "-o", "a.wav", "--temperature=0.7"]) == 0
    said = capsys.readouterr()
    assert said.out == "a.wav\n" and "musiclm: not known: fast\n" in said.err
    assert soundfile.info(tmp_path / "a.wav").frames == 12_000
    story, config = model.told
    assert story.seed == 3 and config.semantic.temperature == 0.7
    assert main(["story", "story.yaml", "-o", "b.flac", "--span=2", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["spans"] == [{"seconds": 0.3, "prompt": "fast"}]
    assert soundfile.info(tmp_path / "b.flac").frames == 7_200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no.yaml", "-o", "a.wav"], "there is no story no.yaml"),
        (["story.yaml"], "the following arguments are required: -o/--output"),
        (["story.yaml", "-o", "a.txt"], "a.txt ends in '.txt'; sound is written as"),
        (["story.yaml", "-o", "a.wav", "--span=3"], "there is no span 3"),
        (["story.yaml", "-o", "old.wav"], "old.wav is in the way"),
    ],
)
def test_wrong_input_is_one_line_and_nothing_is_made(model, capsys, arguments, said):
    model.told = None
    with open("old.wav", "wb"):
        pass
    assert main(["story", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert model.told is None
