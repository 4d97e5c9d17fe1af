"""Whole pieces: of the candidates for each, the one that MuLan finds nearest."""

from typing import Any

import numpy as np

from musiclm_jax.generation import conditioning
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.hierarchy import Progress
from musiclm_jax.generation.score import Score
from musiclm_jax.parallel import memory
from musiclm_jax.signal.peaks import limit_peaks

# Of the codes that are decoded at once.
_DECODED_SECONDS = 10.0


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

    Raises:
        ValueError: there is no memory for their sound; see also `Networks.write`.
    """
    _check_memory(model, score)
    if config.candidates == 1 and gap is None:
        parts = model.play(score, config=config, progress=progress)
        return np.concatenate(list(parts), axis=1)
    several = score.times(config.candidates)
    codes = model.write(several, config, progress, gap=gap)
    asked = score.spans.spans[0].codes.get("mulan")
    pieces, count = [], len(score.rngs)
    # Piece by piece: of a long one the candidates fill the memory soon.
    for number, candidates in enumerate(np.split(codes, count)):
        audio = _decode(candidates, model)
        audio = audio[:, : round(score.seconds * model.sample_rate)]
        best = 0
        if len(audio) > 1 and asked is not None:
            mulan = np.asarray(asked[number : number + 1])
            best = conditioning.by_match(audio, mulan, model.tokenizers)[0]
        pieces.append(audio[best])
        progress("sound", (number + 1) / count)
    return limit_peaks(np.stack(pieces), model.limiter_length)


def _decode(codes: np.ndarray, model: Any) -> np.ndarray:
    """Decodes part by part: all at once a codec wants many times the sound's place."""
    codec = model.tokenizers.codec
    step = round(_DECODED_SECONDS * codec.frame_rate)
    decode = codec.start_decode(len(codes))
    starts = range(0, codes.shape[1], step)
    return np.concatenate([decode(codes[:, s : s + step]) for s in starts], axis=1)


def _check_memory(model: Any, score: Score) -> None:
    count, samples = len(score.rngs), round(score.seconds * model.sample_rate)
    # Its parts, and all of it.
    needed = 2 * count * samples * np.dtype(np.float32).itemsize
    what = f"the sound of {count:,} pieces of {score.seconds:g} s"
    memory.check_host(what, needed, advice="ask for fewer at once, or shorter ones")
