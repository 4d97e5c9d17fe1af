"""What is hidden from the network in training: SoundStorm (2305.09636), section 3.2."""

import jax
import jax.numpy as jnp
from flax import struct


class Masks(struct.PyTreeNode):
    """What is hidden of a batch.

    Attributes:
        level: [batch], the coarsest level of which anything is hidden, from 0.
        hidden: [batch, time, level], bool, tokens that are hidden.
    """

    level: jax.Array
    hidden: jax.Array


def of_one_level(masks: Masks) -> jax.Array:
    """Returns the hidden tokens of the coarsest level, [batch, time, level] bool.

    The paper learns from these alone: in use, no finer one is asked for yet.
    """
    levels = jnp.arange(masks.hidden.shape[2])
    return masks.hidden & (levels[None, None, :] == masks.level[:, None, None])


def of_all_levels(masks: Masks) -> jax.Array:
    """Returns all hidden tokens, [batch, time, level] bool.

    What the finer levels are likely to be, before all coarser ones are known, is
    learned beside the rest: many times as much of each example.
    """
    return masks.hidden


def draw_masks(
    rng: jax.Array,
    shape: tuple[int, int, int],
    *,
    prompt_rate: float,
    blank_rate: float,
) -> Masks:
    """Draws a level for each row, and what is hidden of it; all finer ones are.

    Of the level a share cos(u) of the frames is hidden, u even in [0, pi / 2], each
    frame on its own and one at least. A prompt, from the beginning to a frame that is
    drawn evenly, is seen in all levels. Of blank rows everything is hidden, as where
    sampling begins: what the conditions tell by themselves is hardly asked for
    otherwise.

    Args:
        rng: key.
        shape: (batch, time, level).
        prompt_rate: share of the other rows that have a prompt; the paper's is 1.
        blank_rate: share of the rows that are blank; the paper's is 0.
    """
    batch, time, levels = shape
    keys = jax.random.split(rng, 7)
    level = jax.random.randint(keys[0], (batch,), 0, levels)
    share = jnp.cos(jax.random.uniform(keys[1], (batch, 1)) * jnp.pi / 2)
    start = jax.random.randint(keys[2], (batch, 1), 0, time)
    has_prompt = jax.random.bernoulli(keys[3], prompt_rate, (batch, 1))
    start = jnp.where(has_prompt, start, 0)
    frames = jnp.arange(time)[None, :]
    behind_prompt = frames >= start
    drawn = jax.random.bernoulli(keys[4], share, (batch, time))
    # One at least, so that every row has something to learn.
    one = start + jnp.floor(
        jax.random.uniform(keys[5], (batch, 1)) * (time - start)
    ).astype(start.dtype)
    asked = behind_prompt & (drawn | (frames == one))
    each = jnp.arange(levels)[None, None, :]
    is_finer = each > level[:, None, None]
    is_level = each == level[:, None, None]
    hidden = (is_finer & behind_prompt[:, :, None]) | (is_level & asked[:, :, None])
    is_blank = jax.random.bernoulli(keys[6], blank_rate, (batch,))
    return Masks(
        level=jnp.where(is_blank, 0, level), hidden=hidden | is_blank[:, None, None]
    )
