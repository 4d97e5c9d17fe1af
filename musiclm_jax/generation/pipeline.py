"""Text in, music out.

MusicLM, section 4.2 and Figure 2:

    prompt -> MuLan text tower -> RVQ -> semantic -> acoustics -> codec
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from musiclm_jax.bundle import MANIFEST, Bundle, default_folder
from musiclm_jax.bundle.tokenizers import Tokenizers
from musiclm_jax.generation import settings
from musiclm_jax.generation.acoustics import Acoustics
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.hierarchy import (
    Progress,
    SoundStormModel,
    StageModel,
    continue_stage,
    no_progress,
)
from musiclm_jax.generation.request import NUM, Request
from musiclm_jax.lm.config import unroll_params
from musiclm_jax.parallel import sharding
from musiclm_jax.signal.peaks import limit_peaks


@dataclasses.dataclass(frozen=True)
class MusicLM:
    """A model ready to sample.

    Attributes:
        tokenizers: MuLan, semantic tokens and codec.
        semantic: the semantic stage.
        acoustics: what writes the acoustic tokens.
        sampling: the settings that suit it; the papers' where a bundle says nothing.
    """

    tokenizers: Tokenizers
    semantic: StageModel
    acoustics: Acoustics
    sampling: GenerationConfig = GenerationConfig()

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "MusicLM":
        """Loads a bundle.

        Args:
            folder: what `musiclm export` made; the model in the box if None.

        Raises:
            FileNotFoundError: there is no bundle, or one of its files is missing.
            ValueError: it is damaged, incomplete or of another version.
        """
        folder = default_folder() if folder is None else Path(folder)
        bundle = Bundle.load(folder)

        def stage(name: str) -> StageModel:
            config, params = bundle.load_part(name)
            params = jax.tree.map(jnp.asarray, unroll_params(config, params))
            return StageModel(config.unrolled, params)

        def soundstorm(name: str) -> SoundStormModel:
            config, params = bundle.load_part(name)
            return SoundStormModel(config, jax.tree.map(jnp.asarray, params))

        def if_there(load: Callable, name: str) -> Any:
            return load(name) if name in bundle.parts else None

        return cls(
            tokenizers=Tokenizers.load(folder),
            semantic=stage("semantic_stage"),
            acoustics=Acoustics(
                coarse=if_there(stage, "coarse_stage"),
                fine=if_there(stage, "fine_stage"),
                soundstorm=if_there(soundstorm, "soundstorm"),
            ),
            sampling=settings.read(
                bundle.sampling, where=f"{folder / MANIFEST}: sampling"
            ).applied_to(GenerationConfig()),
        )

    @property
    def sample_rate(self) -> int:
        """Of the audio, in Hz."""
        return self.tokenizers.codec.sample_rate

    def generate(
        self,
        prompt: str | Sequence[str],
        *,
        seconds: float = 10.0,
        seed: int | Sequence[int] = 0,
        num: int = 1,
        config: GenerationConfig | None = None,
        progress: Progress = no_progress,
    ) -> np.ndarray:
        """Makes music for one prompt or for several, all at once.

        The same arguments give the same samples on the same machine, and no piece
        depends on `num` or on the other prompts.

        Args:
            prompt: what the music should be, or one text for each of several.
            seconds: length.
            seed: of everything random; one for all prompts, or one for each.
            num: pieces for each prompt.
            config: how the stages are sampled; as suits the model if None.
            progress: called with what is being done and the share of it that is done.

        Returns:
            [prompt * num, sample] float32 in [-1, 1] at `sample_rate`; the pieces of a
            prompt follow each other.

        Raises:
            ValueError: a prompt, length, seed or number that cannot be.
        """
        NUM.check("num", num)
        prompts = [prompt] if isinstance(prompt, str) else list(prompt)
        seeds = list(seed) if isinstance(seed, Sequence) else [seed] * len(prompts)
        if len(prompts) != len(seeds) or not prompts:
            raise ValueError(
                f"{len(prompts)} prompts have {len(seeds)} seeds: give at least one "
                "prompt, and one seed for all or one for each"
            )
        for text, number in zip(prompts, seeds, strict=True):
            Request(prompt=text, seconds=seconds, seed=number)
        # One after the other: the tokens of a prompt are those of the prompt alone.
        codes = np.concatenate([self.tokenizers.mulan.text_codes([p]) for p in prompts])
        keys = jnp.stack([jax.random.key(number) for number in seeds])
        return self.generate_from_mulan(
            jnp.repeat(codes, num, axis=0),
            seconds=seconds,
            rngs=_each_key(keys, num),
            config=config,
            progress=progress,
        )

    def generate_from_mulan(
        self,
        mulan: jax.Array,
        *,
        seconds: float,
        rngs: jax.Array,
        config: GenerationConfig | None = None,
        progress: Progress = no_progress,
    ) -> np.ndarray:
        """Makes music for MuLan codes, wherever they come from.

        Args:
            mulan: [batch, 1, level].
            seconds: length.
            rngs: [batch] keys, one a piece.
            config: how the stages are sampled; as suits the model if None.
            progress: see `generate`.

        Returns:
            [batch, sample] float32 in [-1, 1].
        """
        num_samples = round(seconds * self.sample_rate) if math.isfinite(seconds) else 0
        if num_samples < 1:
            raise ValueError(f"seconds must be above 0 and finite, not {seconds}")
        config = self.sampling if config is None else config
        count = config.candidates
        codes = self.sample_codes(
            jnp.repeat(jnp.asarray(mulan), count, axis=0),
            seconds=seconds,
            rngs=_each_key(rngs, count),
            config=config,
            progress=progress,
        )
        pieces = []
        # Piece by piece: of a long one the candidates fill the memory soon.
        for number, candidates in enumerate(np.split(np.asarray(codes), len(mulan))):
            audio = self.tokenizers.codec.decode(candidates)[:, :num_samples]
            pieces.append(self._nearest(audio, np.asarray(mulan[number : number + 1])))
            progress("sound", (number + 1) / len(mulan))
        return limit_peaks(np.stack(pieces))

    def _nearest(self, candidates: np.ndarray, mulan: np.ndarray) -> np.ndarray:
        """Returns the candidate [sample] that MuLan finds nearest to codes.

        Args:
            candidates: [candidate, sample].
            mulan: [1, 1, level].
        """
        if len(candidates) == 1:
            return candidates[0]
        heard = self.tokenizers.mulan.embed_audio(candidates)
        asked = self.tokenizers.mulan.dequantize(mulan)
        return candidates[np.argmax(heard @ asked[0])]

    def sample_codes(
        self,
        mulan: jax.Array,
        *,
        seconds: float,
        rngs: jax.Array,
        config: GenerationConfig,
        progress: Progress,
    ) -> jax.Array:
        """Runs the stages; for the arguments see `generate_from_mulan`.

        The pieces are shared by as many of this process's devices as divide them.

        Returns:
            Acoustic codes [batch, time, level], for `seconds` rounded up to whole
            semantic frames, so that all streams end together.
        """
        count = math.gcd(len(mulan), jax.local_device_count())
        mesh = sharding.make_mesh(devices=jax.local_devices()[:count])
        rows = sharding.batch_sharding(mesh)
        with sharding.use_mesh(mesh, sharding.DEFAULT_RULES):
            return self._on(mesh)._run_stages(
                jax.device_put(mulan, rows),
                seconds=seconds,
                rngs=jax.device_put(rngs, rows),
                config=config,
                progress=progress,
            )

    def _on(self, mesh: Mesh) -> "MusicLM":
        """The same model with its stages whole on each device."""
        params = jax.device_put(self.semantic.params, sharding.replicated(mesh))
        return dataclasses.replace(
            self,
            semantic=dataclasses.replace(self.semantic, params=params),
            acoustics=self.acoustics.on(mesh),
        )

    def _run_stages(
        self,
        mulan: jax.Array,
        *,
        seconds: float,
        rngs: jax.Array,
        config: GenerationConfig,
        progress: Progress,
    ) -> jax.Array:
        semantic_rate = self.semantic.config.target.frame_rate
        semantic_frames = math.ceil(seconds * semantic_rate - 1e-6)
        codes = {"mulan": mulan}
        codes["semantic"] = continue_stage(
            self.semantic,
            codes,
            num_frames=semantic_frames,
            overlap_share=config.semantic_overlap,
            rngs=jax.vmap(jax.random.fold_in, (0, None))(rngs, 0),
            sampling=config.semantic,
            progress=progress,
        )
        return self.acoustics.write(
            codes,
            num_frames=round(
                semantic_frames * self.acoustics.frame_rate / semantic_rate
            ),
            rngs=rngs,
            config=config,
            progress=progress,
        )


def _each_key(keys: jax.Array, count: int) -> jax.Array:
    """Makes `count` keys of each: [batch] -> [batch * count]."""
    each = jax.vmap(jax.random.fold_in, (None, 0))
    return jax.vmap(each, (0, None))(keys, jnp.arange(count)).reshape(-1)
