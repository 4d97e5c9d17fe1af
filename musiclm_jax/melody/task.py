"""Training of the melody network on two performances of each tune."""

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import flax.linen as nn
import jax
import optax

from musiclm_jax.layers.remat import check_policy
from musiclm_jax.melody import losses
from musiclm_jax.melody.network import MelodyConfig, embed, init_params
from musiclm_jax.training.train_state import EMA_DECAY, TrainState, gradient_step

Batch = dict[str, jax.Array]
Metrics = dict[str, jax.Array]
Loss = Callable[[jax.Array, jax.Array], jax.Array]
"""Of embeddings [batch, embed] of two performances of each tune."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MelodyTask:
    """A `training.task.Task`: MusicLM, appendix C.

    A batch is {"first": [batch, sample], "second": [batch, sample]}, the same stretch
    of the same tune in different sound. It is cut into windows, each a tune of its own:
    what goes before and after in a song is what is most easily taken for it.

    Attributes:
        config: the network.
        optimizer: of it.
        loss: one of `losses`.
        ema_decay: of the averaged parameters, see `gradient_step`.
        remat_policy: of `layers.remat.POLICIES`.
    """

    config: MelodyConfig
    optimizer: optax.GradientTransformation
    loss: Loss
    ema_decay: float
    remat_policy: str = "none"

    def __post_init__(self):
        check_policy(self.remat_policy)
        EMA_DECAY.check("ema_decay", self.ema_decay)

    PART: ClassVar[str] = "melody"

    def init(self, rng: jax.Array, batch: Batch) -> TrainState:
        """Returns the state before the first step.

        Raises:
            ValueError: the stretches of the batch are no whole windows.
        """
        length, window = batch["first"].shape[1], self.config.window_length
        if length % window:
            raise ValueError(
                f"stretches of {length} samples are no whole windows of {window}"
            )
        return TrainState.create(init_params(self.config, rng), self.optimizer)

    def train_step(
        self, state: TrainState, batch: Batch, rng: jax.Array
    ) -> tuple[TrainState, Metrics]:
        """Returns the state after one step, and its metrics."""

        def loss_fn(params: dict) -> tuple[jax.Array, Metrics]:
            return self._loss(params, batch, rng)

        state, (_, metrics), health = gradient_step(
            state, self.optimizer, loss_fn, ema_decay=self.ema_decay
        )
        return state, metrics | health

    def eval_step(self, state: TrainState, batch: Batch) -> Metrics:
        """Returns the same metrics, with averaged parameters and no dropout."""
        return self._loss(state.ema_params, batch, None)[1]

    def inference_params(self, state: TrainState) -> dict:
        """Returns the averaged network; the codebooks are fitted to it afterwards."""
        return {"network": nn.meta.unbox(state.ema_params)}

    def _loss(
        self, params: dict, batch: Batch, rng: jax.Array | None
    ) -> tuple[jax.Array, Metrics]:
        keys = (None, None) if rng is None else jax.random.split(rng)
        first, second = (
            embed(
                self.config,
                params,
                # [batch, sample] -> [batch * window, sample]
                batch[name].reshape(-1, self.config.window_length),
                dropout_rng=key,
                remat_policy=self.remat_policy,
            )
            for name, key in zip(("first", "second"), keys, strict=True)
        )
        loss = self.loss(first, second)
        return loss, {
            "loss/total": loss,
            "retrieval/accuracy": losses.retrieval_accuracy(first, second),
        }
