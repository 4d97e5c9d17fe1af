"""What is hidden from the network in training: SoundStorm (2305.09636), section 3.2."""

import jax
import jax.numpy as jnp
from flax import struct


class Masks(struct.PyTreeNode):
    """What is hidden of a batch.

    Attributes:
        level: [batch], the level that is learned, counted from 0.
        hidden: [batch, time, level], bool, tokens that are hidden.
        asked: [batch, time], bool, hidden tokens of the level that is learned.
    """

    level: jax.Array
    hidden: jax.Array
    asked: jax.Array


def draw_masks(
    rng: jax.Array, shape: tuple[int, int, int], *, prompt_rate: float
) -> Masks:
    """Draws a level for each row, and what is hidden of it; all finer ones are.

    Of the level a share cos(u) of the frames is hidden, u even in [0, pi / 2], each
    frame on its own and one at least. A prompt, from the beginning to a frame that is
    drawn evenly, is seen in all levels.

    Args:
        rng: key.
        shape: (batch, time, level).
        prompt_rate: share of the rows that have a prompt; the paper's is 1.
    """
    batch, time, levels = shape
    keys = jax.random.split(rng, 6)
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
    return Masks(level=level, hidden=hidden, asked=asked)
