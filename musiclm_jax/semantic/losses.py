"""The three losses of w2v-BERT (2108.06209), section 3.2.

    contrastive        the context vector at a masked step picks the step's own
                       quantised latent among those of other masked steps
    diversity          all codes are used alike
    masked prediction  the code at a masked step is told from the context

All means are over the masked steps of the whole batch.
"""

import jax
import jax.numpy as jnp
import optax
from flax import struct

from musiclm_jax.layers.normalize import unit_length


def masked_mean(values: jax.Array, mask: jax.Array) -> jax.Array:
    """Returns the mean of `values` where `mask`, 0 if that is nowhere."""
    count = jnp.maximum(mask.sum(), 1)
    return jnp.where(mask, values, 0.0).sum() / count


class Contrast(struct.PyTreeNode):
    """What the contrastive task came to, each [], float32.

    Attributes:
        loss: mean cross-entropy of the right answer.
        chance: what it is for cosines that are all alike.
        accuracy: share of the steps whose right answer is the nearest.
    """

    loss: jax.Array
    chance: jax.Array
    accuracy: jax.Array


def contrastive_loss(
    context: jax.Array,
    quantized: jax.Array,
    codes: jax.Array,
    distractors: jax.Array,
    mask: jax.Array,
    *,
    temperature: float,
) -> Contrast:
    """Tells a step's quantised latent from those of the distractors, by cosine.

    A distractor that happens to have the code of the right answer does not count:
    nothing can tell the two apart (as in the reference code of wav2vec 2.0). A step
    without any that counts has a loss of 0 and is not accurate.

    Args:
        context: [batch, time, dim].
        quantized: [batch, time, dim], rows of the codebook.
        codes: [batch, time], int32, of `quantized`.
        distractors: [batch, time, distractor], positions.
        mask: [batch, time], bool, True where the loss is taken.
        temperature: divides the cosines.
    """
    context = unit_length(context.astype(jnp.float32))
    quantized = unit_length(quantized.astype(jnp.float32))
    # All pairs of a row: cheaper than gathering `dim` numbers a distractor.
    cosine = jnp.einsum("btd,bsd->bts", context, quantized)
    positive = jnp.diagonal(cosine, axis1=1, axis2=2)[:, :, None]
    negative = jnp.take_along_axis(cosine, distractors, axis=2)
    flat = jnp.take_along_axis(codes, distractors.reshape(len(codes), -1), axis=1)
    counts = flat.reshape(distractors.shape) != codes[:, :, None]
    negative = jnp.where(counts, negative, -jnp.inf)
    logits = jnp.concatenate([positive, negative], axis=2) / temperature
    losses = jax.nn.logsumexp(logits, axis=2) - logits[:, :, 0]
    chance = jnp.log1p(counts.sum(axis=2).astype(jnp.float32))
    nearest = (positive > negative).all(axis=2) & counts.any(axis=2)
    return Contrast(
        loss=masked_mean(losses, mask),
        chance=masked_mean(chance, mask),
        accuracy=masked_mean(nearest.astype(jnp.float32), mask),
    )


def perplexity(probabilities: jax.Array) -> jax.Array:
    """Returns the exponential of the entropy of `probabilities` [code], in 1..code."""
    logs = jnp.log(jnp.maximum(probabilities, 1e-10))
    return jnp.exp(-(probabilities * logs).sum())


def diversity_loss(code_logits: jax.Array) -> jax.Array:
    """Returns the share of the codebook that the mean distribution leaves unused.

    One minus perplexity over codebook size: the form in the reference code of
    wav2vec 2.0, whose gradient does not fade with the size as that of its equation 4.

    Args:
        code_logits: [batch, time, code], without Gumbel noise.
    """
    mean = jax.nn.softmax(code_logits.astype(jnp.float32)).mean(axis=(0, 1))
    return 1.0 - perplexity(mean) / code_logits.shape[-1]


def masked_prediction_loss(
    predictions: jax.Array, codes: jax.Array, mask: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Predicts the codes at the masked steps.

    Args:
        predictions: [batch, time, code], logits.
        codes: [batch, time], int32.
        mask: [batch, time], bool.

    Returns:
        Cross-entropy and accuracy, both [].
    """
    losses = optax.softmax_cross_entropy_with_integer_labels(
        predictions.astype(jnp.float32), codes
    )
    right = (predictions.argmax(axis=-1) == codes).astype(jnp.float32)
    return masked_mean(losses, mask), masked_mean(right, mask)


def code_shares(codes: jax.Array, mask: jax.Array, codebook_size: int) -> jax.Array:
    """Returns the share of each code among those where `mask`, [code]."""
    counts = jnp.zeros((codebook_size,)).at[codes].add(mask.astype(jnp.float32))
    return counts / jnp.maximum(counts.sum(), 1.0)
