"""Text in, music out.

MusicLM, section 4.2 and Figure 2:

    prompt -> MuLan's towers -> RVQ -> semantic -> acoustics -> codec
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.bundle import MANIFEST, Bundle, default_folder
from musiclm_jax.bundle.tokenizers import Tokenizers
from musiclm_jax.generation import (
    arguments,
    candidates,
    conditioning,
    inpainting,
    scoring,
    settings,
)
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.hierarchy import Progress, no_progress
from musiclm_jax.generation.prompt import parse
from musiclm_jax.generation.request import NUM, RANGES, Request
from musiclm_jax.generation.score import Score
from musiclm_jax.generation.spans import Span, Spans
from musiclm_jax.generation.story import Story
from musiclm_jax.generation.writing import Networks
from musiclm_jax.signal.peaks import PeakLimiter

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
            ValueError: it is damaged, incomplete or of another version, or no path.
        """
        folder = default_folder() if folder is None else arguments.path_of(folder)
        bundle = Bundle.load(folder)
        tokenizers = Tokenizers.load(folder)
        codebooks = tokenizers.codec.params["codebooks"]
        networks = Networks.load(bundle, codebooks=codebooks)
        tokenizers.check_fit(networks.configs(), where=f"the model in {folder}")
        how = settings.read(bundle.sampling, where=f"{folder / MANIFEST}: sampling")
        return cls(tokenizers, networks, how.applied_to(GenerationConfig()))

    @property
    def sample_rate(self) -> int:
        """Of the audio, in Hz."""
        return self.tokenizers.codec.sample_rate

    def generate(
        self,
        prompt: str | Sequence[str] | None = None,
        *,
        seconds: float = 10.0,
        seed: int | Sequence[int] = 0,
        num: int = 1,
        config: GenerationConfig | None = None,
        progress: Progress = no_progress,
        **steering: Any,
    ) -> np.ndarray:
        """Makes music for one prompt or for several, all at once.

        The same arguments give the same samples on the same machine, and no piece
        depends on `num` or on the other prompts.

        Args:
            prompt: what the music should be, or one for each of several: a text, or a
                sum of texts and recordings, see `generation.prompt`; None leaves it to
                what steers, or asks for nothing.
            seconds: length.
            seed: of everything random; one for all prompts, or one for each.
            num: pieces for each prompt.
            config: how the stages are sampled; as suits the model if None.
            progress: called with what is being done and the share of it that is done.
            steering: what else is said of the music, the same for all prompts:
                attributes of `generation.request.Request` such as `continue_from`.

        Returns:
            [prompt * num, sample] float32 in [-1, 1] at `sample_rate`; the pieces of a
            prompt follow each other.

        Raises:
            ValueError: a prompt, length, seed or number that cannot be, or there is no
                memory for so much at once.
            TypeError: an argument that there is none of.
            FileNotFoundError: a recording that is named is not there.
        """
        NUM.check("num", num)
        config = arguments.how(config, progress, self.sampling)
        arguments.check_names(steering)
        requests = [
            Request(prompt=text, seconds=seconds, seed=number, **steering)
            for text, number in arguments.with_seeds(prompt, seed)
        ]
        config = conditioning.guided_by(requests[0].prompt, config)
        # One after the other: the tokens of a prompt are those of the prompt alone.
        score = scoring.join([self.score(request, config) for request in requests])
        return candidates.make(
            self, score.times(num), requests[0].gap, config, progress
        )

    def choose(self, audio: np.ndarray, prompt: str, *, keep: int) -> list[int]:
        """Says which takes of a prompt to keep (Jukebox's way to the better ones).

        Args:
            audio: [take, sample].
            prompt: what was asked for.
            keep: how many.

        Returns:
            Their numbers from 0, that which MuLan finds nearest to the prompt first.

        Raises:
            ValueError: no such array, a prompt that cannot be, or too few takes.
        """
        arguments.check_takes(audio, prompt, keep)
        mulan = conditioning.codes(parse(prompt), self.tokenizers)
        return conditioning.by_match(audio, mulan, self.tokenizers)[:keep]

    def stream(
        self,
        prompt: str | None = None,
        *,
        seconds: float = 10.0,
        seed: int = 0,
        config: GenerationConfig | None = None,
        progress: Progress = no_progress,
        **steering: Any,
    ) -> Iterator[np.ndarray]:
        """Makes one piece, and gives its sound out as it is made.

        For the arguments see `generate`, of whose single piece these are the parts.

        Returns:
            [sample] float32, one part behind the other.

        Raises:
            ValueError: likewise; or what is made whole, candidates or a gap, is asked.
        """
        config = arguments.how(config, progress, self.sampling)
        arguments.check_names(steering)
        request = Request(prompt=prompt, seconds=seconds, seed=seed, **steering)
        config = conditioning.guided_by(prompt, config)
        if config.candidates != 1:
            raise ValueError(
                f"of {config.candidates} candidates the best is known at their end "
                "alone: a stream has one"
            )
        if request.gap is not None:
            raise ValueError("what is replaced is made whole: it is no stream")
        score = self.score(request, config).times(1)
        parts = self.play(score, config=config, progress=progress)
        return (part[0] for part in parts)

    def tell(
        self,
        story: Story,
        *,
        config: GenerationConfig | None = None,
        progress: Progress = no_progress,
    ) -> Iterator[np.ndarray]:
        """Makes the piece of a story, as `stream` does; it goes before `config`.

        Raises:
            ValueError: this is no story, or see `stream`.
        """
        if not isinstance(story, Story):
            raise arguments.wrong("story", story, "a Story, as story.read gives it")
        config = story.settings.applied_to(
            arguments.how(config, progress, self.sampling)
        )
        if story.negative_prompt is not None:
            conditioning.check_guided(config)
        score = scoring.story_score(story, self.tokenizers).times(1)
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
            seconds: see `generate`.
            rngs: [batch] keys, one a piece.
            against: [1, 1, level], what guidance goes away from, if anything.
            config: see `generate`.
            progress: see `generate`.

        Returns:
            [batch, sample], see `generate`.

        Raises:
            ValueError: an argument that cannot be.
        """
        config = arguments.how(config, progress, self.sampling)
        RANGES["seconds"].check("seconds", seconds)
        codebooks = self.tokenizers.mulan.params["codebooks"]
        arguments.check_codes("mulan", mulan, codebooks)
        arguments.check_keys(rngs, len(mulan))
        codes = {"mulan": jnp.asarray(mulan)}
        if against is not None:
            arguments.check_codes("against", against, codebooks)
            codes["against"] = jnp.broadcast_to(jnp.asarray(against), mulan.shape)
        score = Score(spans=Spans((Span(0.0, codes),)), seconds=seconds, rngs=rngs)
        return candidates.make(self, score, None, config, progress)

    def write(
        self,
        score: Score,
        config: GenerationConfig,
        progress: Progress = no_progress,
        *,
        gap: tuple[float, float] | None = None,
    ) -> np.ndarray:
        """Returns acoustic codes [batch, time, level] of whole pieces.

        For the arguments see `play`; `gap`, of a recording whose tokens are given, is
        what is made anew alone.
        """
        if gap is not None:
            written = inpainting.replace(
                self.networks, score, gap, config=config, progress=progress
            )
            return np.asarray(written)
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

        Yields:
            [batch, sample] float32 in [-1, 1], one part behind the other.
        """
        left = round(score.seconds * self.sample_rate)
        limiter = PeakLimiter(self.limiter_length)
        decode = self.tokenizers.codec.start_decode(len(score.rngs))
        for codes in self.networks.write(score, config=config, progress=progress):
            audio = decode(codes)[:, :left]
            left -= audio.shape[1]
            yield limiter.push(audio)
        yield limiter.finish()

    @property
    def limiter_length(self) -> int:
        """Samples of the gain that keeps peaks below full scale."""
        return round(_LIMITER_SECONDS * self.sample_rate)

    def score(self, request: Request, config: GenerationConfig) -> Score:
        """Says what the networks are to do for a request; see `scoring.score`."""
        if request.negative_prompt is not None:
            conditioning.check_guided(config)
        return scoring.score(request, self.tokenizers)
