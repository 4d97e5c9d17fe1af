"""A text tower that reads a sentence encoder as it was published.

A sentence encoder places words that no caption holds beside those that one does, as
long as it is left as it is; but the mean of its tokens, which it was trained for, says
what a text is about and little of what it mentions. So beside the mean stand some
weighted means, each with weights of its own, learned from the captions (Lin et al.,
1703.03130): one may look for the tempo, another for the instrument.
"""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.layers.dropout import DROPOUT_RATE, Dropout
from musiclm_jax.mulan.text_tower import TextTower, TextTowerConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class SentenceTowerConfig(TextTowerConfig):
    """Sizes of the tower.

    Attributes:
        num_readings: weighted means beside the plain one.
        reading_dim: width inside the small network that weighs the tokens.
        reading_dropout_rate: on what is read, in training; `dropout_rate` is of the
            encoder, which wants none where it is not trained.
    """

    num_readings: int
    reading_dim: int
    reading_dropout_rate: float

    def __post_init__(self):
        super().__post_init__()
        if self.num_readings < 1 or self.reading_dim < 1:
            raise ValueError(
                f"num_readings={self.num_readings} and reading_dim={self.reading_dim} "
                "must be at least 1."
            )
        DROPOUT_RATE.check("reading_dropout_rate", self.reading_dropout_rate)

    def module(self, embed_dim: int, *, remat_policy: str = "none") -> nn.Module:
        """Returns the tower into a space of `embed_dim` dimensions."""
        return SentenceTower(self, embed_dim, remat_policy)


class SentenceTower(TextTower):
    """Maps texts to unit vectors; see `TextTower`."""

    config: SentenceTowerConfig

    def pooled(self, x: jax.Array, present: jax.Array, *, train: bool) -> jax.Array:
        """Maps `[batch, length, embed]` to `[batch, reading * embed]`."""
        config = self.config
        readings = Readings(config, name="pooling")(x, present)
        readings = readings.reshape(x.shape[0], -1)
        return Dropout(config.reading_dropout_rate)(readings, train=train)


class Readings(nn.Module):
    """Means over the tokens of a text: a plain one, and weighted ones."""

    config: SentenceTowerConfig

    @nn.compact
    def __call__(self, x: jax.Array, present: jax.Array) -> jax.Array:
        """Reads.

        Args:
            x: [batch, length, embed].
            present: [batch, length], bool, false at padding.

        Returns:
            [batch, reading, embed], float32, each of zero mean and unit variance but
            for a learned scale and bias.
        """
        config = self.config
        x = x.astype(jnp.float32)
        scores = _dense(config.reading_dim, ("embed", "mlp"), name="hidden")(x)
        scores = _dense(config.num_readings, ("mlp", None), name="scores")(
            nn.tanh(scores)
        )
        # A score of zero everywhere is the plain mean.
        scores = jnp.pad(scores, ((0, 0), (0, 0), (0, 1)))
        scores = jnp.where(present[:, :, None], scores, jnp.finfo(jnp.float32).min)
        weights = jax.nn.softmax(scores, axis=1)
        readings = jnp.einsum("btr,bte->bre", weights, x)
        return nn.LayerNorm(
            scale_init=nn.with_logical_partitioning(nn.initializers.ones, ("embed",)),
            bias_init=nn.with_logical_partitioning(nn.initializers.zeros, ("embed",)),
            name="norm",
        )(readings)


def _dense(features: int, axes: tuple[str | None, ...], *, name: str) -> nn.Dense:
    return nn.Dense(
        features,
        kernel_init=nn.with_logical_partitioning(nn.initializers.lecun_normal(), axes),
        bias_init=nn.with_logical_partitioning(nn.initializers.zeros, axes[-1:]),
        name=name,
    )
