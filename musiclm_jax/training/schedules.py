"""Learning rates as a function of the step.

Runs end when their time is over, at a step that nobody knows beforehand: so there is
no schedule that falls to zero here; the moving average of the parameters does the work
of a falling rate.
"""

import jax.numpy as jnp
import optax

from musiclm_jax.files.ranges import Range


def _check(peak_lr: float, warmup_steps: int) -> None:
    Range(kind=float, low=0, above_low=True).check("peak_lr", peak_lr)
    Range(kind=int, low=0).check("warmup_steps", warmup_steps)


def warmup_constant(*, peak_lr: float, warmup_steps: int) -> optax.Schedule:
    """Rises linearly to `peak_lr` and stays there.

    Args:
        peak_lr: the rate after the warm-up.
        warmup_steps: steps until then; the first step already moves.
    """
    _check(peak_lr, warmup_steps)

    def schedule(count):
        return peak_lr * jnp.minimum(1.0, (count + 1) / max(1, warmup_steps))

    return schedule


def warmup_rsqrt(*, peak_lr: float, warmup_steps: int) -> optax.Schedule:
    """Rises linearly to `peak_lr`, then falls as one over the root of the step.

    t5x's "linear warm-up, rsqrt decay", written by its peak: with base rate b that
    one peaks at b / sqrt(warmup_steps).

    Args:
        peak_lr: the highest rate, reached at the end of the warm-up.
        warmup_steps: steps until then.
    """
    _check(peak_lr, warmup_steps)

    def schedule(count):
        warmup = max(1, warmup_steps)
        step = count + 1
        return peak_lr * jnp.minimum(step / warmup, jnp.sqrt(warmup / step))

    return schedule
