"""Trains w2v-BERT: contrastive and masked prediction together.

w2v-BERT (2108.06209), section 3.2: total = contrastive + masked prediction, where
contrastive = its own loss + a share of the diversity loss.
"""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

from musiclm_jax.layers.remat import check_policy
from musiclm_jax.semantic import losses, masking, network
from musiclm_jax.training.train_state import EMA_DECAY, TrainState, gradient_step

Batch = dict[str, jax.Array]
Metrics = dict[str, jax.Array]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pretraining:
    """What the two tasks of w2v-BERT are made of (section 3.2).

    Attributes:
        mask_start_probability: that a step starts a span of masked steps.
        mask_span: steps of a span.
        mask_scale: standard deviation of the noise in place of masked latents, whose
            own is 1 (our choice, see docs/deviations.md).
        num_distractors: beside the right answer of the contrastive task.
        contrastive_temperature: divides the cosines of the contrastive task.
        gumbel_start: first temperature of the quantizer's Gumbel softmax
            (wav2vec 2.0, section 4.2; so the next two).
        gumbel_end: its last temperature.
        gumbel_decay: its factor from step to step.
        contrastive_weight: beta in the paper.
        masked_weight: gamma.
        diversity_weight: alpha.
    """

    mask_start_probability: float
    mask_span: int
    mask_scale: float
    num_distractors: int
    contrastive_temperature: float
    gumbel_start: float
    gumbel_end: float
    gumbel_decay: float
    contrastive_weight: float
    masked_weight: float
    diversity_weight: float

    def gumbel_temperature(self, step: jax.Array) -> jax.Array:
        """Returns the temperature at `step`, [], float32."""
        decayed = self.gumbel_start * self.gumbel_decay ** step.astype(jnp.float32)
        return jnp.maximum(decayed, self.gumbel_end)


@dataclasses.dataclass(frozen=True, kw_only=True)
class W2vBertTask:
    """A `training.task.Task` on batches of {"audio": [batch, sample]}.

    Attributes:
        config: of the network.
        pretraining: of the losses.
        optimizer: of all parameters.
        ema_decay: of the moving average of the parameters.
        remat_policy: of `layers.remat.POLICIES`.
    """

    PART: ClassVar[str] = "semantic"

    config: network.W2vBertConfig
    pretraining: Pretraining
    optimizer: optax.GradientTransformation
    ema_decay: float
    remat_policy: str = "none"

    def __post_init__(self):
        check_policy(self.remat_policy)
        EMA_DECAY.check("ema_decay", self.ema_decay)

    def init(self, rng: jax.Array, batch: Batch) -> TrainState:
        """Returns random parameters and an optimizer that starts."""
        audio = self._whole_steps(batch["audio"])
        params_rng, noise_rng = jax.random.split(rng)
        mask = jnp.zeros((audio.shape[0], audio.shape[1] // self.config.hop_length))
        params = network.W2vBert(self.config).init(
            {"params": params_rng, "mask": noise_rng},
            audio,
            mask.astype(bool),
            mask_scale=self.pretraining.mask_scale,
            temperature=jnp.ones(()),
            train=False,
        )["params"]
        return TrainState.create(params, self.optimizer)

    def train_step(
        self, state: TrainState, batch: Batch, rng: jax.Array
    ) -> tuple[TrainState, Metrics]:
        """Takes one step on freshly masked steps."""
        temperature = self.pretraining.gumbel_temperature(state.step)

        def loss_fn(params):
            return self._loss(params, batch["audio"], rng, temperature, train=True)

        state, (_, metrics), health = gradient_step(
            state, self.optimizer, loss_fn, ema_decay=self.ema_decay
        )
        metrics = {**metrics, **health, "codebook/gumbel_temperature": temperature}
        return state, metrics

    def eval_step(self, state: TrainState, batch: Batch) -> Metrics:
        """Measures the averaged parameters; the same steps are masked each time."""
        rng = jax.random.key(0)
        temperature = jnp.ones(())
        _, metrics = self._loss(
            state.ema_params, batch["audio"], rng, temperature, train=False
        )
        return metrics

    def inference_params(self, state: TrainState) -> dict:
        """Returns {"network": averaged parameters up to the tap}, unboxed."""
        params = nn.meta.unbox(state.ema_params)
        return {"network": network.parameters_up_to_tap(self.config, params)}

    def _whole_steps(self, audio: jax.Array) -> jax.Array:
        """Cuts the end of `audio [batch, sample]` that is no whole step."""
        num_steps = audio.shape[1] // self.config.hop_length
        if num_steps < 2:
            raise ValueError(
                f"audio must have at least {2 * self.config.hop_length} samples, "
                f"got {audio.shape[1]}"
            )
        return audio[:, : num_steps * self.config.hop_length]

    def _loss(
        self,
        params: dict,
        audio: jax.Array,
        rng: jax.Array,
        temperature: jax.Array,
        *,
        train: bool,
    ) -> tuple[jax.Array, Metrics]:
        """Masks steps, runs the network and weighs the losses."""
        pretraining = self.pretraining
        audio = self._whole_steps(audio)
        mask_rng, distractor_rng, noise_rng, gumbel_rng, dropout_rng = jax.random.split(
            rng, 5
        )
        mask = masking.span_mask(
            mask_rng,
            (audio.shape[0], audio.shape[1] // self.config.hop_length),
            start_probability=pretraining.mask_start_probability,
            span=pretraining.mask_span,
        )
        distractors, has_distractors = masking.sample_distractors(
            distractor_rng, mask, num_distractors=pretraining.num_distractors
        )
        outputs = network.W2vBert(self.config, self.remat_policy).apply(
            {"params": params},
            audio,
            mask,
            mask_scale=pretraining.mask_scale,
            temperature=temperature,
            train=train,
            rngs={"mask": noise_rng, "gumbel": gumbel_rng, "dropout": dropout_rng},
        )
        return self._weigh(outputs, mask, distractors, has_distractors)

    def _weigh(
        self,
        outputs: network.Outputs,
        mask: jax.Array,
        distractors: jax.Array,
        has_distractors: jax.Array,
    ) -> tuple[jax.Array, Metrics]:
        """Sums the losses and says how far each is from knowing nothing."""
        pretraining, quantized = self.pretraining, outputs.quantized
        contrast = losses.contrastive_loss(
            outputs.context,
            quantized.vectors,
            quantized.chosen,
            distractors,
            has_distractors,
            temperature=pretraining.contrastive_temperature,
        )
        diversity = losses.diversity_loss(quantized.logits)
        masked, accuracy = losses.masked_prediction_loss(
            outputs.predictions, quantized.codes, mask
        )
        total = pretraining.masked_weight * masked + pretraining.contrastive_weight * (
            contrast.loss + pretraining.diversity_weight * diversity
        )
        shares = losses.code_shares(quantized.codes, mask, self.config.codebook_size)
        return total, {
            "loss/total": total,
            "loss/contrastive": contrast.loss,
            "loss/masked_prediction": masked,
            "loss/diversity": diversity,
            "health/contrastive_minus_chance": contrast.loss - contrast.chance,
            "health/contrastive_accuracy": contrast.accuracy,
            "health/masked_accuracy": accuracy,
            "health/masked_accuracy_unigram": shares.max(),
            "codebook/perplexity": losses.perplexity(shares),
            "codebook/used_share": (shares > 0).mean(),
        }
