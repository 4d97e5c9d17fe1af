"""Sums of terms, in a space whose axes are words and the tone of recordings."""

import types

import numpy as np
import pytest
import soundfile

from musiclm_jax.generation import conditioning
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.prompt import parse
from musiclm_jax.generation.settings import SamplingSettings

WORDS = ("piano", "drums", "flute", "sound")


class MuLan:
    def check_text(self, text):
        if text not in WORDS:
            raise ValueError(f"the model knows no word of the prompt {text!r}")

    def embed_text(self, texts):
        return np.eye(4)[[WORDS.index(text) for text in texts]]

    def embed_audio(self, audio):
        assert audio.shape == (1, 24_000), "mono, at the model's rate"
        return np.eye(4)[[3]]

    def check_image(self, path):
        raise ValueError(f"{path} is broken")

    def embed_image(self, path):
        return np.eye(4)[1]

    def quantize(self, embedding):
        return np.round(10 * embedding).astype(int)[:, None]


TOKENIZERS = types.SimpleNamespace(
    mulan=MuLan(), codec=types.SimpleNamespace(sample_rate=24_000)
)


@pytest.fixture
def recording(tmp_path):
    """A second in stereo, at another rate than the model's."""
    path = tmp_path / "a tone.wav"
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    soundfile.write(path, np.stack([tone, 0 * tone], axis=1), 48_000)
    return path


def embed(prompt):
    return conditioning.embed(parse(prompt), TOKENIZERS)


def test_weights_add_up_to_a_direction(recording):
    prompt = f'"piano" * 3 - "drums" * 4 + audio:"{recording}" * 12'
    np.testing.assert_allclose(embed(prompt), np.array([3, -4, 0, 12]) / 13, rtol=1e-6)
    np.testing.assert_array_equal(embed("piano"), [1, 0, 0, 0])
    codes = conditioning.codes(parse('"piano" * 3 - "drums" * 4'), TOKENIZERS)
    np.testing.assert_array_equal(codes, [[[6, -8, 0, 0]]])


def test_the_length_of_a_sum_counts_for_nothing():
    once, more = embed('"piano" + "drums" * 2'), embed('"piano" * 2 + "drums" * 4')
    np.testing.assert_allclose(once, more, rtol=1e-6)


def test_without_a_prompt_nothing_is_guided():
    guided = SamplingSettings(guidance=4.0, top_k=9).applied_to(GenerationConfig())
    assert conditioning.guided_by("jazz", guided) is guided
    unguided = SamplingSettings(guidance=1.0, top_k=9).applied_to(GenerationConfig())
    assert conditioning.guided_by(None, guided) == unguided


def test_without_a_prompt_the_semantic_stage_has_a_temperature_of_its_own():
    own = {"semantic_temperature": 0.8, "unprompted_temperature": (0.2, 0.3)}
    config = SamplingSettings(**own).applied_to(GenerationConfig())
    assert conditioning.guided_by("jazz", config).semantic.temperature == 0.8
    alone = conditioning.guided_by(None, config)
    assert alone.semantic.temperature == (0.2, 0.3)
    assert alone.coarse.temperature == config.coarse.temperature


def test_terms_that_cancel_out():
    with pytest.raises(ValueError, match=r'terms of the prompt "piano" - "piano" canc'):
        embed('"piano" - "piano"')


def test_terms_that_mean_nothing(tmp_path, recording):
    with pytest.raises(ValueError, match="knows no word of the prompt 'qxz'"):
        embed('"piano" + "qxz"')
    with pytest.raises(
        FileNotFoundError, match=r"there is no recording no\.wav, which"
    ):
        embed('"piano" + audio:no.wav')
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(24_000), 24_000)
    with pytest.raises(ValueError, match=r"silent\.wav is silent: its peak is nothing"):
        embed(f"audio:{silent}")
    text = tmp_path / "text.wav"
    text.write_text("no sound at all")
    with pytest.raises(ValueError, match=r"text\.wav is broken or no audio"):
        embed(f"audio:{text}")


def test_a_picture_is_a_term_and_checked_beforehand(monkeypatch):
    with pytest.raises(ValueError, match=r"a\.png is broken"):
        conditioning.check(parse('"piano" + image:a.png'), TOKENIZERS)
    monkeypatch.setattr(MuLan, "check_image", lambda self, path: None)
    placed = embed('"piano" * 3 + image:a.png * 4')
    np.testing.assert_allclose(placed, [0.6, 0.8, 0, 0], rtol=1e-6)
