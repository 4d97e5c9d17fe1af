"""The model in the box: whole, small enough, and described."""

import numpy as np
import pytest

from musiclm_jax import MusicLM, bundle
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.settings import SamplingSettings

# README and CONTRIBUTING promise no more than this.
LARGEST = 40e6


@pytest.fixture(scope="module")
def folder():
    return bundle.default_folder()


def test_it_is_whole(folder):
    box = bundle.Bundle.load(folder)
    box.check()
    stages = {"semantic_stage", "coarse_stage"}
    assert set(box.parts) == {"codec", "semantic", "mulan"} | stages
    assert box.card["corpus"] == "synth_music"


def test_it_is_small_and_nothing_else_lies_there(folder):
    box = bundle.Bundle.load(folder)
    named = {e["file"] for e in (*box.parts.values(), *box.files.values())}
    found = {path.name for path in folder.iterdir()}
    assert found == named | {bundle.MANIFEST, "README.md"}
    everything = folder.parent.rglob("*")
    assert sum(path.stat().st_size for path in everything if path.is_file()) < LARGEST


def test_its_card_names_what_was_measured(folder):
    card = (folder / "README.md").read_text(encoding="utf-8")
    for word in ("synth_music", "minutes", "benchmarks/control.py", "generate.py"):
        assert word in card, word


def test_it_carries_its_guidance():
    guided = SamplingSettings(guidance=3.0).applied_to(GenerationConfig())
    assert MusicLM.load().sampling == guided


@pytest.mark.slow
def test_it_makes_music():
    """Heard, not clipped, and other words give other music."""
    model = MusicLM.load()
    loud, other = (
        model.generate(prompt, seconds=1.0, seed=0)[0]
        for prompt in ("fast techno with loud drums", "calm solo piano")
    )
    for audio in (loud, other):
        assert audio.shape == (24_000,)
        assert np.sqrt(np.square(audio).mean()) > 0.005
        assert np.abs(audio).max() < 1.0
    assert not np.array_equal(loud, other)
