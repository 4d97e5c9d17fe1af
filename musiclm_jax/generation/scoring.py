"""From a request to a score: which tokens are known, and what is asked for when.

a prompt            AudioLM and MusicLM's own way; none: nothing is asked for
to                  a way between two prompts over a sphere (Riffusion)
continue_from       the end of a recording is given (AudioLM, section III-D)
perform             its semantic tokens are given, none of its acoustic ones
vary                some of its tokens are given (Dance Diffusion's variations)
melody              the tokens of its tune are asked for (MusicLM, section 6), or those
                    semantic ones that tell of its harmony stand, the others are made
"""

import math
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.bundle.tokenizers import Tokenizers
from musiclm_jax.data.intake import stretch
from musiclm_jax.generation import conditioning
from musiclm_jax.generation.prompt import parse
from musiclm_jax.generation.request import Request
from musiclm_jax.generation.score import Score
from musiclm_jax.generation.spans import Span, Spans
from musiclm_jax.generation.story import Story
from musiclm_jax.generation.streams import Tune

# Of the recording that is gone on with, if nothing is said: AudioLM's.
_PROMPT_SECONDS = 3.0
# In seconds; shorter sounds are none.
_SHORTEST_TUNE = 1.0
# Of a variation, if nothing is said.
_STRENGTH = 0.5
# Up to here a variation keeps coarse levels, from there on semantic tokens.
_NO_ACOUSTICS = 0.4
# Of a travel: as many steps as last so long, but no more.
_STEP_SECONDS, _MOST_STEPS = 2.5, 24


def score(request: Request, tokenizers: Tokenizers) -> Score:
    """Reads what a request names, and says what the networks are to do.

    Raises:
        ValueError: a prompt or recording that cannot be used, or is too short.
        FileNotFoundError: a recording that is not there.
    """
    tune = {} if request.melody is None else _tune(request, tokenizers)
    heard, semantic, acoustic = None, None, None
    if request.recording is not None and not tune:
        heard = _hear(request, tokenizers)
        semantic = tokenizers.semantic.tokenize(heard[None])
        acoustic = tokenizers.codec.tokenize(heard[None])
    if request.perform is not None:
        acoustic = None
    if request.vary is not None:
        strength = _STRENGTH if request.strength is None else request.strength
        # Of what stands around a gap nothing is made anew.
        strength = 0.0 if request.replace is not None else strength
        semantic, acoustic = _kept(semantic, acoustic, strength)
    return Score(
        spans=_spans(request, tokenizers, heard),
        seconds=request.seconds,
        rngs=jax.random.key(request.seed)[None],
        semantic=None if semantic is None else jnp.asarray(semantic),
        acoustic=None if acoustic is None else jnp.asarray(acoustic),
        **tune,
    )


def join(scores: list[Score]) -> Score:
    """Lays pieces side by side of which alike is known.

    Raises:
        ValueError: they differ in length, in spans or in what is given.
    """
    first = scores[0]

    def shape(score: Score) -> tuple:
        arrays = []
        score.map(lambda rows: arrays.append(rows.shape[1:]) or rows)
        return score.seconds, [span.start for span in score.spans.spans], arrays

    if any(shape(other) != shape(first) for other in scores):
        raise ValueError(
            "pieces of different lengths, or steered by recordings of different "
            "lengths, cannot be made at once: ask for one after the other"
        )
    columns = [[] for _ in range(len(shape(first)[2]))]
    for each in scores:
        arrays = []
        each.map(lambda rows, arrays=arrays: arrays.append(rows) or rows)
        for column, rows in zip(columns, arrays, strict=True):
            column.append(rows)
    joined = iter([jnp.concatenate(column) for column in columns])
    return first.map(lambda rows: next(joined))


