"""Token stages over any length of music, window after window or side by side.

MusicLM, section 3.2 and Figure 2; long pieces as in section 6. Codes are [batch, time,
level] throughout.
"""

import dataclasses
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp

from musiclm_jax.generation.spans import Spans
from musiclm_jax.generation.streams import CodeStream, Tune
from musiclm_jax.generation.windows import plan_windows
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.sampling import SamplingConfig, cache_bytes, sample
from musiclm_jax.stages import CONDITIONS

Sources = dict[str, CodeStream | Tune]
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

    def known(self, share: float) -> int:
        """Frames for a share of a window, whole ones at every rate, but never all."""
        multiple = _shared_frames(self.config)
        return min(round(self.window * share), self.window - 1) // multiple * multiple

    def cache_bytes(self, batch: int, num_frames: int, how: SamplingConfig) -> int:
        """Counts the bytes that sampling so many pieces at once takes at least."""
        return cache_bytes(
            self.config,
            rows=batch,
            num_frames=min(num_frames, self.window),
            sampling=how,
        )


def continue_stage(
    model: StageModel,
    spans: Spans,
    sources: Sources,
    *,
    given: jax.Array | None = None,
    kept: jax.Array | None = None,
    num_frames: int,
    overlap_share: float,
    rngs: jax.Array,
    sampling: SamplingConfig,
    progress: Progress,
    change_share: float = 1.0,
) -> Iterator[jax.Array]:
    """Samples a piece window after window, each prompted with the end of the last.

    Args:
        model: the stage.
        spans: what is asked for at which time; each begins with a window of its own.
        sources: what else its prefix is made of.
        given: [batch, time, level], the beginning of the piece, if it is known.
        kept: [batch, num_frames, level], what stands; see `lm.sampling.sample`.
        num_frames: target frames of the piece.
        overlap_share: share of a window, below one, that is known from the one before.
        rngs: [batch] keys, one a piece.
        sampling: how codes are drawn.
        progress: told the stage's name and the share that is done.
        change_share: share of a window that is known, at most, where a span begins.

    Yields:
        [batch, time, level], what is given and then what each window adds.
    """
    stage, rate = model.config.stage, model.config.target.frame_rate
    made = beginning(given, len(rngs), num_frames, stage.target.num_levels)
    windows = plan_windows(
        num_frames,
        window=model.window,
        overlap=model.known(overlap_share),
        given=made.shape[1],
        breaks=spans.breaks(rate, multiple=_shared_frames(model.config)),
        known_at_breaks=model.known(change_share),
    )
    if made.shape[1]:
        yield made
    for number, (start, prompt_frames, stop) in enumerate(windows):
        part = sample(
            model.config,
            model.params,
            spans.at((start + prompt_frames) / rate)
            | _crop(model.config, sources, start / rate, stop / rate),
            made[:, start : start + prompt_frames],
            num_frames=stop - start,
            rngs=jax.vmap(jax.random.fold_in, (0, None))(rngs, number),
            sampling=sampling,
            kept=None if kept is None else kept[:, start:stop],
            first_frame=start,
        )
        made = jnp.concatenate([made[:, :start], part], axis=1).block_until_ready()
        progress(stage.name, stop / num_frames)
        yield part[:, prompt_frames:]


def fill_stage(
    model: StageModel,
    sources: Sources,
    *,
    given: jax.Array | None = None,
    num_frames: int,
    rngs: jax.Array,
    sampling: SamplingConfig,
    progress: Progress,
) -> Iterator[jax.Array]:
    """Samples windows of a piece side by side, none knowing its neighbours.

    AudioLM, section III-C: the fine stage needs no context beyond its window. Several
    temperatures go round in each window anew. For the arguments see `continue_stage`.
    """
    stage, rate = model.config.stage, model.config.target.frame_rate
    batch, levels = len(rngs), stage.target.num_levels
    made = beginning(given, batch, num_frames, levels)
    windows = plan_windows(
        num_frames, window=model.window, overlap=0, given=made.shape[1]
    )
    if made.shape[1]:
        yield made
    at_once = max(1, WINDOWS_AT_ONCE // batch)
    for first in range(0, len(windows), at_once):
        group = windows[first : first + at_once]
        crops = [
            _crop(model.config, sources, w.start / rate, w.stop / rate) for w in group
        ]
        keys = [jax.vmap(jax.random.fold_in, (0, None))(rngs, w.start) for w in group]
        parts = sample(
            model.config,
            model.params,
            {name: jnp.concatenate([c[name] for c in crops]) for name in crops[0]},
            jnp.zeros((batch * len(group), 0, levels), jnp.int32),
            num_frames=group[0].stop - group[0].start,
            rngs=jnp.concatenate(keys),
            sampling=sampling,
        ).block_until_ready()
        progress(stage.name, group[-1].stop / num_frames)
        for window, part in zip(group, jnp.split(parts, len(group)), strict=True):
            yield part[:, window.prompt_frames :]


def beginning(
    given: jax.Array | None, batch: int, num_frames: int, levels: int
) -> jax.Array:
    """What is known of a piece, [batch, time, level], no longer than the piece."""
    if given is None:
        return jnp.zeros((batch, 0, levels), jnp.int32)
    return given[:, :num_frames]


def _crop(
    config: StageConfig, sources: Sources, start_seconds: float, stop_seconds: float
) -> dict[str, jax.Array]:
    """Cuts the prefix streams to a window; what has no time is no source."""
    return {
        stream.name: sources[stream.name].within(start_seconds, stop_seconds, spec)
        for stream in config.stage.prefix
        if (spec := config.vocabulary.spec(stream.name)).frame_rate
        # Of what is asked for, not all is.
        and (stream.name in sources or stream.name not in CONDITIONS)
    }


def _shared_frames(config: StageConfig) -> int:
    """Target frames from one moment where frames of all streams begin to the next.

    But for conditions: a tune is heard from anywhere.
    """
    rate = config.target.frame_rate
    rates = [
        config.vocabulary.spec(stream.name).frame_rate
        for stream in config.stage.prefix
        if stream.name not in CONDITIONS
    ]
    slowest = min([r for r in rates if r] + [rate])
    return round(rate / slowest)
