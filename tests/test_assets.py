"""The model in the box: whole, small enough, and described."""

import numpy as np
import pytest

from musiclm_jax import MusicLM, bundle
from musiclm_jax.bundle.tokenizers import CodecTokenizer, Tokenizers
from musiclm_jax.evaluation.pitch import partials_kept
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.settings import SamplingSettings

# Of all weights together, as CONTRIBUTING promises.
LARGEST = 60e6


@pytest.fixture(scope="module")
def folder():
    return bundle.default_folder()


def test_it_is_whole(folder):
    box = bundle.Bundle.load(folder)
    box.check()
    stages = {"semantic_stage", "soundstorm"}
    assert set(box.parts) == {"codec", "semantic", "mulan", "image_tower"} | stages
    assert box.card["corpus"].startswith("synth_music")


def test_it_is_small_and_nothing_else_lies_there(folder):
    box = bundle.Bundle.load(folder)
    named = {e["file"] for e in (*box.parts.values(), *box.files.values())}
    found = {path.name for path in folder.iterdir()}
    assert found == named | {bundle.MANIFEST, "README.md"}
    everything = folder.parent.rglob("*")
    assert sum(path.stat().st_size for path in everything if path.is_file()) < LARGEST


def test_its_card_names_what_was_measured(folder):
    card = (folder / "README.md").read_text(encoding="utf-8")
    for word in ("synth_music", "minutes", "benchmarks/heard.py", "generate.py"):
        assert word in card, word


def test_its_codec_keeps_the_pitch_of_a_melody(folder):
    """At all of its levels."""
    codec = CodecTokenizer(*bundle.load_part(folder, "codec"))
    time = np.arange(24_000) / 24_000
    overtones = np.arange(1, 6)[:, None]
    notes = [
        (np.sin(2 * np.pi * hz * overtones * time) / overtones).sum(axis=0)
        for hz in (220.0, 277.18, 329.63)
    ]
    melody = np.float32(0.2 * np.concatenate(notes))
    decoded = codec.decode(codec.tokenize(melody[None]))[0]
    assert partials_kept(melody, decoded, 24_000) > 0.9


def test_its_tokenizers_hear_and_read(folder):
    """All that stages are conditioned on is there, of the shapes that it says."""
    tokenizers = Tokenizers.load(folder)
    text = tokenizers.mulan.text_codes(["slow piano"])
    assert text.shape == (1, 1, 6)
    sound = np.zeros((1, 48_000), np.float32)
    assert tokenizers.mulan.tokenize(sound).shape == text.shape
    assert tokenizers.semantic.tokenize(sound).shape == (1, 50, 1)


def test_it_carries_its_settings():
    """What is asked for, and when things begin, is in the semantic tokens."""
    settings = SamplingSettings(
        semantic_guidance=3.0,
        semantic_temperature=(0.35, 0.8, 0.25, 0.8, 0.35),
        unprompted_temperature=(0.35, 0.35, 0.25, 0.35, 0.35),
        change_overlap=0.008,
        soundstorm_iterations=1,
        soundstorm_mean_levels=2,
    )
    assert MusicLM.load().sampling == settings.applied_to(GenerationConfig())


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