def _hear(request: Request, tokenizers: Tokenizers) -> np.ndarray:
    """Returns [sample] of the recording, whole semantic steps of it."""
    path, rate = Path(request.recording), tokenizers.codec.sample_rate
    step = round(rate / tokenizers.semantic.frame_rate)
    if request.continue_from is None:
        audio = stretch.start(path, seconds=request.seconds, sample_rate=rate).audio
        audio = audio[: len(audio) // step * step]
    else:
        seconds = request.prompt_seconds or _PROMPT_SECONDS
        if seconds >= request.seconds:
            raise ValueError(
                f"the piece is to last {request.seconds:g} s, of which the recording "
                f"takes {seconds:g} s (prompt_seconds): nothing is left to make"
            )
        audio = stretch.end(path, seconds=seconds, sample_rate=rate).audio
        audio = audio[len(audio) % step :]
    if not len(audio):
        raise ValueError(f"{path} is too short: {step / rate:g} s at least are wanted")
    return audio


def _tune(request: Request, tokenizers: Tokenizers) -> dict[str, Any]:
    """Hears a tune; one shorter than the piece begins again at its end.

    Returns:
        What a score says of it: `melody`, or `kept` where the model has no tokens of
        melodies and its semantic ones tell of harmony apart.
    """
    melody, semantic = tokenizers.melody, tokenizers.semantic
    if melody is None and not semantic.tells_tunes:
        raise ValueError(
            "the model has no part melody, which hears tunes: train it with "
            "runs/melody.gin, and the semantic stage with shared/melody.gin"
        )
    rate = tokenizers.codec.sample_rate
    path = Path(request.melody)
    heard = stretch.start(path, seconds=request.seconds, sample_rate=rate).audio
    if len(heard) < _SHORTEST_TUNE * rate:
        raise ValueError(
            f"{path} lasts {len(heard) / rate:.1f} s: a tune lasts "
            f"{_SHORTEST_TUNE:g} s at least"
        )
    if melody is None:
        step = round(rate / semantic.frame_rate)
        length = math.ceil(request.seconds * semantic.frame_rate - 1e-6) * step
        tune = semantic.tokenize_tune(np.resize(heard, (1, length)))
        return {"kept": jnp.asarray(tune)}
    length = max(round(request.seconds * rate), melody.config.window_length)
    windows = melody.tokenize_windows(np.resize(heard, (1, length)))
    return {"melody": Tune(jnp.asarray(windows), melody.config.stride_seconds)}


def _kept(
    semantic: np.ndarray, acoustic: np.ndarray, strength: float
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Takes away what is made anew: fine levels, then all of them, then semantics."""
    if strength < _NO_ACOUSTICS:
        levels = acoustic.shape[2]
        kept = round(levels * (1 - strength / _NO_ACOUSTICS))
        return semantic, acoustic[:, :, : max(kept, 1)]
    share = (1 - strength) / (1 - _NO_ACOUSTICS)
    frames = round(semantic.shape[1] * share)
    return (semantic[:, :frames] if frames else None), None


def story_score(story: Story, tokenizers: Tokenizers) -> Score:
    """Says what the networks are to do for a story.

    Raises:
        ValueError: a prompt that cannot be used.
        FileNotFoundError: a recording that is not there.
    """
    places = [conditioning.embed(span.prompt, tokenizers) for span in story.spans]
    # By its start; a transition may take all of its span.
    asked, start = {}, 0.0
    for number, span in enumerate(story.spans):
        asked[start] = places[number]
        start += span.seconds
        if span.transition and number + 1 < len(places):
            begins = start - span.transition
            asked |= _way(begins, span.transition, *places[number : number + 2])
    return Score(
        spans=_quantized(
            asked, _against(story.negative_prompt, tokenizers), tokenizers
        ),
        seconds=story.seconds,
        rngs=jax.random.key(story.seed)[None],
    )


def _spans(request: Request, tokenizers: Tokenizers, heard: np.ndarray | None) -> Spans:
    against = _against(request.negative_prompt, tokenizers)
    if request.prompt is not None:
        place = conditioning.embed(parse(request.prompt), tokenizers)
    elif heard is not None:
        place = tokenizers.mulan.embed_audio(heard[None])[0]
    else:
        return Spans((Span(0.0, against),))
    asked = {0.0: place}
    if request.to is not None:
        goal = conditioning.embed(parse(request.to), tokenizers)
        way = _way(0.0, request.seconds, place, goal)
        # From the first place itself, and to the last.
        asked = way | {0.0: place, max(way): goal}
    return _quantized(asked, against, tokenizers)


def _way(
    start: float, seconds: float, first: np.ndarray, second: np.ndarray
) -> dict[float, np.ndarray]:
    """Goes from one place [embed] to another in even steps, by their starts."""
    steps = int(min(max(2, seconds / _STEP_SECONDS), _MOST_STEPS))
    return {
        start + seconds * step / steps: conditioning.between(
            first, second, (step + 0.5) / steps
        )
        for step in range(steps)
    }


def _against(prompt: str | None, tokenizers: Tokenizers) -> dict[str, jax.Array]:
    if prompt is None:
        return {}
    codes = conditioning.codes(parse(prompt), tokenizers)
    return {"against": jnp.asarray(codes)}


def _quantized(
    asked: dict[float, np.ndarray],
    against: dict[str, jax.Array],
    tokenizers: Tokenizers,
) -> Spans:
    spans = []
    for start, place in sorted(asked.items()):
        codes = jnp.asarray(tokenizers.mulan.quantize(place[None]))
        spans.append(Span(start, against | {"mulan": codes}))
    return Spans(tuple(spans))
