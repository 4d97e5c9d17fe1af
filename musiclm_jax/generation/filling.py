"""SoundStorm over any length of music, window after window.

SoundStorm (2305.09636), section 4.2. Codes are [batch, time, level] throughout.
"""

import dataclasses
from collections.abc import Iterator

import jax
import jax.numpy as jnp

from musiclm_jax.generation.hierarchy import Progress, Sources, beginning
from musiclm_jax.generation.spans import Spans
from musiclm_jax.generation.windows import plan_windows
from musiclm_jax.soundstorm.decoding import fill
from musiclm_jax.soundstorm.network import SoundStormConfig
from musiclm_jax.soundstorm.sampling_config import MaskSamplingConfig


@dataclasses.dataclass(frozen=True)
class SoundStormModel:
    """A trained SoundStorm.

    Attributes:
        config: what it is.
        params: its parameters.
        codebooks: [level, code, embed] of the codec whose codes it writes.
    """

    config: SoundStormConfig
    params: dict
    codebooks: jax.Array


def fill_frames(
    model: SoundStormModel,
    spans: Spans,
    sources: Sources,
    *,
    given: jax.Array | None = None,
    num_frames: int,
    overlap_share: float,
    rngs: jax.Array,
    sampling: MaskSamplingConfig,
    progress: Progress,
) -> Iterator[jax.Array]:
    """Has SoundStorm write the levels that are not there, window after window.

    SoundStorm, section 4.2: each window is prompted with the end of the last. For the
    arguments see `continue_stage`; the acoustic source, if there is one, holds the
    levels that are there, as far as it goes.

    Yields:
        [batch, time, level], all levels of what is given, and then of each window.
    """
    config = model.config
    rate, levels = config.target.frame_rate, config.target.num_quantizers
    repeats = round(rate / config.semantic.frame_rate)
    overlap = min(round(config.window * overlap_share), config.window - repeats)
    made = beginning(given, len(rngs), num_frames, levels)
    windows = plan_windows(
        num_frames,
        window=config.window,
        overlap=overlap // repeats * repeats,
        given=made.shape[1],
        breaks=spans.breaks(rate, multiple=repeats),
    )
    if made.shape[1]:
        yield made
    for number, (start, prompt_frames, stop) in enumerate(windows):
        there = made[:, start:start, :0]
        if "acoustic" in sources:
            there = sources["acoustic"].between(start, stop)
        known = _known(made[:, start:], there, stop - start, levels)
        semantic = sources["semantic"].between(start // repeats, stop // repeats)
        part = fill(
            config,
            model.params,
            spans.at((start + prompt_frames) / rate)
            | {"semantic": semantic, "acoustic": known[0]},
            known[1],
            codebooks=model.codebooks,
            first_level=there.shape[-1] if there.shape[1] == stop - start else 0,
            rngs=jax.vmap(jax.random.fold_in, (0, None))(rngs, number),
            sampling=sampling,
        )
        made = jnp.concatenate([made[:, :start], part], axis=1)
        made.block_until_ready()
        progress("soundstorm", stop / num_frames)
        yield part[:, prompt_frames:]


def _known(
    prompt: jax.Array, there: jax.Array, num_frames: int, levels: int
) -> tuple[jax.Array, jax.Array]:
    """Lays a prompt and coarse levels into a window.

    Args:
        prompt: [batch, time, level], all levels of its beginning.
        there: [batch, time, level], coarse levels of its beginning or all of it, which
            may be none.
        num_frames: of the window.
        levels: all of them.

    Returns:
        Codes [batch, num_frames, level], and where they are known, [.., .., ..] bool.
    """
    batch, prompt_frames, _ = prompt.shape
    codes = jnp.zeros((batch, num_frames, levels), jnp.int32)
    codes = codes.at[:, : there.shape[1], : there.shape[2]].set(there)
    codes = codes.at[:, :prompt_frames].set(prompt)
    frames = jnp.arange(num_frames)[None, :, None]
    is_prompt = frames < prompt_frames
    is_there = jnp.arange(levels)[None, None, :] < there.shape[2]
    is_there = is_there & (frames < there.shape[1])
    return codes, jnp.broadcast_to(is_prompt | is_there, codes.shape)
