"""Sampling from a token stage: prefill, then one token a step from a growing cache.

The logits of a step are those of its own level alone. With guidance each row is run
twice, with its MuLan tokens and without or with others, and the two predictions are
extrapolated.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from musiclm_jax.layers import drawing
from musiclm_jax.lm import weights
from musiclm_jax.lm.caches import empty_cache, grow_cache
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.sampling_config import SamplingConfig
from musiclm_jax.lm.transformer import Transformer
from musiclm_jax.parallel import memory

# The cache grows by so many positions at a time: attention pays for the positions that
# are there, and each size is compiled once.
SEGMENT_LENGTH = 256


def sample(
    config: StageConfig,
    params: dict,
    codes: dict[str, jax.Array],
    prompt: jax.Array,
    *,
    num_frames: int,
    rngs: jax.Array,
    sampling: SamplingConfig,
    kept: jax.Array | None = None,
    first_frame: int = 0,
) -> jax.Array:
    """Continues `prompt` until the window is full.

    Args:
        config: the stage, its layers side by side (`StageConfig.unrolled`).
        params: its parameters.
        codes: [batch, time, level] by kind: what the prefix is made of, for as many
            seconds as `num_frames` last. Conditions that are not given are not asked
            for; without any there is no guidance. Guidance goes away from what nothing
            is asked of, or from the MuLan codes "against".
        prompt: [batch, time, level], target codes that are there already; may be empty.
        num_frames: target frames of the window, the prompt's included.
        rngs: [batch] keys, one a row: a row's result does not depend on its neighbours.
        sampling: how codes are drawn.
        kept: [batch, num_frames, level], codes that stand where they are not negative,
            whatever is drawn; what comes behind them knows them.
        first_frame: of the window in its piece: temperatures go round from the piece's
            beginning on.

    Returns:
        [batch, num_frames, level] codes that begin with the prompt.

    Raises:
        ValueError: the layers are scanned.
    """
    prefix, against = _prefixes(config, codes, len(prompt), num_frames)
    asked = [name for name in config.stage.conditions if name in codes]
    is_guided = sampling.guidance != 1 and bool(asked)
    return _sample(
        config,
        params,
        prefix,
        against if is_guided else None,
        prompt,
        rngs,
        _around(sampling.temperatures, first_frame),
        jnp.float32(sampling.guidance),
        kept,
        num_frames=num_frames,
        top_k=sampling.top_k,
        top_p=sampling.top_p,
        weight_bits=sampling.weight_bits,
    )


def cache_bytes(
    config: StageConfig, *, rows: int, num_frames: int, sampling: SamplingConfig
) -> int:
    """Counts the bytes of the caches of `sample` at their last size.

    Args:
        config: see `sample`.
        rows: of the batch.
        num_frames: see `sample`.
        sampling: likewise.
    """
    layout = config.layout(num_frames / config.target.frame_rate)
    empty = functools.partial(
        empty_cache,
        config.network,
        batch_size=rows if sampling.guidance == 1 else 2 * rows,
        length=len(layout.positions),
    )
    return memory.bytes_of(jax.eval_shape(empty))


@functools.partial(
    jax.jit,
    static_argnames=("config", "num_frames", "top_k", "top_p", "weight_bits"),
)
def _sample(
    config: StageConfig,
    params: dict,
    prefix: jax.Array,
    against: jax.Array | None,
    prompt: jax.Array,
    rngs: jax.Array,
    temperatures: jax.Array,
    guidance: jax.Array,
    kept: jax.Array | None,
    *,
    num_frames: int,
    top_k: int | None,
    top_p: float | None,
    weight_bits: int | None,
) -> jax.Array:
    """See `sample`; compiled once for each window and prompt length."""
    levels = config.stage.target.num_levels
    layout = config.layout(num_frames / config.target.frame_rate)
    # Made of them in the loop too: each step reads the weights as they are kept.
    network = functools.partial(_network, config, weights.keep(params, weight_bits))
    codebooks, is_guided = config.codebooks(network()), against is not None
    known = _known(config, prefix, against, prompt)

    def advance(carry: tuple, now: tuple) -> tuple[tuple, jax.Array]:
        """Draws the code of a step and runs the network on it."""
        (cache, hidden), (step, noise) = carry, now
        level = step % levels
        codebook = jax.lax.dynamic_slice_in_dim(codebooks, level, 1)
        logits = network().logits(hidden, codebook)[:, 0]
        if is_guided:
            logits = drawing.guide(logits, guidance)
        temperature = temperatures[step // levels % len(temperatures)]
        code = drawing.draw(logits, noise, temperature, top_k=top_k, top_p=top_p)
        code = _standing(kept, step, code)
        first_id = config.first_target_id + level * config.target.codebook_size
        token = (first_id + code)[:, None]
        hidden, cache = network()(
            drawing.pair(token, token) if is_guided else token,
            layout,
            cache=cache,
            start=layout.prefix_length + step,
        )
        return (cache, hidden), code

    length = known.shape[1]
    cache = empty_cache(config.network, batch_size=known.shape[0], length=length)
    hidden, cache = network()(known, layout, cache=cache)
    carry, pieces, step = (cache, hidden[:, -1:]), [], length - prefix.shape[1]
    for end in _segment_ends(length, len(layout.positions)):
        carry = (grow_cache(carry[0], end), carry[1])
        steps = jnp.arange(step, end - layout.prefix_length)
        noise = _noise(rngs, steps, config.target.codebook_size)
        carry, drawn = jax.lax.scan(advance, carry, (steps, noise))
        pieces.append(drawn)
        step = end - layout.prefix_length
    # [step, batch] -> [batch, time, level]
    drawn = jnp.concatenate(pieces).T.reshape(prefix.shape[0], -1, levels)
    return jnp.concatenate([prompt, drawn], axis=1)


def _known(
    config: StageConfig, prefix: jax.Array, against: jax.Array | None, prompt: jax.Array
) -> jax.Array:
    """Ids [batch, length] behind a prefix, or a pair of them for each row."""
    target = config.stage.target_tokens(config.vocabulary, prompt)
    known = jnp.concatenate([prefix, target], axis=1)
    if against is None:
        return known
    return drawing.pair(known, jnp.concatenate([against, target], axis=1))


def _network(config: StageConfig, weights_kept: Any) -> Transformer:
    return config.build().bind({"params": weights.whole(weights_kept)})


def _around(temperatures: tuple[float, ...], first_frame: int) -> jax.Array:
    """Those of a window's frames [turn], from its first one on."""
    return jnp.roll(jnp.float32(temperatures), -first_frame)


