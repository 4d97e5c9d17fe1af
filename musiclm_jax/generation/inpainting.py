"""Makes a gap in a recording anew, between what stands around it.

The semantic stage goes on from before the gap; SoundStorm, which hears both sides,
fills in all acoustic levels. What is around the gap comes back as the codec has it.
"""

import dataclasses

import jax
import jax.numpy as jnp

from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.hierarchy import Progress
from musiclm_jax.generation.score import Score
from musiclm_jax.generation.writing import Networks
from musiclm_jax.soundstorm.decoding import fill
from musiclm_jax.soundstorm.network import SoundStormConfig


def replace(
    networks: Networks,
    score: Score,
    gap: tuple[float, float],
    *,
    config: GenerationConfig,
    progress: Progress,
) -> jax.Array:
    """Writes acoustic codes with a gap made anew.

    Args:
        networks: of the model.
        score: with the tokens of a recording, all of them.
        gap: its start and stop, in seconds.
        config: how everything is sampled.
        progress: told what is done.

    Returns:
        [batch, time, level], of the length of the recording.

    Raises:
        ValueError: the model has no SoundStorm, the gap is longer than a window of it,
            or lies beyond the recording.
    """
    model = networks.acoustics.soundstorm
    if model is None:
        raise ValueError(
            "to replace a part the model must have a part soundstorm, which hears both "
            "sides of it: train one (configs/runs/soundstorm.gin)"
        )
    slow = model.config.semantic.frame_rate
    repeats = round(model.config.target.frame_rate / slow)
    first, last = _steps(model.config, score, gap)
    before = dataclasses.replace(
        score, semantic=score.semantic[:, :first], seconds=last / slow
    )
    written = networks.write_semantic(before, config=config, progress=progress)
    semantic = jnp.concatenate([*written, score.semantic[:, last:]], axis=1)
    # The window in whose middle the gap lies, in semantic steps.
    total = score.semantic.shape[1]
    window = min(model.config.window // repeats, total)
    start = min(max(0, (first + last - window) // 2), total - window)
    steps = start + jnp.arange(window * repeats) // repeats
    is_known = (steps < first) | (steps >= last)
    frames = slice(start * repeats, (start + window) * repeats)
    acoustic = score.acoustic[:, frames]
    part = fill(
        model.config,
        model.params,
        score.spans.at(gap[0])
        | {"semantic": semantic[:, start : start + window], "acoustic": acoustic},
        jnp.broadcast_to(is_known[None, :, None], acoustic.shape),
        codebooks=model.codebooks,
        first_level=0,
        rngs=jax.vmap(jax.random.fold_in, (0, None))(score.rngs, 3),
        sampling=config.soundstorm,
    )
    progress("soundstorm", 1.0)
    return score.acoustic.at[:, frames].set(part)


def _steps(
    config: SoundStormConfig, score: Score, gap: tuple[float, float]
) -> tuple[int, int]:
    """Returns the gap in semantic steps.

    Raises:
        ValueError: it is longer than a window, or lies beyond the recording.
    """
    rate = config.semantic.frame_rate
    first, last = round(gap[0] * rate), round(gap[1] * rate)
    total = score.semantic.shape[1]
    if not first < last <= total:
        raise ValueError(
            f"{gap[0]:g}:{gap[1]:g} s cannot be replaced: what is used of the "
            f"recording lasts {total / rate:g} s, and a token {1 / rate:g} s"
        )
    if (last - first) / rate > config.crop_seconds:
        raise ValueError(
            f"{gap[1] - gap[0]:g} s are to be replaced; SoundStorm hears "
            f"{config.crop_seconds:g} s at once"
        )
    return first, last
