"""Training of the image tower against the frozen text tower."""

import dataclasses
import math
from typing import ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from musiclm_jax.mulan import image_tower, losses
from musiclm_jax.mulan.task import INITIAL_SCALE, in_range
from musiclm_jax.training.frozen import FrozenNetwork
from musiclm_jax.training.train_state import EMA_DECAY, TrainState, gradient_step


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageTask:
    """Pictures learn to lie where their descriptions lie.

    A batch is {"image": [batch, row, column, channel=3] uint8, "text": [batch, length]
    int32}, where row i of both belong together. A contrastive loss tells pictures
    apart; a second one draws each to its own text, for it is quantised as texts are.

    Attributes:
        config: the network.
        frozen: the text tower, that maps a batch to [batch, 1, embed].
        optimizer: of the tower and the temperature.
        loss: one of `losses`.
        nearness_weight: of the second loss, one minus the cosine of a pair.
        ema_decay: of the averaged parameters, see `gradient_step`.
    """

    config: image_tower.ImageTowerConfig
    frozen: FrozenNetwork
    optimizer: optax.GradientTransformation
    loss: losses.Loss
    nearness_weight: float
    ema_decay: float

    def __post_init__(self):
        EMA_DECAY.check("ema_decay", self.ema_decay)

    PART: ClassVar[str] = "image_tower"

    def init(self, rng: jax.Array, batch: dict[str, jax.Array]) -> TrainState:
        """Returns the state before the first step.

        Raises:
            ValueError: the text tower's space has other dimensions.
        """
        texts = jax.eval_shape(lambda frozen, x: frozen(x), self.frozen, batch)
        if texts.shape[-1] != self.config.embed_dim:
            raise ValueError(
                f"the image tower has embed_dim={self.config.embed_dim}, but the text "
                f"tower of the bundle leads into {texts.shape[-1]} dimensions"
            )
        params = image_tower.init_params(self.config, rng)
        params["log_scale"] = jnp.float32(math.log(INITIAL_SCALE))
        return TrainState.create(params, self.optimizer)

    def train_step(
        self, state: TrainState, batch: dict[str, jax.Array], rng: jax.Array
    ) -> tuple[TrainState, dict[str, jax.Array]]:
        """Returns the state after one step, and its metrics; `rng` is not used."""
        del rng
        text = self.frozen(batch)[:, 0]

        def loss_fn(params):
            return self._loss_and_metrics(params, batch, text)

        state, (_, metrics), step_metrics = gradient_step(
            state, self.optimizer, loss_fn, ema_decay=self.ema_decay
        )
        return in_range(state), metrics | step_metrics

    def eval_step(
        self, state: TrainState, batch: dict[str, jax.Array]
    ) -> dict[str, jax.Array]:
        """Returns the same metrics, with averaged parameters."""
        text = self.frozen(batch)[:, 0]
        return self._loss_and_metrics(state.ema_params, batch, text)[1]

    def inference_params(self, state: TrainState) -> dict:
        """Returns the averaged tower."""
        average = nn.meta.unbox(state.ema_params)
        return {"image_tower": average["image_tower"]}

    def _loss_and_metrics(
        self, params: dict, batch: dict[str, jax.Array], text: jax.Array
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Compares pictures with texts [batch, embed]."""
        image = image_tower.embed_images(self.config, params, batch["image"])
        scale = jnp.exp(params["log_scale"])
        candidates = losses.candidate_mask(batch["text"])
        contrastive = self.loss(image @ text.T * scale, candidates)
        farness = 1.0 - jnp.mean(jnp.sum(image * text, axis=-1))
        loss = contrastive + self.nearness_weight * farness
        metrics = losses.retrieval_metrics(image, text, candidates, scale)
        # That file knows clips and captions.
        spread = metrics.pop("health/audio_spread")
        metrics |= {"loss/total": loss, "loss/contrastive": contrastive}
        return loss, metrics | {"health/image_spread": spread}
