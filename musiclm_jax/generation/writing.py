"""The networks of a model, one behind the other: from a score to acoustic tokens.

MusicLM, section 3.2 and Figure 2. Codes come window by window, as they are written.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from musiclm_jax.bundle import Bundle
from musiclm_jax.generation.acoustics import Acoustics
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.filling import SoundStormModel
from musiclm_jax.generation.hierarchy import Progress, StageModel, continue_stage
from musiclm_jax.generation.score import Score
from musiclm_jax.generation.streams import CodeStream
from musiclm_jax.lm.config import unroll_params
from musiclm_jax.lm.sampling_config import SamplingConfig
from musiclm_jax.parallel import memory, sharding


@dataclasses.dataclass(frozen=True)
class Networks:
    """What writes tokens.

    Attributes:
        semantic: the semantic stage; None where `acoustics` reads none of its tokens.
        acoustics: what writes the acoustic tokens behind it.
    """

    semantic: StageModel | None
    acoustics: Acoustics

    @classmethod
    def load(cls, bundle: Bundle, *, codebooks: jax.Array) -> "Networks":
        """Loads what a bundle has of them.

        Args:
            bundle: which.
            codebooks: [level, code, embed] of its codec.

        Raises:
            FileNotFoundError: one of its files is missing.
            ValueError: a part is damaged or missing, or two write the same.
        """

        def stage(name: str) -> StageModel:
            config, params = bundle.load_part(name)
            params = jax.tree.map(jnp.asarray, unroll_params(config, params))
            return StageModel(config.unrolled, params)

        def soundstorm(name: str) -> SoundStormModel:
            config, params = bundle.load_part(name)
            params = jax.tree.map(jnp.asarray, params)
            return SoundStormModel(config, params, jnp.asarray(codebooks))

        def if_there(load: Callable[[str], Any], name: str) -> Any:
            return load(name) if name in bundle.parts else None

        acoustics = Acoustics(
            coarse=if_there(stage, "coarse_stage"),
            fine=if_there(stage, "fine_stage"),
            soundstorm=if_there(soundstorm, "soundstorm"),
        )
        load = stage if acoustics.reads_semantic else functools.partial(if_there, stage)
        return cls(semantic=load("semantic_stage"), acoustics=acoustics)

    def configs(self) -> dict[str, Any]:
        """Returns the config of each by the name of its part."""
        acoustics = self.acoustics
        models = {
            "semantic_stage": self.semantic,
            "coarse_stage": acoustics.coarse,
            "fine_stage": acoustics.fine,
            "soundstorm": acoustics.soundstorm,
        }
        return {name: model.config for name, model in models.items() if model}

    def write(
        self, score: Score, *, config: GenerationConfig, progress: Progress
    ) -> Iterator[jax.Array]:
        """Writes pieces, shared by as many of this process's devices as divide them.

        Args:
            score: what is asked for.
            config: how everything is sampled.
            progress: told what is done, and the share of it.

        Returns:
            Acoustic codes [batch, time, level] of one window after another, for the
            seconds of the score rounded up to whole semantic frames, so that all
            streams end together.

        Raises:
            ValueError: semantic tokens alone are given, and nothing reads them, or
                there is no memory for so many pieces; see also `write_semantic`.
        """
        if self.semantic is None:
            self._check_without_semantic(score)
        frames = self._acoustic_frames(score)
        for name in ("coarse", "fine"):
            model, how = getattr(self.acoustics, name), getattr(config, name)
            _check_memory(model, frames, how, batch=len(score.rngs))
        mesh = _mesh(len(score.rngs))
        rows = sharding.batch_sharding(mesh)
        score = score.map(lambda x: jax.device_put(x, rows))
        networks = self._on(mesh)
        semantic = None
        if networks.semantic is not None:
            semantic = CodeStream(
                networks.write_semantic(score, config=config, progress=progress)
            )
        written = networks.acoustics.write(
            score.spans,
            semantic,
            given=score.acoustic,
            num_frames=frames,
            rngs=score.rngs,
            config=config,
            progress=progress,
        )
        return _under(mesh, written)

    def write_semantic(
        self, score: Score, *, config: GenerationConfig, progress: Progress
    ) -> Iterator[jax.Array]:
        """Writes semantic codes [batch, time, 1] alone; see `write`.

        Raises:
            ValueError: there is no such stage, a tune is asked for that it cannot read,
                or there is no memory for so many pieces at once.
        """
        if self.semantic is None:
            raise ValueError(
                "the model has no semantic stage: its coarse stage reads MuLan tokens "
                "alone (runs/coarse_of_mulan.gin)"
            )
        if score.melody and "melody" not in self.semantic.config.stage.conditions:
            raise ValueError(
                "the semantic stage of the model reads no melody: train it with "
                "shared/melody.gin behind runs/semantic_stage.gin"
            )
        sources = {} if score.melody is None else {"melody": score.melody}
        frames, how = self._semantic_frames(score), config.semantic
        _check_memory(self.semantic, frames, how, batch=len(score.rngs))
        return continue_stage(
            self.semantic,
            score.spans,
            sources,
            given=score.semantic,
            kept=score.kept,
            num_frames=frames,
            overlap_share=config.semantic_overlap,
            change_share=config.change_overlap,
            rngs=jax.vmap(jax.random.fold_in, (0, None))(score.rngs, 0),
            sampling=how,
            progress=progress,
        )

    def _semantic_frames(self, score: Score) -> int:
        rate = self.semantic.config.target.frame_rate
        return math.ceil(score.seconds * rate - 1e-6)

    def _acoustic_frames(self, score: Score) -> int:
        rate = self.acoustics.frame_rate
        if self.semantic is None:
            return math.ceil(score.seconds * rate - 1e-6)
        ratio = rate / self.semantic.config.target.frame_rate
        return round(self._semantic_frames(score) * ratio)

    def _check_without_semantic(self, score: Score) -> None:
        """Raises ValueError where semantic tokens would have to be heard."""
        is_semantic = score.semantic is not None and score.acoustic is None
        if is_semantic or score.melody is not None:
            raise ValueError(
                "what is played, varied or given by its tune is given by semantic "
                "tokens, which nothing in this model reads: its coarse stage reads "
                "MuLan tokens alone (runs/coarse_of_mulan.gin)"
            )

    def _on(self, mesh: Mesh) -> "Networks":
        """The same networks, whole on each device."""
        semantic = self.semantic
        if semantic is not None:
            params = jax.device_put(semantic.params, sharding.replicated(mesh))
            semantic = dataclasses.replace(semantic, params=params)
        return Networks(semantic=semantic, acoustics=self.acoustics.on(mesh))


def _check_memory(
    model: StageModel | None, num_frames: int, how: SamplingConfig, *, batch: int
) -> None:
    if model is not None:
        mesh = _mesh(batch)
        needed = model.cache_bytes(batch, num_frames, how) // mesh.size
        what = f"the {model.config.stage.name} stage of {batch:,} pieces at once"
        memory.check(what, needed, mesh, advice="ask for fewer at once")


def _mesh(batch: int) -> Mesh:
    count = math.gcd(batch, jax.local_device_count())
    return sharding.make_mesh(devices=jax.local_devices()[:count])


def _under(mesh: Mesh, chunks: Iterator[jax.Array]) -> Iterator[jax.Array]:
    """Has each chunk made under a mesh, which nobody else is left under."""
    while True:
        with sharding.use_mesh(mesh, sharding.DEFAULT_RULES):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk
