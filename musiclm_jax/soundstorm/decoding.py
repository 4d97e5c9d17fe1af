"""Hidden tokens are filled in, the surest first: SoundStorm (2305.09636), section 3.3.

Levels come coarse to fine. The first that is not known takes several iterations, each
of which keeps those tokens that the network is surest of; the share that stays hidden
falls as a cosine. What is known beforehand, a prompt, what stands around a gap, or
coarse levels that another network wrote, stays as it is.
"""

import functools
import math

import jax
import jax.numpy as jnp

from musiclm_jax.layers import drawing, quantization
from musiclm_jax.soundstorm.network import SoundStormConfig
from musiclm_jax.soundstorm.sampling_config import MaskSamplingConfig


def fill(
    config: SoundStormConfig,
    params: dict,
    codes: dict[str, jax.Array],
    known: jax.Array,
    *,
    codebooks: jax.Array,
    first_level: int,
    rngs: jax.Array,
    sampling: MaskSamplingConfig,
) -> jax.Array:
    """Draws the acoustic codes that are not known.

    Args:
        config: of the network.
        params: its parameters.
        codes: [batch, time, level] by kind, "mulan" of one frame; what the acoustic
            ones hold where they are not known makes no difference. With guidance,
            "against" may hold MuLan codes to go away from; none are without. Without
            "mulan" nothing is asked for, and there is no guidance.
        known: [batch, time, level], bool.
        codebooks: [level, code, embed], what the codec makes of the acoustic codes.
        first_level: the first level of which anything is not known.
        rngs: [batch] keys, one a row: a row's result does not depend on its neighbours.
        sampling: how codes are drawn.

    Returns:
        [batch, time, level] codes that are the given ones where these are known.
    """
    acoustic = jnp.where(known, codes["acoustic"], config.unknown)
    condition = {name: codes[name] for name in codes if name != "acoustic"}
    for level in range(first_level, config.target.num_quantizers):
        iterations = sampling.iterations if level == first_level else 1
        num_hidden = (acoustic[:, :, level] == config.unknown).sum(axis=1)
        for iteration in range(iterations):
            share = math.cos(math.pi / 2 * (iteration + 1) / iterations)
            is_last = iteration == iterations - 1
            acoustic = _iterate(
                config,
                params,
                condition,
                acoustic,
                jnp.int32(level),
                codebooks[level] if level < sampling.mean_levels else None,
                jnp.floor(share * num_hidden + 1e-6).astype(jnp.int32),
                jax.vmap(jax.random.fold_in, (0, None))(
                    rngs, level * sampling.iterations + iteration
                ),
                jnp.float32(
                    sampling.last_temperature if is_last else sampling.temperature
                ),
                jnp.float32(sampling.choice_temperature * share),
                jnp.float32(sampling.guidance),
                is_guided=sampling.guidance != 1,
            )
    return acoustic


@functools.partial(jax.jit, static_argnames=("config", "is_guided"))
def _iterate(
    config: SoundStormConfig,
    params: dict,
    condition: dict[str, jax.Array],
    acoustic: jax.Array,
    level: jax.Array,
    codebook: jax.Array | None,
    num_hidden: jax.Array,
    rngs: jax.Array,
    temperature: jax.Array,
    choice_temperature: jax.Array,
    guidance: jax.Array,
    *,
    is_guided: bool,
) -> jax.Array:
    """Draws all hidden codes of a level, and hides the least sure of them again.

    Args:
        config: of the network.
        params: its parameters.
        condition: all codes but the acoustic ones.
        acoustic: [batch, time, level] codes, `config.unknown` where hidden.
        level: which one.
        codebook: [code, embed], to take the codes nearest to the mean; None to draw.
        num_hidden: [batch], tokens of the level that stay hidden.
        rngs: [batch] keys.
        temperature: see `MaskSamplingConfig`, and so the next two.
        choice_temperature: there, at what is hidden still.
        guidance: see there.
        is_guided: whether guidance is not one.

    Returns:
        The codes after it.
    """
    logits = _score(
        config,
        params,
        condition | {"acoustic": acoustic},
        level,
        guidance if is_guided else None,
    )
    keys = jax.vmap(functools.partial(jax.random.split, num=2))(rngs)
    if codebook is None:
        noise = drawing.gumbel(keys[:, 0], logits.shape[1:])
        drawn = drawing.draw(logits, noise, temperature)
    else:
        drawn = quantization.nearest(codebook, jax.nn.softmax(logits) @ codebook)
    score = jnp.take_along_axis(
        jax.nn.log_softmax(logits, axis=-1), drawn[..., None], axis=-1
    )[..., 0]
    score += choice_temperature * drawing.gumbel(keys[:, 1], score.shape[1:])
    before = acoustic[:, :, level]
    is_hidden = before == config.unknown
    # Places of the hidden tokens by score, the least sure first.
    rank = jnp.argsort(
        jnp.argsort(jnp.where(is_hidden, score, jnp.inf), axis=1), axis=1
    )
    is_kept = is_hidden & (rank >= num_hidden[:, None])
    return acoustic.at[:, :, level].set(jnp.where(is_kept, drawn, before))


def _score(
    config: SoundStormConfig,
    params: dict,
    codes: dict[str, jax.Array],
    level: jax.Array,
    guidance: jax.Array | None,
) -> jax.Array:
    """Scores [batch, time, code] of a level; without guidance if it is None."""
    codes, batch = dict(codes), len(codes["acoustic"])
    against = codes.pop("against", None)
    is_conditioned = jnp.full((batch,), "mulan" in codes)
    if "mulan" not in codes:
        # Of what is left out the codes are not looked at.
        levels = config.vocabulary.spec("mulan").num_quantizers
        codes["mulan"] = jnp.zeros((batch, 1, levels), jnp.int32)
        guidance = None
    if guidance is not None:
        other = codes if against is None else codes | {"mulan": against}
        codes = jax.tree.map(drawing.pair, codes, other)
        is_against = jnp.full_like(is_conditioned, against is not None)
        is_conditioned = drawing.pair(is_conditioned, is_against)
    logits = config.build().apply(
        {"params": params}, codes, level, is_conditioned=is_conditioned, method="level"
    )
    return logits if guidance is None else drawing.guide(logits, guidance)
