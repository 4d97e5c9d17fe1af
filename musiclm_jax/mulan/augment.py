"""SpecAugment: bars of a log-mel spectrogram are blanked in training.

Park et al. (1904.08779), section 2, without time warping. Widths are shares of the
spectrogram, so that one config fits any frame rate and number of bands.
"""

import dataclasses

import jax
import jax.numpy as jnp


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpecAugmentConfig:
    """How much is blanked. The numbers are our choice: MuLan names the method only.

    Attributes:
        num_time_masks: bars across all bands, a clip.
        max_time_share: largest width of one, as a share of the frames.
        num_frequency_masks: bars along all frames, a clip.
        max_frequency_share: largest width of one, as a share of the bands.
    """

    num_time_masks: int
    max_time_share: float
    num_frequency_masks: int
    max_frequency_share: float

    def __post_init__(self):
        for name in ("max_time_share", "max_frequency_share"):
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise ValueError(f"{name}={share} is no share between 0 and 1.")


def spec_augment(
    config: SpecAugmentConfig, log_mel: jax.Array, rng: jax.Array
) -> jax.Array:
    """Sets random bars to zero, which is the corpus mean of standardised values.

    Args:
        config: how many bars and how wide at most.
        log_mel: [batch, frame, mel], standardised.
        rng: the key; every clip of the batch has its own bars.

    Returns:
        [batch, frame, mel].
    """
    batch, num_frames, num_mels = log_mel.shape
    time_rng, frequency_rng = jax.random.split(rng)
    kept_frames = ~_bars(
        time_rng,
        shape=(batch, config.num_time_masks),
        size=num_frames,
        max_width=int(config.max_time_share * num_frames),
    )
    kept_bands = ~_bars(
        frequency_rng,
        shape=(batch, config.num_frequency_masks),
        size=num_mels,
        max_width=int(config.max_frequency_share * num_mels),
    )
    return jnp.where(kept_frames[:, :, None] & kept_bands[:, None, :], log_mel, 0.0)


def _bars(
    rng: jax.Array, *, shape: tuple[int, int], size: int, max_width: int
) -> jax.Array:
    """Union of `shape[1]` random intervals of `[0, size)`: bool `[shape[0], size]`."""
    width_rng, start_rng = jax.random.split(rng)
    width = jax.random.randint(width_rng, shape, 0, max_width + 1)
    # Uniform over the starts that keep the whole bar inside.
    start = jax.random.uniform(start_rng, shape) * (size - width + 1)
    start = jnp.floor(start).astype(jnp.int32)
    place = jnp.arange(size)[None, None, :]  # [batch, bar, place]
    inside = (place >= start[:, :, None]) & (place < (start + width)[:, :, None])
    return jnp.any(inside, axis=1)
