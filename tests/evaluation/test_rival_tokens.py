import numpy as np
import pytest

from musiclm_jax.evaluation import rival_tokens
from musiclm_jax.semantic.network import W2vBertConfig
from musiclm_jax.signal.mel import MelConfig

RATE = 8000
CONFIG = W2vBertConfig(
    mel=MelConfig(
        sample_rate=RATE,
        frame_length=200,
        hop_length=80,
        num_mels=16,
        low_hz=0.0,
        high_hz=4000.0,
    ),
    log_mel_std=2.0,
    conv_channels=4,
    embed_dim=16,
    mlp_dim=32,
    num_heads=2,
    kernel_size=3,
    num_contrastive_layers=1,
    num_masked_layers=2,
    dropout_rate=0.0,
    codebook_size=12,
    codebook_dim=8,
    tap_layer=1,
    num_centroids=6,
    window_seconds=1.0,
    stride_seconds=0.2,
    scan_layers=False,
    dtype="float32",
)


@pytest.fixture(scope="module")
def audio():
    """Tones that change every fifth of a second."""
    rng = np.random.default_rng(0)
    hz = np.repeat(rng.choice([200.0, 700.0, 2500.0], (6, 10)), RATE // 5, axis=1)
    phase = 2 * np.pi * np.cumsum(hz, axis=1) / RATE
    return (0.3 * np.sin(phase)).astype(np.float32)


@pytest.mark.parametrize("rival", [rival_tokens.untrained, rival_tokens.log_mel])
def test_tokens_at_the_rate_of_the_network_and_the_same_again(rival, audio):
    tokenize = rival(CONFIG, audio, seed=0)
    codes = tokenize(audio)
    assert codes.shape == (6, 2 * CONFIG.frame_rate)
    # As many as the kinds of sound, at least.
    assert len(np.unique(codes)) >= 3
    assert codes.min() >= 0 and codes.max() < CONFIG.num_centroids
    np.testing.assert_array_equal(codes, rival(CONFIG, audio, seed=0)(audio))


def test_log_mel_tokens_tell_tones_apart(audio):
    times = np.arange(RATE) / RATE
    low, high = (0.3 * np.sin(2 * np.pi * hz * times) for hz in (200.0, 2500.0))
    tokenize = rival_tokens.log_mel(CONFIG, audio, seed=0)
    codes = tokenize(np.stack([low, high]).astype(np.float32))[:, 2:-2]
    assert not set(codes[0]) & set(codes[1])
