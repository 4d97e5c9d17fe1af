"""Clips after the codec, and clips made from their captions: what is judged."""

from collections.abc import Callable, Sequence

import jax
import numpy as np

from musiclm_jax.bundle.tokenizers import CodecTokenizer
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.hierarchy import continue_stage, no_progress
from musiclm_jax.generation.pipeline import MusicLM


def round_trip(
    codec: CodecTokenizer, audio: np.ndarray, *, levels: int, batch: int
) -> np.ndarray:
    """Returns audio [clip, sample] after the codec.

    Args:
        codec: of the model.
        audio: [clip, sample].
        levels: of its codes that are decoded: what lies behind them is not heard.
        batch: clips at once.
    """

    def once(part: np.ndarray) -> np.ndarray:
        return codec.decode(codec.tokenize(part)[:, :, :levels])

    return in_batches(once, audio, batch)[:, : audio.shape[1]]


def generate(
    model: MusicLM,
    prompts: Sequence[str],
    *,
    seconds: float,
    seed: int,
    batch: int,
    config: GenerationConfig,
) -> np.ndarray:
    """Makes a piece for each prompt.

    Args:
        model: makes them.
        prompts: texts.
        seconds: length of each.
        seed: of all; no piece depends on the others.
        batch: prompts at once.
        config: how the stages are sampled.

    Returns:
        [prompt, sample].
    """

    def once(codes: np.ndarray, rngs: jax.Array) -> np.ndarray:
        return model.generate_from_mulan(
            codes, seconds=seconds, rngs=rngs, config=config
        )

    return _of_prompts(model, once, prompts, seed, batch)


def semantic_tokens(
    model: MusicLM,
    prompts: Sequence[str],
    *,
    seconds: float,
    seed: int,
    batch: int,
    config: GenerationConfig,
) -> np.ndarray:
    """Samples the semantic stage alone; for the arguments see `generate`.

    Returns:
        [prompt, time] codes.
    """
    frames = round(seconds * model.semantic.config.target.frame_rate)

    def once(codes: np.ndarray, rngs: jax.Array) -> np.ndarray:
        sampled = continue_stage(
            model.semantic,
            {"mulan": codes},
            num_frames=frames,
            overlap_share=config.semantic_overlap,
            rngs=rngs,
            sampling=config.semantic,
            progress=no_progress,
        )
        return np.asarray(sampled)[:, :, 0]

    return _of_prompts(model, once, prompts, seed, batch)


def in_batches(
    function: Callable[[np.ndarray], np.ndarray], items: np.ndarray, size: int
) -> np.ndarray:
    """Maps [item, ...] a few at a time; the last are filled up, so one shape is met."""
    parts = []
    for first in range(0, len(items), size):
        part = items[first : first + size]
        filled = np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)])
        parts.append(np.asarray(function(filled))[: len(part)])
    return np.concatenate(parts)


def _of_prompts(
    model: MusicLM,
    once: Callable[[np.ndarray, jax.Array], np.ndarray],
    prompts: Sequence[str],
    seed: int,
    batch: int,
) -> np.ndarray:
    """Calls with MuLan codes and keys of a batch of prompts after another."""
    codes = model.tokenizers.mulan.text_codes(list(prompts))
    each = jax.vmap(jax.random.fold_in, (None, 0))
    key = jax.random.key(seed)
    return in_batches(
        lambda numbers: once(codes[numbers], each(key, numbers)),
        np.arange(len(prompts)),
        batch,
    )
