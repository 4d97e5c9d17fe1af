"""The scores of target codes that are known, each given all those before it."""

import jax
import jax.numpy as jnp

from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.transformer import Transformer


def target_logits(
    config: StageConfig,
    network: Transformer,
    prefix: jax.Array,
    codes: jax.Array,
    *,
    train: bool = False,
) -> jax.Array:
    """Scores every code of a target's own levels in one pass.

    Args:
        config: of the stage.
        network: its own, with parameters.
        prefix: [batch, prefix_length] ids.
        codes: [batch, time, level], of the target, which what is scored follows.
        train: whether activations are dropped.

    Returns:
        [batch, time, level, code] logits.
    """
    rows, frames, levels = codes.shape
    layout = config.layout(frames / config.target.frame_rate)
    target = config.stage.target_tokens(config.vocabulary, codes)
    # The last token predicts nothing.
    tokens = jnp.concatenate([prefix, target[:, :-1]], axis=1)
    beside = network.beside(prefix, layout)
    if beside is not None:
        beside = beside[:, : tokens.shape[1]]
    hidden, _ = network(tokens, layout, beside=beside, train=train)
    hidden = hidden[:, layout.prefix_length - 1 :]
    # [batch, time * level, embed] -> [batch, time, level, embed]
    hidden = hidden.reshape(rows, frames, levels, -1)
    return network.logits(hidden, config.codebooks(network))
