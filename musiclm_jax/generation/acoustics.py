"""From semantic to acoustic tokens: by the coarse and fine stages, or by SoundStorm.

MusicLM, section 3.2; SoundStorm (2305.09636). Either may stand alone, and SoundStorm
may stand in the place of the fine stage.
"""

import dataclasses
from collections.abc import Iterator

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.filling import SoundStormModel, fill_frames
from musiclm_jax.generation.hierarchy import (
    Progress,
    StageModel,
    continue_stage,
    fill_stage,
)
from musiclm_jax.generation.spans import Spans
from musiclm_jax.generation.streams import CodeStream
from musiclm_jax.parallel import sharding
from musiclm_jax.stages import Stream


@dataclasses.dataclass(frozen=True)
class Acoustics:
    """What writes acoustic tokens; a part that is there writes what is still missing.

    Attributes:
        coarse: writes the coarse levels.
        fine: writes the fine levels behind them.
        soundstorm: writes all levels that no stage writes.

    Raises:
        ValueError: nothing writes the coarsest level, or two parts the same ones.
    """

    coarse: StageModel | None
    fine: StageModel | None
    soundstorm: SoundStormModel | None

    def __post_init__(self):
        if self.coarse is None and self.soundstorm is None:
            raise ValueError(
                "the model has no part coarse_stage and no part soundstorm: train one "
                "(configs/runs/coarse_stage.gin, configs/runs/soundstorm.gin)"
            )
        if self.fine is not None and (self.coarse is None or self.soundstorm):
            other = "soundstorm beside it" if self.soundstorm else "no coarse_stage"
            raise ValueError(
                f"the model has a part fine_stage and {other}: the fine stage writes "
                "what is left by the coarse stage alone"
            )

    @property
    def num_levels(self) -> int:
        """Levels of the codec that are written; behind them nothing is heard."""
        if self.soundstorm is not None:
            return self.soundstorm.config.target.num_quantizers
        target = (self.fine or self.coarse).config.stage.target
        return target.first_level + target.num_levels

    @property
    def reads_semantic(self) -> bool:
        """Whether any part reads semantic tokens; those of the ablation do not."""
        return self.soundstorm is not None or self.coarse.config.stage.reads("semantic")

    @property
    def frame_rate(self) -> float:
        """Frames of codes a second, in Hz."""
        return (self.coarse or self.soundstorm).config.target.frame_rate

    def on(self, mesh: Mesh) -> "Acoustics":
        """The same with its parts whole on each device."""

        def place(model):
            if model is None:
                return None
            whole = sharding.replicated(mesh)
            arrays = {
                field.name: jax.device_put(getattr(model, field.name), whole)
                for field in dataclasses.fields(model)
                if field.name != "config"
            }
            return dataclasses.replace(model, **arrays)

        return Acoustics(place(self.coarse), place(self.fine), place(self.soundstorm))

    def write(
        self,
        spans: Spans,
        semantic: CodeStream | None,
        *,
        given: jax.Array | None = None,
        num_frames: int,
        rngs: jax.Array,
        config: GenerationConfig,
        progress: Progress,
    ) -> Iterator[jax.Array]:
        """Samples [batch, time, level], window after window; see `continue_stage`.

        Args:
            spans: what is asked for at which time.
            semantic: tokens, of the whole piece; None where no part reads them.
            given: [batch, time, level], the beginning of the piece, if it is known;
                a part all of whose levels are there goes on behind it.
            num_frames: acoustic frames of the piece.
            rngs: see there.
            config: how everything is sampled.
            progress: see there.
        """
        fold_in = jax.vmap(jax.random.fold_in, (0, None))
        common = {"num_frames": num_frames, "progress": progress}
        sources = {} if semantic is None else {"semantic": semantic}
        if self.coarse is not None:
            coarse = continue_stage(
                self.coarse,
                spans,
                sources,
                given=_levels(given, self.coarse.config.stage.target),
                overlap_share=config.coarse_overlap,
                rngs=fold_in(rngs, 1),
                sampling=config.coarse,
                **common,
            )
            sources = sources | {"acoustic": CodeStream(coarse)}
        elif given is not None and given.shape[2] < self.num_levels:
            # SoundStorm writes behind the coarse levels of a recording, too.
            sources = sources | {"acoustic": CodeStream([given])}
        if self.soundstorm is not None:
            return fill_frames(
                self.soundstorm,
                spans,
                sources,
                given=_levels(given, Stream("acoustic", 0, self.num_levels)),
                overlap_share=config.coarse_overlap,
                rngs=fold_in(rngs, 3),
                sampling=config.soundstorm,
                **common,
            )
        if self.fine is None:
            return iter(sources["acoustic"])
        behind = _levels(given, self.fine.config.stage.target)
        how = {"rngs": fold_in(rngs, 2), "sampling": config.fine, **common}
        fine = fill_stage(self.fine, sources, given=behind, **how)
        return _beside(sources["acoustic"], fine)


def _levels(given: jax.Array | None, stream: Stream) -> jax.Array | None:
    """Cuts a stream's levels out of what is given, if all of them are there."""
    if given is None or given.shape[2] < stream.first_level + stream.num_levels:
        return None
    return stream.select({stream.name: given})


def _beside(coarse: CodeStream, fine: Iterator[jax.Array]) -> Iterator[jax.Array]:
    """Lays fine levels [batch, time, level] behind the coarse ones of their frames."""
    place = 0
    for part in fine:
        stop = place + part.shape[1]
        yield jnp.concatenate([coarse.between(place, stop), part], axis=-1)
        place = stop