def _prefixes(
    config: StageConfig, codes: dict[str, jax.Array], batch: int, num_frames: int
) -> tuple[jax.Array, jax.Array]:
    """Prefixes [batch, length] of what is asked for, and of what is gone away from."""
    stage, vocabulary = config.stage, config.vocabulary
    all_rows = jnp.ones((batch,), bool)

    def prefix(asked: dict[str, jax.Array]) -> jax.Array:
        """Of these conditions, and of none beside them."""
        missing = [name for name in stage.conditions if name not in asked]
        nothing = {
            name: jnp.zeros(
                (batch, config.num_frames_of(name, num_frames), spec.num_quantizers),
                jnp.int32,
            )
            for name in missing
            for spec in [vocabulary.spec(name)]
        }
        tokens = stage.prefix_tokens(vocabulary, codes | nothing | asked)
        return stage.drop_conditioning(
            vocabulary, tokens, dict.fromkeys(missing, all_rows)
        )

    asked = {name: codes[name] for name in stage.conditions if name in codes}
    against = {"mulan": codes["against"]} if "against" in codes else {}
    return prefix(asked), prefix(against)


def _standing(kept: jax.Array | None, step: jax.Array, code: jax.Array) -> jax.Array:
    """The codes [batch] of a step: those that stand, whatever was drawn."""
    if kept is None:
        return code
    there = kept.reshape(len(kept), -1)[:, step]
    return jnp.where(there < 0, code, there)


def _noise(rngs: jax.Array, steps: jax.Array, codebook_size: int) -> jax.Array:
    """What steps draw with, [step, batch, code]: that of a segment made at once."""

    def of_step(step: jax.Array) -> jax.Array:
        keys = jax.vmap(jax.random.fold_in, (0, None))(rngs, step)
        return drawing.gumbel(keys, (codebook_size,))

    return jax.vmap(of_step)(steps)


def _segment_ends(known: int, total: int) -> list[int]:
    """Ends of the segments that lead from `known` positions to `total`."""
    return [*range(known + SEGMENT_LENGTH, total, SEGMENT_LENGTH), total]
