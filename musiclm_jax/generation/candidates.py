"""Whole pieces: of the candidates for each, the one that MuLan finds nearest."""

from typing import Any

import numpy as np

from musiclm_jax.generation import conditioning
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.hierarchy import Progress
from musiclm_jax.generation.score import Score
from musiclm_jax.signal.peaks import limit_peaks


def make(
    model: Any,
    score: Score,
    gap: tuple[float, float] | None,
    config: GenerationConfig,
    progress: Progress,
) -> np.ndarray:
    """Makes pieces [batch, sample].

    Args:
        model: a `pipeline.MusicLM`.
        score: what is asked for.
        gap: seconds of a given piece that are made anew alone, if that is asked.
        config: how all is sampled.
        progress: told what is done, and the share of it.
    """
    if config.candidates == 1 and gap is None:
        parts = model.play(score, config=config, progress=progress)
        return np.concatenate(list(parts), axis=1)
    several = score.times(config.candidates)
    codes = model.write(several, config, progress, gap=gap)
    asked = score.spans.spans[0].codes.get("mulan")
    pieces, count = [], len(score.rngs)
    # Piece by piece: of a long one the candidates fill the memory soon.
    for number, candidates in enumerate(np.split(codes, count)):
        audio = model.tokenizers.codec.decode(candidates)
        audio = audio[:, : round(score.seconds * model.sample_rate)]
        best = 0
        if len(audio) > 1 and asked is not None:
            mulan = np.asarray(asked[number : number + 1])
            best = conditioning.by_match(audio, mulan, model.tokenizers)[0]
        pieces.append(audio[best])
        progress("sound", (number + 1) / count)
    return limit_peaks(np.stack(pieces), model.limiter_length)
