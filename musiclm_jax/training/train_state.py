"""One optimised set of parameters and the step that improves it.

This is the only file of the package that calls `jax.value_and_grad`.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct

from musiclm_jax.files.ranges import Range

PyTree = Any
LossFn = Callable[[PyTree], tuple[jax.Array, Any]]


EMA_DECAY = Range(kind=float, low=0, high=1, below_high=True)
"""What the decay of a moving average can be."""


class TrainState(struct.PyTreeNode):
    """Parameters under training.

    Attributes:
        params: the parameters the gradient is taken at.
        ema_params: their exponential moving average: what is evaluated and exported, so
            that a run may stop at any moment without a decay of its learning rate. None
            where nobody reads it.
        opt_state: state of the optimizer.
        step: [], int32, steps taken, skipped ones included.
        skipped: [], int32, steps left out because loss or gradient was not finite.
    """

    params: PyTree
    ema_params: PyTree | None
    opt_state: optax.OptState
    step: jax.Array
    skipped: jax.Array

    @classmethod
    def create(
        cls,
        params: PyTree,
        optimizer: optax.GradientTransformation,
        *,
        keep_ema: bool = True,
    ) -> "TrainState":
        """Starts at `params`, with the averaged ones, if kept, equal to them."""
        zero = jnp.zeros((), jnp.int32)
        return cls(
            params=params,
            # A copy: the train step donates its input, and one buffer cannot be
            # donated twice.
            ema_params=jax.tree.map(jnp.copy, params) if keep_ema else None,
            opt_state=optimizer.init(params),
            step=zero,
            skipped=jnp.copy(zero),
        )


def gradient_step(
    state: TrainState,
    optimizer: optax.GradientTransformation,
    loss_fn: LossFn,
    *,
    ema_decay: float | None,
) -> tuple[TrainState, tuple[jax.Array, Any], dict[str, jax.Array]]:
    """Takes one step down the gradient of `loss_fn`.

    A step whose loss or gradient is not finite changes nothing but the two counters.

    Args:
        state: the state before the step.
        optimizer: the transformation that `state.opt_state` belongs to.
        loss_fn: maps parameters to `(loss [], aux)`.
        ema_decay: of the moving average, once enough steps have passed for it; None
            where none is kept.

    Returns:
        The state after the step, `(loss, aux)` before it, and metrics of the step.
    """
    (loss, aux), gradient = jax.value_and_grad(loss_fn, has_aux=True)(state.params)
    gradient_norm = optax.tree.norm(gradient)
    finite = jnp.isfinite(loss) & jnp.isfinite(gradient_norm)

    updates, opt_state = optimizer.update(gradient, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    ema_params = None
    if ema_decay is not None:
        # A short memory at first, so that the random start is soon forgotten.
        decay = jnp.minimum(ema_decay, (1.0 + state.step) / (10.0 + state.step))
        ema_params = optax.incremental_update(params, state.ema_params, 1.0 - decay)

    def keep(new: PyTree, old: PyTree) -> PyTree:
        return jax.tree.map(lambda n, o: jnp.where(finite, n, o), new, old)

    state = TrainState(
        params=keep(params, state.params),
        ema_params=keep(ema_params, state.ema_params),
        opt_state=keep(opt_state, state.opt_state),
        step=state.step + 1,
        skipped=state.skipped + jnp.where(finite, 0, 1).astype(jnp.int32),
    )
    metrics = {
        "health/gradient_norm": gradient_norm,
        "health/skipped_steps": state.skipped.astype(jnp.float32),
    }
    return state, (loss, aux), metrics


def accumulate(
    loss_fn: Callable[[PyTree, PyTree, jax.Array], tuple[jax.Array, Any]],
    batch: PyTree,
    *,
    num_microbatches: int,
) -> LossFn:
    """Makes the loss of a batch that is computed part by part, gradient included.

    Only the activations of one part are in memory at a time, and nothing is computed
    twice: value and gradient of a part are taken together. For losses that are a mean
    over the rows of a batch; one that compares rows, as contrastive losses do, would
    become another.

    Args:
        loss_fn: maps `(params, rows, number of the part)` to `(loss [], aux)`.
        batch: arrays [batch, ...].
        num_microbatches: parts; it divides the batch.

    Returns:
        What maps parameters to the means of loss and aux over the parts.

    Raises:
        ValueError: the batch does not divide.
    """
    rows = jax.tree.leaves(batch)[0].shape[0]
    if num_microbatches < 1 or rows % num_microbatches:
        raise ValueError(
            f"a batch of {rows} rows does not divide into {num_microbatches} "
            "microbatches"
        )

    if num_microbatches == 1:
        return lambda params: loss_fn(params, batch, jnp.zeros((), jnp.int32))

    def split(x: jax.Array) -> jax.Array:
        # Each part takes rows from all over the batch, so that it lies on all devices.
        parts = x.reshape(rows // num_microbatches, num_microbatches, *x.shape[1:])
        return parts.swapaxes(0, 1)

    parts = (jax.tree.map(split, batch), jnp.arange(num_microbatches))

    @jax.custom_vjp
    def mean_loss(params: PyTree) -> tuple[jax.Array, Any]:
        return _mean_over_parts(loss_fn, params, parts)

    def forward(params: PyTree) -> tuple[tuple[jax.Array, Any], PyTree]:
        value_and_grad = jax.value_and_grad(loss_fn, has_aux=True)
        return _mean_over_parts(value_and_grad, params, parts)

    def backward(gradient: PyTree, cotangent: tuple[jax.Array, Any]) -> tuple[PyTree]:
        return (jax.tree.map(lambda g: cotangent[0] * g, gradient),)

    mean_loss.defvjp(forward, backward)
    return mean_loss


def _mean_over_parts(function: Callable, params: PyTree, parts: tuple) -> PyTree:
    """The mean of `function(params, *part)` over parts stacked in the first axis."""

    def add(total: PyTree, part: tuple) -> tuple[PyTree, None]:
        return jax.tree.map(jnp.add, total, function(params, *part)), None

    first = jax.tree.map(lambda x: x[0], parts)
    zero = jax.tree.map(
        lambda x: jnp.zeros(x.shape, x.dtype),
        jax.eval_shape(function, params, *first),
    )
    total, _ = jax.lax.scan(add, zero, parts)
    return jax.tree.map(lambda x: x / parts[1].size, total)
