"""Optimizers as chains of optax, ready to be bound in a config."""

import jax
import optax

from musiclm_jax.files.ranges import Range

# What scanned layers are called, and the logical axis that their parameters are stacked
# along: it makes no matrix of a bias.
_STACKED = "layers"
_MEMORY = Range(kind=float, low=0, high=1, below_high=True)
_RANGES = {
    "clip_norm": Range(kind=float, low=0, above_low=True),
    "weight_decay": Range(kind=float, low=0),
    "b1": _MEMORY,
    "b2": _MEMORY,
}


def is_matrix(params: optax.Params) -> optax.Params:
    """Marks the weights that multiply: those of two logical axes and more.

    Biases, scales and gains are of one, also where layers are scanned and theirs lie
    stacked along the axis `layers`.

    Args:
        params: nested dicts of arrays, in flax's boxes or out of them.

    Returns:
        Booleans in the same structure.
    """

    def decide(path: tuple, leaf: jax.Array) -> bool:
        stacked = any(getattr(key, "key", None) == _STACKED for key in path)
        return leaf.ndim - stacked >= 2

    return jax.tree_util.tree_map_with_path(decide, params)


def adam(
    *, schedule: optax.Schedule, clip_norm: float, b1: float = 0.9, b2: float = 0.999
) -> optax.GradientTransformation:
    """Adam (1412.6980) after clipping by global norm.

    Args:
        schedule: learning rate by step.
        clip_norm: largest global norm of the gradient.
        b1: memory of the gradient's mean.
        b2: memory of the gradient's square.

    Raises:
        ValueError: a number that cannot be.
    """
    _check(clip_norm=clip_norm, b1=b1, b2=b2)
    return optax.chain(
        optax.clip_by_global_norm(clip_norm),
        optax.scale_by_adam(b1=b1, b2=b2),
        optax.scale_by_learning_rate(schedule),
    )


def adamw(
    *,
    schedule: optax.Schedule,
    weight_decay: float,
    clip_norm: float,
    b1: float = 0.9,
    b2: float = 0.98,
) -> optax.GradientTransformation:
    """Adam with decoupled weight decay of matrices, after clipping by global norm.

    Args:
        schedule: learning rate by step.
        weight_decay: share of a weight that a step at rate one would take away.
        clip_norm: largest global norm of the gradient.
        b1: memory of the gradient's mean.
        b2: memory of the gradient's square.

    Raises:
        ValueError: a number that cannot be.
    """
    _check(clip_norm=clip_norm, b1=b1, b2=b2, weight_decay=weight_decay)
    return optax.chain(
        optax.clip_by_global_norm(clip_norm),
        optax.scale_by_adam(b1=b1, b2=b2),
        optax.add_decayed_weights(weight_decay, mask=is_matrix),
        optax.scale_by_learning_rate(schedule),
    )


def _check(**numbers: float) -> None:
    for name, value in numbers.items():
        _RANGES[name].check(name, value)
