"""Which steps are masked, and which others stand beside the right answer.

w2v-BERT (2108.06209), section 3.2; wav2vec 2.0 (2006.11477), sections 3.1 and 3.2.
"""

import jax
import jax.numpy as jnp


def span_mask(
    rng: jax.Array, shape: tuple[int, int], *, start_probability: float, span: int
) -> jax.Array:
    """Draws the steps to mask: spans of one length that may overlap.

    Every step starts a span with the same probability, on its own; a span that runs
    over the end is cut. Away from the start a step is masked with probability
    `1 - (1 - start_probability) ** span`.

    Args:
        rng: key.
        shape: (batch, time).
        start_probability: that a step starts a span.
        span: steps from the start on that are masked.

    Returns:
        [batch, time], bool, True where masked.
    """
    starts = jax.random.bernoulli(rng, start_probability, shape)
    mask = starts
    for delay in range(1, min(span, shape[1])):
        mask = mask | jnp.pad(starts[:, :-delay], ((0, 0), (delay, 0)))
    return mask


def sample_distractors(
    rng: jax.Array, mask: jax.Array, *, num_distractors: int
) -> tuple[jax.Array, jax.Array]:
    """Draws, for each masked step, other masked steps of the same row.

    Drawn evenly and with replacement, so their number may exceed that of the steps.

    Args:
        rng: key.
        mask: [batch, time], bool, True where masked.
        num_distractors: drawn for each step.

    Returns:
        Positions [batch, time, distractor], int32, without meaning where the second
        result is False; and [batch, time], bool, True at the masked steps whose row
        has at least one other.
    """
    num_masked = mask.sum(axis=1, dtype=jnp.int32)  # [batch]
    # [batch, rank] -> position: the masked steps first, in order.
    positions = jnp.argsort(~mask, axis=1, stable=True)
    rank = jnp.cumsum(mask, axis=1, dtype=jnp.int32) - 1  # of each masked step

    num_others = jnp.maximum(num_masked - 1, 1)[:, None, None]
    shape = (*mask.shape, num_distractors)
    drawn = jax.random.randint(rng, shape, 0, num_others, jnp.int32)
    # Skipping over the step's own rank leaves exactly the others.
    drawn = drawn + (drawn >= rank[:, :, None])
    drawn = jnp.minimum(drawn, mask.shape[1] - 1)
    flat = jnp.take_along_axis(positions, drawn.reshape(mask.shape[0], -1), axis=1)
    return flat.reshape(shape), mask & (num_masked > 1)[:, None]
