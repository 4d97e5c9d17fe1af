"""Token networks over any length of music, window after window or side by side.

MusicLM, section 3.2 and Figure 2; long pieces as in section 6. Codes are [batch, time,
level] throughout.
"""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp

from musiclm_jax.generation.windows import plan_windows
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.sampling import SamplingConfig, sample
from musiclm_jax.soundstorm.decoding import fill
from musiclm_jax.soundstorm.network import SoundStormConfig
from musiclm_jax.soundstorm.sampling_config import MaskSamplingConfig

Codes = dict[str, jax.Array]
Progress = Callable[[str, float], None]

# Fine windows that are sampled side by side, over all pieces: bounds the memory.
WINDOWS_AT_ONCE = 32


def no_progress(what: str, share: float) -> None:
    """Tells nobody."""


@dataclasses.dataclass(frozen=True)
class StageModel:
    """A trained stage.

    Attributes:
        config: what it is.
        params: its parameters.
    """

    config: StageConfig
    params: dict

    @property
    def window(self) -> int:
        """Frames of its target that it was trained to see at once."""
        return self.config.layout(self.config.stage.crop_seconds).num_frames


@dataclasses.dataclass(frozen=True)
class SoundStormModel:
    """A trained SoundStorm.

    Attributes:
        config: what it is.
        params: its parameters.
    """

    config: SoundStormConfig
    params: dict


def continue_stage(
    model: StageModel,
    codes: Codes,
    *,
    num_frames: int,
    overlap_share: float,
    rngs: jax.Array,
    sampling: SamplingConfig,
    progress: Progress,
) -> jax.Array:
    """Samples a piece window after window, each prompted with the end of the last.

    Args:
        model: the stage.
        codes: what its prefix is made of, for the whole piece.
        num_frames: target frames of the piece.
        overlap_share: share of a window, below one, that is taken over from the window
            before.
        rngs: [batch] keys, one a piece.
        sampling: how codes are drawn.
        progress: told the stage's name and the share that is done.

    Returns:
        [batch, num_frames, level].
    """
    stage, rate = model.config.stage, model.config.target.frame_rate
    overlap = min(round(model.window * overlap_share), model.window - 1)
    overlap = _round_to_shared_frame(overlap, model.config)
    windows = plan_windows(num_frames, window=model.window, overlap=overlap)
    length = min(model.window, num_frames)
    made = jnp.zeros((rngs.shape[0], 0, stage.target.num_levels), jnp.int32)
    for number, (start, prompt_frames) in enumerate(windows):
        part = sample(
            model.config,
            model.params,
            _crop(model.config, codes, start / rate, length / rate),
            made[:, start : start + prompt_frames],
            num_frames=length,
            rngs=jax.vmap(jax.random.fold_in, (0, None))(rngs, number),
            sampling=sampling,
        )
        made = jnp.concatenate([made[:, :start], part], axis=1)
        made.block_until_ready()
        progress(stage.name, (number + 1) / len(windows))
    return made


def fill_stage(
    model: StageModel,
    codes: Codes,
    *,
    num_frames: int,
    rngs: jax.Array,
    sampling: SamplingConfig,
    progress: Progress,
) -> jax.Array:
    """Samples all windows of a piece side by side, none knowing its neighbours.

    AudioLM, section III-C: the fine stage needs no context beyond its window. For the
    arguments see `continue_stage`.
    """
    stage, rate = model.config.stage, model.config.target.frame_rate
    windows = plan_windows(num_frames, window=model.window, overlap=0)
    length = min(model.window, num_frames)
    batch = rngs.shape[0]
    at_once = max(1, WINDOWS_AT_ONCE // batch)
    made = jnp.zeros((batch, num_frames, stage.target.num_levels), jnp.int32)
    for first in range(0, len(windows), at_once):
        starts = [window.start for window in windows[first : first + at_once]]
        crops = [_crop(model.config, codes, s / rate, length / rate) for s in starts]
        prompt = jnp.zeros((batch * len(starts), 0, stage.target.num_levels), jnp.int32)
        keys = [jax.vmap(jax.random.fold_in, (0, None))(rngs, s) for s in starts]
        parts = sample(
            model.config,
            model.params,
            {name: jnp.concatenate([c[name] for c in crops]) for name in crops[0]},
            prompt,
            num_frames=length,
            rngs=jnp.concatenate(keys),
            sampling=sampling,
        )
        for start, part in zip(starts, jnp.split(parts, len(starts)), strict=True):
            made = made.at[:, start : start + length].set(part)
        made.block_until_ready()
        progress(stage.name, min(1.0, (first + at_once) / len(windows)))
    return made


def fill_frames(
    model: SoundStormModel,
    codes: Codes,
    *,
    num_frames: int,
    overlap_share: float,
    rngs: jax.Array,
    sampling: MaskSamplingConfig,
    progress: Progress,
) -> jax.Array:
    """Has SoundStorm write the levels that are not there, window after window.

    SoundStorm, section 4.2: each window is prompted with the end of the last.

    Args:
        model: SoundStorm.
        codes: for the whole piece; the acoustic ones have the levels that are there,
            which may be none.
        num_frames: acoustic frames of the piece.
        overlap_share: see `continue_stage`, and so the rest.
        rngs: see there.
        sampling: see there.
        progress: see there.

    Returns:
        [batch, num_frames, level], all levels.
    """
    config = model.config
    length = min(config.window, num_frames)
    repeats = round(config.target.frame_rate / config.semantic.frame_rate)
    overlap = min(round(config.window * overlap_share), config.window - repeats)
    windows = plan_windows(
        num_frames, window=config.window, overlap=overlap // repeats * repeats
    )
    there = codes["acoustic"]
    missing = config.target.num_quantizers - there.shape[-1]
    made = jnp.pad(there, [(0, 0), (0, 0), (0, missing)])
    for number, (start, prompt_frames) in enumerate(windows):
        stop = start + length
        is_prompt = jnp.arange(length)[None, :, None] < prompt_frames
        is_there = jnp.arange(config.target.num_quantizers) < there.shape[-1]
        part = fill(
            config,
            model.params,
            {
                "mulan": codes["mulan"],
                "semantic": codes["semantic"][:, start // repeats : stop // repeats],
                "acoustic": made[:, start:stop],
            },
            jnp.broadcast_to(is_prompt | is_there, made[:, start:stop].shape),
            first_level=there.shape[-1],
            rngs=jax.vmap(jax.random.fold_in, (0, None))(rngs, number),
            sampling=sampling,
        )
        made = made.at[:, start:stop].set(part)
        made.block_until_ready()
        progress("soundstorm", (number + 1) / len(windows))
    return made


def _crop(
    config: StageConfig, codes: Codes, start_seconds: float, seconds: float
) -> Codes:
    """Cuts the prefix streams to a window; what has no time stays whole."""
    cropped = {}
    for stream in config.stage.prefix:
        spec = config.vocabulary.spec(stream.name)
        if spec.frame_rate == 0:
            cropped[stream.name] = codes[stream.name]
            continue
        start = round(start_seconds * spec.frame_rate)
        stop = start + spec.num_frames(seconds)
        cropped[stream.name] = codes[stream.name][:, start:stop]
    return cropped


def _round_to_shared_frame(frames: int, config: StageConfig) -> int:
    """Rounds down to where the frames of all streams of the stage begin together."""
    rate = config.target.frame_rate
    rates = [
        config.vocabulary.spec(stream.name).frame_rate for stream in config.stage.prefix
    ]
    slowest = min([r for r in rates if r] + [rate])
    step = round(rate / slowest)
    return frames // step * step
