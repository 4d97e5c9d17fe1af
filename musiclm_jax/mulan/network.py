"""The two towers behind one config: log-mel front end, audio tower, text tower.

MuLan (2208.12415), section 3; windows and strides: MusicLM (2301.11325), section 3.1.
"""

import dataclasses

import jax
import jax.numpy as jnp

from musiclm_jax.mulan import augment as augment_lib
from musiclm_jax.mulan.audio_tower import AudioTowerConfig
from musiclm_jax.mulan.sentence_tower import SentenceTowerConfig
from musiclm_jax.mulan.temporal_tower import TemporalTowerConfig
from musiclm_jax.mulan.text_tower import TextTowerConfig
from musiclm_jax.signal import mel


@dataclasses.dataclass(frozen=True, kw_only=True)
class MuLanConfig:
    """A joint embedding of music and text.

    Attributes:
        mel: the front end of the audio tower.
        audio_tower: which tower, and its sizes.
        text_tower: which tower, and its sizes.
        embed_dim: dimensions of the shared space.
        window_seconds: what the audio tower hears at once.
        stride_seconds: from one window of a longer piece to the next.
    """

    mel: mel.MelConfig
    audio_tower: AudioTowerConfig | TemporalTowerConfig
    text_tower: TextTowerConfig | SentenceTowerConfig
    embed_dim: int = 128
    window_seconds: float = 10.0
    stride_seconds: float = 1.0

    def __post_init__(self):
        if not 0 < self.stride_seconds <= self.window_seconds:
            raise ValueError(
                f"stride_seconds={self.stride_seconds} is not between 0 and "
                f"window_seconds={self.window_seconds}."
            )

    @property
    def window_length(self) -> int:
        """Samples in a window."""
        return round(self.window_seconds * self.mel.sample_rate)

    @property
    def stride_length(self) -> int:
        """Samples from one window to the next."""
        return round(self.stride_seconds * self.mel.sample_rate)


def features(config: MuLanConfig, audio: jax.Array) -> jax.Array:
    """Computes what the audio tower reads.

    Args:
        config: of the embedding.
        audio: [batch, sample], at the front end's rate.

    Returns:
        [batch, frame, mel], standardised.
    """
    tower = config.audio_tower
    log_mel = mel.log_mel_spectrogram(audio, config.mel)
    return (log_mel - tower.log_mel_mean) / tower.log_mel_std


def init_params(config: MuLanConfig, rng: jax.Array) -> dict:
    """Draws the parameters of both towers.

    Args:
        config: of the embedding.
        rng: the key.

    Returns:
        {"audio_tower": ..., "text_tower": ...}, in flax boxes with logical axes.
    """
    audio_rng, text_rng = jax.random.split(rng)
    num_frames = config.window_length // config.mel.hop_length
    log_mel = jnp.zeros((1, num_frames, config.mel.num_mels))
    tokens = jnp.ones((1, config.text_tower.max_length), jnp.int32)
    audio_tower = config.audio_tower.module(config.embed_dim)
    text_tower = config.text_tower.module(config.embed_dim)
    return {
        "audio_tower": audio_tower.init(audio_rng, log_mel)["params"],
        "text_tower": text_tower.init(text_rng, tokens, train=False)["params"],
    }


def embed_clips(
    config: MuLanConfig,
    params: dict,
    audio: jax.Array,
    *,
    augment: augment_lib.SpecAugmentConfig | None = None,
    rng: jax.Array | None = None,
    remat_policy: str = "none",
) -> jax.Array:
    """Embeds each clip as one window, whatever its length.

    Args:
        config: of the embedding.
        params: with the key "audio_tower".
        audio: [batch, sample].
        augment: what is blanked in training; None leaves the clip as it is.
        rng: the key `augment` needs.
        remat_policy: of `layers.remat.POLICIES`.

    Returns:
        [batch, embed], of unit length.
    """
    log_mel = features(config, audio)
    if augment is not None:
        log_mel = augment_lib.spec_augment(augment, log_mel, rng)
    tower = config.audio_tower.module(config.embed_dim, remat_policy=remat_policy)
    return tower.apply({"params": params["audio_tower"]}, log_mel)


def embed_texts(
    config: MuLanConfig,
    params: dict,
    tokens: jax.Array,
    *,
    dropout_rng: jax.Array | None = None,
    remat_policy: str = "none",
) -> jax.Array:
    """Embeds texts.

    Args:
        config: of the embedding.
        params: with the key "text_tower".
        tokens: [batch, length], int32, [CLS] first, padded with -1.
        dropout_rng: the key of the dropout in training; None for inference.
        remat_policy: of `layers.remat.POLICIES`.

    Returns:
        [batch, embed], of unit length.
    """
    tower = config.text_tower.module(config.embed_dim, remat_policy=remat_policy)
    return tower.apply(
        {"params": params["text_tower"]},
        tokens,
        train=dropout_rng is not None,
        rngs=None if dropout_rng is None else {"dropout": dropout_rng},
    )
