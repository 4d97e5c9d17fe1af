"""What stands between the parts of a bundle and scores on what they hear."""

import types

import jax.numpy as jnp
import numpy as np

from musiclm_jax.bundle.semantic_tokenizer import SemanticTokenizer
from musiclm_jax.evaluation.embedders import MuLanEmbedder, SemanticEmbedder

MEL = types.SimpleNamespace(sample_rate=8000)


class Features:
    """Mean and peak of each step; it hears five steps at once."""

    mel, hop_length, window_steps, stride_steps = MEL, 10, 5, 2

    def embed(self, params, audio):
        steps = audio.reshape(len(audio), -1, self.hop_length)
        return params["gain"] * jnp.stack([steps.mean(-1), steps.max(-1)], axis=-1)


def test_semantic_features_are_standardised_over_all_windows(rng):
    params = {"gain": 3.0, "mean": np.array([0.5, 1.0]), "std": np.array([2.0, 4.0])}
    embedder = SemanticEmbedder(SemanticTokenizer(Features(), params), "1234abcd")
    assert embedder.name == "semantic features 1234abcd"
    assert embedder.sample_rate == 8000
    audio = rng.standard_normal((3, 175)).astype(np.float32)
    steps = np.pad(audio, ((0, 0), (0, 5))).reshape(3, 18, 10)
    heard = 3.0 * np.stack([steps.mean(axis=2), steps.max(axis=2)], axis=-1)
    heard = (heard - params["mean"]) / params["std"]
    right = np.concatenate([heard.mean(axis=1), heard.std(axis=1)], axis=1)
    np.testing.assert_allclose(embedder.embed(audio), right, rtol=1e-4, atol=1e-5)


def test_mulan_is_its_audio_tower(rng):
    tower = types.SimpleNamespace(
        config=types.SimpleNamespace(mel=MEL), embed_audio=lambda audio: audio[:, :4]
    )
    embedder = MuLanEmbedder(tower, "1234abcd")
    assert (embedder.name, embedder.sample_rate) == ("MuLan 1234abcd", 8000)
    audio = rng.standard_normal((2, 100))
    np.testing.assert_array_equal(embedder.embed(audio), audio[:, :4])
