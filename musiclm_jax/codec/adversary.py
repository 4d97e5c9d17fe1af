"""What the discriminators tell the codec, and how they learn to tell.

SoundStream (2107.03312), section III-E, equations 1 to 3. Features are those of
`discriminators.Discriminators`: for each one its layers' outputs, the logits last.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import optax

from musiclm_jax.codec import losses
from musiclm_jax.codec.discriminators import (
    DiscriminatorConfig,
    Discriminators,
    Features,
)
from musiclm_jax.training.train_state import TrainState, gradient_step


@dataclasses.dataclass(frozen=True, kw_only=True)
class Adversary:
    """The discriminators under training.

    Attributes:
        config: of the discriminators.
        optimizer: of the discriminators.
        adversarial_weight: of equation 2, a share of the gradient as `losses.Term` has.
        feature_weight: of equation 3, likewise.
    """

    config: DiscriminatorConfig
    optimizer: optax.GradientTransformation
    adversarial_weight: float
    feature_weight: float

    @property
    def weights(self) -> dict[str, float]:
        """By term."""
        return {"adversarial": self.adversarial_weight, "feature": self.feature_weight}

    def init(self, rng: jax.Array, audio: jax.Array) -> TrainState:
        """Returns discriminators of `audio [batch, sample]` before the first step."""
        params = Discriminators(self.config).init(rng, audio)["params"]
        return TrainState.create(params, self.optimizer, keep_ema=False)

    def terms(
        self, params: Any, audio: jax.Array, decoded: jax.Array
    ) -> dict[str, jax.Array]:
        """What the codec lowers, of true and decoded sound [batch, sample]."""
        real, fake = self._features(params, audio, decoded)
        return {
            "adversarial": generator_hinge(fake),
            "feature": feature_matching(real, fake),
        }

    def step(
        self, state: TrainState, audio: jax.Array, decoded: jax.Array
    ) -> tuple[TrainState, jax.Array]:
        """Learns from true and decoded sound [batch, sample]; the loss [] before."""
        decoded = jax.lax.stop_gradient(decoded)

        def loss_fn(params: Any) -> tuple[jax.Array, None]:
            return discriminator_hinge(*self._features(params, audio, decoded)), None

        state, (loss, _), _ = gradient_step(
            state, self.optimizer, loss_fn, ema_decay=None
        )
        return state, loss

    def _features(
        self, params: Any, audio: jax.Array, decoded: jax.Array
    ) -> tuple[list[Features], list[Features]]:
        """The features of both sounds, out of one pass over both.

        It is the same pass for the codec's terms and for the discriminators' own loss,
        and XLA computes it once.
        """
        features = Discriminators(self.config).apply(
            {"params": params}, losses.interleave(audio, decoded)
        )
        pairs = jax.tree.map(losses.deinterleave, features)
        return jax.tree.transpose(
            jax.tree.structure(features), jax.tree.structure((0, 0)), pairs
        )


def discriminator_hinge(real: list[Features], fake: list[Features]) -> jax.Array:
    """Equation 1: hinge loss of the discriminators, mean over them and over time."""
    terms = [
        jnp.mean(jax.nn.relu(1.0 - r[-1])) + jnp.mean(jax.nn.relu(1.0 + f[-1]))
        for r, f in zip(real, fake, strict=True)
    ]
    return _mean(terms)


def generator_hinge(fake: list[Features]) -> jax.Array:
    """Equation 2: hinge loss of the codec, mean over discriminators and over time."""
    return _mean([jnp.mean(jax.nn.relu(1.0 - f[-1])) for f in fake])


def feature_matching(real: list[Features], fake: list[Features]) -> jax.Array:
    """Equation 3: mean absolute difference of all layers' outputs but the logits.

    Mean within a layer, then over the layers of all discriminators; no gradient reaches
    the features of real audio.
    """
    terms = [
        jnp.mean(jnp.abs(jax.lax.stop_gradient(r) - f))
        for reals, fakes in zip(real, fake, strict=True)
        for r, f in zip(reals[:-1], fakes[:-1], strict=True)
    ]
    return _mean(terms)


def _mean(terms: list[jax.Array]) -> jax.Array:
    return sum(terms[1:], terms[0]) / len(terms)
