"""The contrastive loss between clips and captions, and how far it has come.

Two losses of one signature, of which a training is given one. With s_ij, the cosine of
clip i and caption j over the temperature:

    decoupled  -s_ii + ln sum_{j != i} (exp s_ij + exp s_ji)
    info_nce   -s_ii + (ln sum_j exp s_ij + ln sum_j exp s_ji) / 2

The first is MuLan's (2208.12415, section 3): the positive pair is not in the
denominator ("decoupled", 2110.06848). It suits batches of thousands that no model ever
tells apart; once a batch is told apart, it falls for ever as the temperature does, and
teaches little else. The second is CLIP's (2103.00020) and ends at zero. The metrics are
taken from it, for its value at chance is known.

Under `jit` with a sharded batch these are sums over the global batch: every device's
clips are negatives for all others.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

# Maps logits and candidates [clip, caption] to a scalar.
Loss = Callable[[jax.Array, jax.Array], jax.Array]


def candidate_mask(tokens: jax.Array) -> jax.Array:
    """Says which captions of a batch may count against which clip.

    Two clips with the very same caption ("calm piano") are no negatives of each other.

    Args:
        tokens: [batch, length], int32.

    Returns:
        [batch, batch], bool: true on the diagonal and where the texts differ.
    """
    prints = _fingerprint(tokens)
    same = jnp.all(prints[:, None, :] == prints[None, :, :], axis=-1)
    return ~same | jnp.eye(tokens.shape[0], dtype=bool)


def decoupled(logits: jax.Array, candidates: jax.Array) -> jax.Array:
    """MuLan's loss, averaged over the pairs that have a negative at all.

    Args:
        logits: [clip, caption], cosines over temperature, true pairs on the diagonal.
        candidates: [clip, caption], bool, from `candidate_mask`.

    Returns:
        [], float32.
    """
    negatives = candidates & ~jnp.eye(logits.shape[0], dtype=bool)
    both = jnp.concatenate([logits, logits.T], axis=1)
    both = jnp.where(jnp.concatenate([negatives, negatives.T], axis=1), both, _FLOOR)
    positive = jnp.diagonal(logits)
    loss = jax.nn.logsumexp(both - positive[:, None], axis=1)
    counted = jnp.any(negatives, axis=1).astype(jnp.float32)
    return jnp.sum(loss * counted) / jnp.maximum(jnp.sum(counted), 1.0)


def info_nce(logits: jax.Array, candidates: jax.Array) -> jax.Array:
    """Cross-entropy of the true pair, mean of both directions: ln(batch) at chance.

    Args:
        logits: as in `decoupled`.
        candidates: as in `decoupled`.

    Returns:
        [], float32.
    """
    logits = jnp.where(candidates, logits, _FLOOR)
    positive = jnp.mean(jnp.diagonal(logits))
    to_caption = jnp.mean(jax.nn.logsumexp(logits, axis=1)) - positive
    to_clip = jnp.mean(jax.nn.logsumexp(logits, axis=0)) - positive
    return (to_caption + to_clip) / 2


def retrieval_metrics(
    audio_embedding: jax.Array,
    text_embedding: jax.Array,
    candidates: jax.Array,
    scale: jax.Array,
) -> dict[str, jax.Array]:
    """Health of a contrastive training, beside floors that are known.

    Args:
        audio_embedding: [batch, embed], unit vectors.
        text_embedding: [batch, embed], unit vectors.
        candidates: [batch, batch], bool.
        scale: [], one over the temperature.

    Returns:
        Scalars under "health/": the loss minus its value at chance (0 is chance), the
        mean normalised rank of the true caption (0 best, 0.5 chance), how often it
        comes first, the mean cosine of true pairs and how much it exceeds that of
        others, the spread of each side (0 is collapsed, 1 is widest), the temperature.
    """
    cosine = audio_embedding @ text_embedding.T
    positive = jnp.diagonal(cosine)
    rivals = candidates & ~jnp.eye(cosine.shape[0], dtype=bool)
    num_rivals = jnp.maximum(jnp.sum(rivals, axis=1), 1)
    above = jnp.sum(rivals & (cosine > positive[:, None]), axis=1)
    ties = jnp.sum(rivals & (cosine == positive[:, None]), axis=1)
    rank = above + 0.5 * ties  # a tie is decided by a coin
    others = jnp.sum(jnp.where(rivals, cosine, 0.0), axis=1) / num_rivals
    chance = jnp.mean(jnp.log(jnp.sum(candidates, axis=1).astype(jnp.float32)))
    return {
        "health/contrastive_minus_chance": info_nce(cosine * scale, candidates)
        - chance,
        "health/retrieval_rank": jnp.mean(rank / num_rivals),
        "health/recall_at_1": jnp.mean((rank == 0).astype(jnp.float32)),
        "health/pair_cosine": jnp.mean(positive),
        "health/pair_cosine_margin": jnp.mean(positive - others),
        "health/audio_spread": _spread(audio_embedding),
        "health/text_spread": _spread(text_embedding),
        "health/temperature": 1.0 / scale,
    }


_FLOOR = -1e9  # finite, so that a row of nothing but masked entries has a gradient


def _spread(embedding: jax.Array) -> jax.Array:
    """One minus the squared length of the mean of unit vectors."""
    return 1.0 - jnp.sum(jnp.square(jnp.mean(embedding, axis=0)))


def _fingerprint(tokens: jax.Array) -> jax.Array:
    """Two 32-bit sums a row, equal for equal rows and else all but never.

    Comparing fingerprints takes [batch, batch] memory; comparing rows would take
    [batch, batch, length], too much at the paper's batch.
    """
    multipliers = np.random.default_rng(0).integers(
        1, 2**32, (tokens.shape[1], 2), dtype=np.uint32
    )
    words = tokens.astype(jnp.uint32)[:, :, None] * multipliers[None, :, :]
    # Products wrap around; mixing keeps sums of small ids from lining up.
    words = (words ^ (words >> 15)) * np.uint32(0x85EBCA6B)
    return jnp.sum(words ^ (words >> 13), axis=1, dtype=jnp.uint32)
