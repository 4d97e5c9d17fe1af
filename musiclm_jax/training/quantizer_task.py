"""Fits codebooks to the embeddings of a frozen network.

The k-means of the semantic tokens (AudioLM, 2209.03143, section III-B: a residual
quantizer of one level, on standardised dimensions) and the residual quantizer of the
MuLan tokens (MusicLM, section 3.1) are this one training.
"""

import dataclasses

import jax
import jax.numpy as jnp
from flax import struct

from musiclm_jax.layers import code_use, quantization
from musiclm_jax.training.frozen import FrozenNetwork

Batch = dict[str, jax.Array]
# Against dimensions that never change.
_VARIANCE_FLOOR = 1e-6
# A code with more than this share of even use is not dead, whatever the threshold.
_DEAD_SHARE = 0.1


@dataclasses.dataclass(frozen=True, kw_only=True)
class QuantizerConfig:
    """How codebooks are fitted.

    Attributes:
        num_quantizers: levels; one is k-means.
        codebook_size: codes a level.
        decay: of the moving averages, see `quantization.ema_update`.
        dead_threshold: see there.
        standardise_steps: the first steps, which measure mean and variance of each
            dimension and fit nothing; 0 leaves the embeddings as they are.
    """

    num_quantizers: int
    codebook_size: int
    decay: float
    dead_threshold: float
    standardise_steps: int

    def __post_init__(self):
        if self.num_quantizers < 1 or self.codebook_size < 1:
            raise ValueError(
                f"num_quantizers and codebook_size must be at least 1, got "
                f"{self.num_quantizers} and {self.codebook_size}"
            )
        if not 0.0 <= self.decay < 1.0:
            raise ValueError(f"decay must be in [0, 1), got {self.decay}")
        if self.standardise_steps < 0:
            raise ValueError(
                f"standardise_steps must be at least 0, got {self.standardise_steps}"
            )


class QuantizerState(struct.PyTreeNode):
    """Codebooks under training, and the statistics they stand on.

    Attributes:
        step: [], int32, steps taken.
        count: [], float32, frames that `mean` and `variance` were measured on.
        mean: [dim].
        variance: [dim].
        rvq: of the standardised embeddings.
    """

    step: jax.Array
    count: jax.Array
    mean: jax.Array
    variance: jax.Array
    rvq: quantization.RvqState


def standardise(x: jax.Array, mean: jax.Array, std: jax.Array) -> jax.Array:
    """Returns `(x - mean) / std` of [batch, time, dim], by dimension."""
    return (x - mean[None, None, :]) / std[None, None, :]


@dataclasses.dataclass(frozen=True, kw_only=True)
class QuantizerTask:
    """A `training.task.Task` without any gradient.

    Attributes:
        config: how to fit.
        frozen: the trained network that maps a batch to embeddings [batch, time, dim].
    """

    config: QuantizerConfig
    frozen: FrozenNetwork

    def init(self, rng: jax.Array, batch: Batch) -> QuantizerState:
        """Returns empty codebooks; `rng` is not used."""
        del rng
        embeddings = jax.eval_shape(lambda frozen, x: frozen(x), self.frozen, batch)
        dim = embeddings.shape[-1]
        return QuantizerState(
            step=jnp.zeros((), jnp.int32),
            count=jnp.zeros(()),
            mean=jnp.zeros((dim,)),
            variance=jnp.ones((dim,)),
            rvq=quantization.init_rvq(
                num_quantizers=self.config.num_quantizers,
                codebook_size=self.config.codebook_size,
                dim=dim,
            ),
        )

    def train_step(
        self, state: QuantizerState, batch: Batch, rng: jax.Array
    ) -> tuple[QuantizerState, dict[str, jax.Array]]:
        """Measures, or fits once enough has been measured."""
        x = self.frozen(batch).astype(jnp.float32)

        def measure(state: QuantizerState, x: jax.Array) -> QuantizerState:
            return _with_moments(state, x)

        def fit(state: QuantizerState, x: jax.Array) -> QuantizerState:
            even = x.shape[0] * x.shape[1] / self.config.codebook_size
            rvq, _ = quantization.update_rvq(
                state.rvq,
                standardise(x, state.mean, _std(state)),
                rng,
                decay=self.config.decay,
                # A batch of few frames would else replace every code at every step.
                dead_threshold=min(self.config.dead_threshold, _DEAD_SHARE * even),
            )
            return state.replace(rvq=rvq)

        measuring = state.step < self.config.standardise_steps
        state = jax.lax.cond(measuring, measure, fit, state, x)
        metrics = self._metrics(state, x)
        return state.replace(step=state.step + 1), metrics

    def eval_step(self, state: QuantizerState, batch: Batch) -> dict[str, jax.Array]:
        """Quantises a batch and fits nothing."""
        return self._metrics(state, self.frozen(batch).astype(jnp.float32))

    def inference_params(self, state: QuantizerState) -> dict[str, jax.Array]:
        """Returns `mean [dim]`, `std [dim]` and `codebooks [level, code, dim]`."""
        return {
            "mean": state.mean,
            "std": _std(state),
            "codebooks": state.rvq.codebooks,
        }

    def _metrics(self, state: QuantizerState, x: jax.Array) -> dict[str, jax.Array]:
        """Error and use of the codebooks on embeddings [batch, time, dim]."""
        x = standardise(x, state.mean, _std(state))
        codes = quantization.quantize(state.rvq.codebooks, x)
        restored = quantization.dequantize(state.rvq.codebooks, codes)
        centred = x - x.mean(axis=(0, 1), keepdims=True)
        error = jnp.square(x - restored).sum() / (jnp.square(centred).sum() + 1e-9)
        counts = code_use.count(codes, codebook_size=self.config.codebook_size)
        # 1 is what a single code, the mean, would leave.
        metrics = {"loss/relative_error": error}
        return metrics | code_use.metrics(counts)


def _std(state: QuantizerState) -> jax.Array:
    """Standard deviation by dimension, [dim], never 0."""
    return jnp.sqrt(state.variance + _VARIANCE_FLOOR)


def _with_moments(state: QuantizerState, x: jax.Array) -> QuantizerState:
    """Adds the frames of `x [batch, time, dim]` to mean and variance (Chan et al.)."""
    frames = x.reshape(-1, x.shape[-1])
    added = float(frames.shape[0])
    count = state.count + added
    share = added / count
    difference = frames.mean(axis=0) - state.mean
    spread = share * (1.0 - share) * jnp.square(difference)
    within = (1.0 - share) * state.variance + share * frames.var(axis=0)
    return state.replace(
        count=count, mean=state.mean + share * difference, variance=within + spread
    )
