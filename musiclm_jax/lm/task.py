"""Training of a token stage: next-token prediction behind a prefix.

MusicLM, section 3.2; AudioLM, section III-C: the loss starts at the first target token.
"""

import dataclasses
from collections.abc import Mapping

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from musiclm_jax.files.ranges import Range
from musiclm_jax.layers.relative_bias import BiasInit, t5_start
from musiclm_jax.layers.remat import check_policy
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.teacher_forcing import target_logits
from musiclm_jax.training.train_state import (
    EMA_DECAY,
    LossFn,
    PyTree,
    TrainState,
    accumulate,
    gradient_step,
)
from musiclm_jax.training.warm_start import Starts

Batch = dict[str, jax.Array]
Metrics = dict[str, jax.Array]

_SHARE = Range(kind=float, low=0, high=1)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class StageTask:
    """Trains one stage; see `training.task.Task` for the protocol.

    A batch is the codes [batch, time, level] of every kind, int32, by their names.

    Attributes:
        config: stage, id space and sizes.
        optimizer: of the network.
        condition_dropout_rates: by condition (`stages.CONDITIONS`), the share of the
            examples that lose its tokens, so that the stage can be sampled without them
            and guided by them.
        z_loss: weight of the squared log-normaliser, which keeps logits from drifting.
        ema_decay: of the moving average of the parameters.
        bias_init: draws the relative bias at the start.
        remat_policy: of `layers.remat.POLICIES`.
        num_microbatches: parts that a batch is computed in, one after the other.
        start: gives the trained part to go on from; at random if None.
    """

    config: StageConfig
    optimizer: optax.GradientTransformation
    condition_dropout_rates: Mapping[str, float]
    z_loss: float
    ema_decay: float
    bias_init: BiasInit = t5_start
    remat_policy: str = "none"
    num_microbatches: int = 1
    start: Starts | None = None

    def __post_init__(self):
        check_policy(self.remat_policy)
        EMA_DECAY.check("ema_decay", self.ema_decay)
        for name in self.config.stage.conditions:
            if name not in self.condition_dropout_rates:
                raise ValueError(
                    f"stage {self.config.stage.name!r} reads {name} tokens: "
                    "condition_dropout_rates must say how often it is to lose them"
                )
        for name, rate in self.condition_dropout_rates.items():
            _SHARE.check(f"condition_dropout_rates of {name}", rate)
        Range(kind=float, low=0).check("z_loss", self.z_loss)
        Range(kind=int, low=1).check("num_microbatches", self.num_microbatches)

    @property
    def part(self) -> str:
        """Name of the result in a bundle."""
        return f"{self.config.stage.name}_stage"

    def init(self, rng: jax.Array, batch: Batch) -> TrainState:
        """Returns the untrained state; the shapes come from the config alone."""
        del batch
        layout = self.config.layout(self.config.stage.crop_seconds)
        tokens = jnp.zeros((1, len(layout.positions)), jnp.int32)
        network = self.config.build(bias_init=self.bias_init)
        variables = network.init(rng, tokens, layout)
        return TrainState.create(variables["params"], self.optimizer)

    def with_start(self, state: TrainState) -> TrainState:
        """Returns the state of `init`, or the trained part in its place."""
        if self.start is None:
            return state
        return self.start(self.part).begin(self.config, state)

    def train_step(
        self, state: TrainState, batch: Batch, rng: jax.Array
    ) -> tuple[TrainState, Metrics]:
        """Takes one gradient step."""
        state, (_, metrics), health = gradient_step(
            state,
            self.optimizer,
            self.train_loss(batch, rng),
            ema_decay=self.ema_decay,
        )
        return state, {**metrics, **health}

    def eval_step(self, state: TrainState, batch: Batch) -> Metrics:
        """Measures the averaged parameters, nothing dropped."""
        return self.loss(nn.meta.unbox(state.ema_params), batch, None)[1]

    def inference_params(self, state: TrainState) -> PyTree:
        """The averaged parameters."""
        return nn.meta.unbox(state.ema_params)

    def train_loss(self, batch: Batch, rng: jax.Array) -> LossFn:
        """Returns what maps parameters to the loss of a training batch, and metrics."""
        return accumulate(
            lambda params, rows, part: self.loss(
                params, rows, jax.random.fold_in(rng, part)
            ),
            batch,
            num_microbatches=self.num_microbatches,
        )

    def loss(
        self, params: PyTree, batch: Batch, rng: jax.Array | None
    ) -> tuple[jax.Array, Metrics]:
        """Cross-entropy of the target codes, and how well they were guessed.

        Args:
            params: of the network, unboxed.
            batch: codes [batch, time, level] by kind.
            rng: of what training drops, conditions and activations; None drops
                nothing.
        """
        config = self.config
        drop_rng, dropout_rng = (None, None) if rng is None else jax.random.split(rng)
        prefix = self._prefix(batch, drop_rng)
        codes = config.stage.target.select(batch)
        network = config.build(remat_policy=self.remat_policy).bind(
            {"params": params},
            rngs=None if dropout_rng is None else {"dropout": dropout_rng},
        )
        logits = target_logits(
            config, network, prefix, codes, train=dropout_rng is not None
        )
        normaliser = jax.nn.logsumexp(logits, axis=-1)
        score = jnp.take_along_axis(logits, codes[..., None], axis=-1)[..., 0]
        cross_entropy = (normaliser - score).mean()
        z_loss = self.z_loss * jnp.square(normaliser).mean()
        correct = (logits.argmax(axis=-1) == codes).astype(jnp.float32)
        metrics = {
            "loss/total": cross_entropy + z_loss,
            "loss/cross_entropy": cross_entropy,
            "health/token_accuracy": correct.mean(),
            "health/token_accuracy_unigram": unigram_accuracy(
                codes, config.target.codebook_size
            ),
            "accuracy/first_level": correct[:, :, 0].mean(),
            "accuracy/last_level": correct[:, :, -1].mean(),
        }
        return metrics["loss/total"], metrics

    def _prefix(self, batch: Batch, drop_rng: jax.Array | None) -> jax.Array:
        """Ids [batch, prefix], shares of the rows without a condition."""
        stage, vocabulary = self.config.stage, self.config.vocabulary
        prefix = stage.prefix_tokens(vocabulary, batch)
        if drop_rng is None:
            return prefix
        dropped = {}
        for number, name in enumerate(stage.conditions):
            key = jax.random.fold_in(drop_rng, number)
            rate = self.condition_dropout_rates[name]
            dropped[name] = jax.random.bernoulli(key, rate, (prefix.shape[0],))
        return stage.drop_conditioning(vocabulary, prefix, dropped)


def unigram_accuracy(codes: jax.Array, codebook_size: int) -> jax.Array:
    """Share of the codes that are their level's most frequent one.

    What always guessing that code would score: the floor of `health/token_accuracy`.

    Args:
        codes: [batch, time, level].
        codebook_size: codes a level.
    """
    levels = codes.shape[-1]
    flat = codes.reshape(-1, levels)
    counts = jnp.zeros((levels, codebook_size), jnp.int32)
    counts = counts.at[jnp.arange(levels)[None, :], flat].add(1)
    return (counts.max(axis=-1) / flat.shape[0]).mean()
