"""Training of SoundStorm: hidden tokens of one level are guessed.

SoundStorm (2305.09636), section 3.2.
"""

import dataclasses
from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from musiclm_jax.files.ranges import Range
from musiclm_jax.layers.remat import check_policy
from musiclm_jax.soundstorm.masking import Masks, draw_masks
from musiclm_jax.soundstorm.network import SoundStormConfig
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

# Masks of an evaluation: the same at each.
_EVAL_SEED = 0


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class SoundStormTask:
    """Trains SoundStorm; see `training.task.Task` for the protocol.

    A batch is the codes [batch, time, level] of every kind, int32, by their names.

    Attributes:
        config: what it reads and writes, and sizes.
        optimizer: of the network.
        condition_dropout_rate: share of the rows that lose their MuLan tokens, so that
            it can be sampled without them and guided by them.
        prompt_rate: see `masking.draw_masks`, and so the next.
        blank_rate: there.
        learned: says which of the hidden tokens are learned from.
        ema_decay: of the moving average of the parameters.
        remat_policy: of `layers.remat.POLICIES`.
        num_microbatches: parts that a batch is computed in, one after the other.
        start: gives the trained part to go on from; at random if None.
    """

    config: SoundStormConfig
    optimizer: optax.GradientTransformation
    condition_dropout_rate: float
    prompt_rate: float
    blank_rate: float
    learned: Callable[[Masks], jax.Array]
    ema_decay: float
    remat_policy: str = "none"
    num_microbatches: int = 1
    start: Starts | None = None

    def __post_init__(self):
        check_policy(self.remat_policy)
        EMA_DECAY.check("ema_decay", self.ema_decay)
        for name in ("condition_dropout_rate", "prompt_rate", "blank_rate"):
            _SHARE.check(name, getattr(self, name))

    @property
    def part(self) -> str:
        """Name of the result in a bundle."""
        return "soundstorm"

    def init(self, rng: jax.Array, batch: Batch) -> TrainState:
        """Returns the untrained state; only the shapes of `batch` are used."""
        codes = {name: jnp.zeros_like(rows[:1]) for name, rows in batch.items()}
        variables = self.config.build().init(
            rng,
            codes,
            is_conditioned=jnp.ones((1,), bool),
        )
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
        """Measures the averaged parameters on masks that are the same each time."""
        params = nn.meta.unbox(state.ema_params)
        rng = jax.random.key(_EVAL_SEED)
        return self.loss(params, batch, rng, train=False)[1]

    def inference_params(self, state: TrainState) -> PyTree:
        """The averaged parameters."""
        return nn.meta.unbox(state.ema_params)

    def train_loss(self, batch: Batch, rng: jax.Array) -> LossFn:
        """Returns what maps parameters to the loss of a training batch, and metrics."""
        return accumulate(
            lambda params, rows, part: self.loss(
                params, rows, jax.random.fold_in(rng, part), train=True
            ),
            batch,
            num_microbatches=self.num_microbatches,
        )

    def loss(
        self, params: PyTree, batch: Batch, rng: jax.Array, *, train: bool
    ) -> tuple[jax.Array, Metrics]:
        """Cross-entropy of the hidden codes, and how well they were guessed.

        Args:
            params: of the network, unboxed.
            batch: codes [batch, time, level] by kind.
            rng: of masks and of what training drops.
            train: whether anything is dropped.
        """
        config = self.config
        mask_rng, condition_rng, dropout_rng = jax.random.split(rng, 3)
        codes = batch["acoustic"]
        masks = draw_masks(
            mask_rng,
            codes.shape,
            prompt_rate=self.prompt_rate,
            blank_rate=self.blank_rate,
        )
        seen = jnp.where(masks.hidden, config.unknown, codes)
        rate = 1 - self.condition_dropout_rate if train else 1.0
        logits = config.build(remat_policy=self.remat_policy).apply(
            {"params": params},
            batch | {"acoustic": seen},
            is_conditioned=jax.random.bernoulli(condition_rng, rate, (len(codes),)),
            train=train,
            rngs={"dropout": dropout_rng},
        )
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, codes)
        correct = (logits.argmax(axis=-1) == codes).astype(jnp.float32)
        learned = self.learned(masks)
        count = learned.sum()
        metrics = {
            "loss/cross_entropy": (losses * learned).sum() / count,
            "health/token_accuracy": (correct * learned).sum() / count,
            "health/learned_share": learned.mean(),
        }
        return metrics["loss/cross_entropy"], metrics
