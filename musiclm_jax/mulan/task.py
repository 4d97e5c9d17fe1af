"""Training of the two towers on pairs of a clip and its caption."""

import dataclasses
import math
from typing import ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from musiclm_jax.files.params_file import Params
from musiclm_jax.layers.remat import check_policy
from musiclm_jax.mulan import losses, network
from musiclm_jax.mulan.augment import SpecAugmentConfig
from musiclm_jax.mulan.text_start import TextStart
from musiclm_jax.training.train_state import EMA_DECAY, TrainState, gradient_step

# One over the temperature, bounded as in CLIP (2103.00020, section 2.5). The upper
# bound also ends the decoupled loss, which would fall for ever as the temperature does.
INITIAL_SCALE = 1 / 0.07
SCALE_RANGE = (1.0, 100.0)


def in_range(state: TrainState) -> TrainState:
    """Brings the temperature of `params["log_scale"]` back into its range."""
    log_scale = jnp.clip(
        state.params["log_scale"], *(math.log(scale) for scale in SCALE_RANGE)
    )
    return state.replace(params={**state.params, "log_scale": log_scale})


@dataclasses.dataclass(frozen=True, kw_only=True)
class MuLanTask:
    """Contrastive training over the global batch (MuLan, section 3).

    A batch is {"audio": [batch, sample], "text": [batch, length] int32}, where row i of
    both belong together.

    Attributes:
        config: the networks.
        optimizer: of both towers and the temperature.
        augment: what is blanked in the spectrograms of training.
        loss: one of `losses`.
        ema_decay: of the averaged parameters, see `gradient_step`.
        text_start: the language model that the text tower starts as; at random if None.
        frozen: parameters of the text tower that are not trained, as
            `text_start.encoder` gives them; None where all are.
        remat_policy: of `layers.remat.POLICIES`, for both towers.
    """

    config: network.MuLanConfig
    optimizer: optax.GradientTransformation
    augment: SpecAugmentConfig
    loss: losses.Loss
    ema_decay: float
    text_start: TextStart | None = None
    frozen: Params | None = None
    remat_policy: str = "none"

    def __post_init__(self):
        check_policy(self.remat_policy)
        EMA_DECAY.check("ema_decay", self.ema_decay)
        if self.text_start is not None:
            self.text_start.check(self.config.text_tower)

    PART: ClassVar[str] = "mulan"

    def init(self, rng: jax.Array, batch: dict[str, jax.Array]) -> TrainState:
        """Returns the state before the first step."""
        del batch  # the config alone gives the shapes
        params = network.init_params(self.config, rng)
        params["text_tower"] = {
            name: value
            for name, value in params["text_tower"].items()
            if name not in (self.frozen or {})
        }
        params["log_scale"] = jnp.float32(math.log(INITIAL_SCALE))
        return TrainState.create(params, self.optimizer)

    def with_start(self, state: TrainState) -> TrainState:
        """Returns the state of `init` with the published language model in its place.

        Beside the compiled `init`, whose constants the parameters would else become.
        """
        if self.text_start is None:
            return state
        params, ema_params = (
            {**params, "text_tower": self.text_start.put(params["text_tower"])}
            for params in (state.params, state.ema_params)
        )
        return state.replace(params=params, ema_params=ema_params)

    def train_step(
        self,
        state: TrainState,
        batch: dict[str, jax.Array],
        rng: jax.Array,
    ) -> tuple[TrainState, dict[str, jax.Array]]:
        """Returns the state after one step, and its metrics."""
        augment_rng, dropout_rng = jax.random.split(rng)

        def loss_fn(params):
            audio = network.embed_clips(
                self.config,
                params,
                batch["audio"],
                augment=self.augment,
                rng=augment_rng,
                remat_policy=self.remat_policy,
            )
            text = network.embed_texts(
                self.config,
                self._whole(params),
                batch["text"],
                dropout_rng=dropout_rng,
                remat_policy=self.remat_policy,
            )
            return self._loss_and_metrics(params, audio, text, batch["text"])

        state, (_, metrics), step_metrics = gradient_step(
            state, self.optimizer, loss_fn, ema_decay=self.ema_decay
        )
        return in_range(state), metrics | step_metrics

    def eval_step(
        self, state: TrainState, batch: dict[str, jax.Array]
    ) -> dict[str, jax.Array]:
        """Returns the same metrics, with averaged parameters and nothing blanked."""
        params = state.ema_params
        audio = network.embed_clips(self.config, params, batch["audio"])
        text = network.embed_texts(self.config, self._whole(params), batch["text"])
        return self._loss_and_metrics(params, audio, text, batch["text"])[1]

    def inference_params(self, state: TrainState) -> dict:
        """Returns the averaged towers; the codebooks are fitted to them afterwards."""
        average = self._whole(nn.meta.unbox(state.ema_params))
        return {name: average[name] for name in ("audio_tower", "text_tower")}

    def _whole(self, params: dict) -> dict:
        """Returns the parameters with those beside them that are not trained."""
        frozen = nn.meta.unbox(self.frozen or {})
        return params | {"text_tower": params["text_tower"] | frozen}

    def _loss_and_metrics(
        self, params: dict, audio: jax.Array, text: jax.Array, tokens: jax.Array
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Compares `[batch, embed]` of clips and captions."""
        scale = jnp.exp(params["log_scale"])
        candidates = losses.candidate_mask(tokens)
        loss = self.loss(audio @ text.T * scale, candidates)
        metrics = losses.retrieval_metrics(audio, text, candidates, scale)
        return loss, {"loss/total": loss} | metrics
