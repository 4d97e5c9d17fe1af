"""Text in, music out.

MusicLM, section 4.2 and Figure 2:

    prompt -> MuLan's towers -> RVQ -> semantic -> acoustics -> codec
"""

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.bundle import MANIFEST, Bundle, default_folder
from musiclm_jax.bundle.tokenizers import Tokenizers
from musiclm_jax.generation import conditioning, settings, spans
from musiclm_jax.generation.acoustics import Acoustics
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.hierarchy import (
    Progress,
    SoundStormModel,
    StageModel,
    no_progress,
)
from musiclm_jax.generation.prompt import parse
from musiclm_jax.generation.request import NUM, Request
from musiclm_jax.generation.score import Score, each_key
from musiclm_jax.generation.writing import Networks
from musiclm_jax.lm.config import unroll_params
from musiclm_jax.signal.peaks import PeakLimiter, limit_peaks

# Of the gain that keeps peaks below full scale.
_LIMITER_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class MusicLM:
    """A model ready to sample.

    Attributes:
        tokenizers: MuLan, semantic tokens and codec.
        networks: what writes tokens.
        sampling: the settings that suit it; the papers' where a bundle says nothing.
    """

    tokenizers: Tokenizers
    networks: Networks
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

        def if_there(load: Callable[[str], Any], name: str) -> Any:
            return load(name) if name in bundle.parts else None

        return cls(
            tokenizers=Tokenizers.load(folder),
            networks=Networks(
                semantic=stage("semantic_stage"),
                acoustics=Acoustics(
                    coarse=if_there(stage, "coarse_stage"),
                    fine=if_there(stage, "fine_stage"),
                    soundstorm=if_there(soundstorm, "soundstorm"),
                ),
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
        negative_prompt: str | None = None,
        config: GenerationConfig | None = None,
        progress: Progress = no_progress,
    ) -> np.ndarray:
        """Makes music for one prompt or for several, all at once.

        The same arguments give the same samples on the same machine, and no piece
        depends on `num` or on the other prompts.

        Args:
            prompt: what the music should be, or one for each of several: a text, or a
                sum of texts and recordings, see `generation.prompt`.
            seconds: length.
            seed: of everything random; one for all prompts, or one for each.
            num: pieces for each prompt.
            negative_prompt: what guidance goes away from, for all prompts; from music
                that nothing was asked of if None.
            config: how the stages are sampled; as suits the model if None.
            progress: called with what is being done and the share of it that is done.

        Returns:
            [prompt * num, sample] float32 in [-1, 1] at `sample_rate`; the pieces of a
            prompt follow each other.

        Raises:
            ValueError: a prompt, length, seed or number that cannot be.
            FileNotFoundError: a recording that a prompt names is not there.
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
            Request(
                prompt=text,
                seconds=seconds,
                seed=number,
                negative_prompt=negative_prompt,
            )
        # One after the other: the tokens of a prompt are those of the prompt alone.
        codes = np.concatenate([self._codes(p) for p in prompts])
        keys = jnp.stack([jax.random.key(number) for number in seeds])
        return self.generate_from_mulan(
            np.repeat(codes, num, axis=0),
            seconds=seconds,
            rngs=each_key(keys, num),
            against=self._against(negative_prompt, config),
            config=config,
            progress=progress,
        )

    def stream(
        self,
        prompt: str,
        *,
        seconds: float = 10.0,
        seed: int = 0,
        negative_prompt: str | None = None,
        config: GenerationConfig | None = None,
        progress: Progress = no_progress,
    ) -> Iterator[np.ndarray]:
        """Makes one piece, and gives its sound out as it is made.

        For the arguments see `generate`, of whose single piece these are the parts.

        Returns:
            [sample] float32, one part behind the other.

        Raises:
            ValueError: likewise, or candidates are asked for, which are compared whole.
        """
        Request(
            prompt=prompt, seconds=seconds, seed=seed, negative_prompt=negative_prompt
        )
        config = self.sampling if config is None else config
        if config.candidates != 1:
            raise ValueError(
                f"of {config.candidates} candidates the best is known at their end "
                "alone: a stream has one"
            )
        score = self._score(
            self._codes(prompt),
            seconds=seconds,
            rngs=each_key(jax.random.key(seed)[None], 1),
            against=self._against(negative_prompt, config),
        )
        parts = self.play(score, config=config, progress=progress)
        return (part[0] for part in parts)

    def generate_from_mulan(
        self,
        mulan: jax.Array,
        *,
        seconds: float,
        rngs: jax.Array,
        against: jax.Array | None = None,
        config: GenerationConfig | None = None,
        progress: Progress = no_progress,
    ) -> np.ndarray:
        """Makes music for MuLan codes, wherever they come from.

        Args:
            mulan: [batch, 1, level].
            seconds: length.
            rngs: [batch] keys, one a piece.
            against: [1, 1, level], what guidance goes away from, if anything.
            config: how the stages are sampled; as suits the model if None.
            progress: see `generate`.

        Returns:
            [batch, sample] float32 in [-1, 1].
        """
        config = self.sampling if config is None else config
        score = self._score(mulan, seconds=seconds, rngs=rngs, against=against)
        codes = self.write(score.times(config.candidates), config, progress)
        pieces = []
        # Piece by piece: of a long one the candidates fill the memory soon.
        for number, candidates in enumerate(np.split(codes, len(mulan))):
            audio = self.tokenizers.codec.decode(candidates)
            audio = audio[:, : round(seconds * self.sample_rate)]
            asked = np.asarray(mulan[number : number + 1])
            pieces.append(audio[conditioning.nearest(audio, asked, self.tokenizers)])
            progress("sound", (number + 1) / len(mulan))
        return limit_peaks(np.stack(pieces), self._limiter_length)

    def write(
        self, score: Score, config: GenerationConfig, progress: Progress = no_progress
    ) -> np.ndarray:
        """Returns acoustic codes [batch, time, level] of whole pieces."""
        parts = self.networks.write(score, config=config, progress=progress)
        return np.concatenate([np.asarray(part) for part in parts], axis=1)

    def play(
        self,
        score: Score,
        *,
        config: GenerationConfig,
        progress: Progress = no_progress,
    ) -> Iterator[np.ndarray]:
        """Gives the sound of pieces out as it is made.

        Args:
            score: what is asked for.
            config: how the stages are sampled.
            progress: see `generate`.

        Yields:
            [batch, sample] float32 in [-1, 1], one part behind the other.
        """
        left = round(score.seconds * self.sample_rate)
        limiter = PeakLimiter(self._limiter_length)
        decode = self.tokenizers.codec.start_decode(len(score.rngs))
        for codes in self.networks.write(score, config=config, progress=progress):
            audio = decode(codes)[:, :left]
            left -= audio.shape[1]
            yield limiter.push(audio)
        yield limiter.finish()

    @property
    def _limiter_length(self) -> int:
        return round(_LIMITER_SECONDS * self.sample_rate)

    def _codes(self, prompt: str) -> np.ndarray:
        """Returns the MuLan codes [1, 1, level] of a prompt."""
        return conditioning.codes(parse(prompt), self.tokenizers)

    def _against(
        self, negative_prompt: str | None, config: GenerationConfig | None
    ) -> np.ndarray | None:
        if negative_prompt is None:
            return None
        conditioning.check_guided(self.sampling if config is None else config)
        return self._codes(negative_prompt)

    def _score(
        self,
        mulan: jax.Array,
        *,
        seconds: float,
        rngs: jax.Array,
        against: jax.Array | None,
    ) -> Score:
        """What is asked for is the same from beginning to end."""
        if not math.isfinite(seconds) or round(seconds * self.sample_rate) < 1:
            raise ValueError(f"seconds must be above 0 and finite, not {seconds}")
        codes = {"mulan": jnp.asarray(mulan)}
        if against is not None:
            codes["against"] = jnp.broadcast_to(jnp.asarray(against), mulan.shape)
        return Score(spans=spans.one(codes), seconds=seconds, rngs=rngs)
