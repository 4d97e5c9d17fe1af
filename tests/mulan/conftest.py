import pytest

from musiclm_jax.mulan.audio_tower import AudioTowerConfig
from musiclm_jax.mulan.network import MuLanConfig
from musiclm_jax.mulan.text_tower import TextTowerConfig
from musiclm_jax.signal.mel import MelConfig


@pytest.fixture(scope="session")
def config() -> MuLanConfig:
    """The smallest MuLan that has every part: windows of 1 s every 0.25 s, at 1 kHz."""
    return MuLanConfig(
        mel=MelConfig(
            sample_rate=1000,
            frame_length=50,
            hop_length=20,
            num_mels=8,
            low_hz=20.0,
            high_hz=500.0,
        ),
        audio_tower=AudioTowerConfig(
            width=4,
            stage_sizes=(1, 1),
            num_groups=2,
            log_mel_mean=0.0,
            log_mel_std=1.0,
            scan_layers=False,
            dtype="float32",
        ),
        text_tower=TextTowerConfig(
            vocab_size=20,
            max_length=6,
            num_layers=1,
            num_heads=2,
            embed_dim=8,
            mlp_dim=16,
            dropout_rate=0.1,
            scan_layers=False,
            dtype="float32",
        ),
        embed_dim=6,
        window_seconds=1.0,
        stride_seconds=0.25,
    )
