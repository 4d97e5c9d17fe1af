"""Clips after the codec, and clips made from their captions: what is judged."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.bundle.tokenizers import CodecTokenizer
from musiclm_jax.evaluation.batches import in_batches
from musiclm_jax.generation import spans
from musiclm_jax.generation.hierarchy import no_progress
from musiclm_jax.generation.pipeline import MusicLM
from musiclm_jax.generation.score import Score


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
) -> np.ndarray:
    """Makes a piece for each prompt.

    Args:
        model: makes them, sampled as suits it.
        prompts: texts.
        seconds: length of each.
        seed: of all; no piece depends on the others.
        batch: prompts at once.

    Returns:
        [prompt, sample].
    """

    def once(codes: np.ndarray, rngs: jax.Array) -> np.ndarray:
        return model.generate_from_mulan(codes, seconds=seconds, rngs=rngs)

    return _of_prompts(model, once, prompts, seed, batch)


def semantic_tokens(
    model: MusicLM, prompts: Sequence[str], *, seconds: float, seed: int, batch: int
) -> np.ndarray:
    """Samples the semantic stage alone; for the arguments see `generate`.

    Returns:
        [prompt, time] codes.
    """

    def once(codes: np.ndarray, rngs: jax.Array) -> np.ndarray:
        score = Score(
            spans=spans.one({"mulan": jnp.asarray(codes)}), seconds=seconds, rngs=rngs
        )
        written = model.networks.write_semantic(
            score, config=model.sampling, progress=no_progress
        )
        return np.concatenate([np.asarray(part) for part in written], axis=1)[:, :, 0]

    return _of_prompts(model, once, prompts, seed, batch)


def acoustics_alone(
    model: MusicLM, audio: np.ndarray, *, seed: int, batch: int
) -> np.ndarray:
    """Has a model sound the true semantic tokens of clips.

    Args:
        model: whose acoustics and codec sound them.
        audio: [clip, sample], of which MuLan and semantic tokens are taken.
        seed: of all; no clip depends on the others.
        batch: clips at once.

    Returns:
        [clip, sample].
    """
    tokenizers = model.tokenizers
    key = jax.random.key(seed)

    def once(numbers: np.ndarray) -> np.ndarray:
        sound = audio[numbers]
        mulan = jnp.asarray(tokenizers.mulan.tokenize(sound))
        score = Score(
            spans=spans.one({"mulan": mulan}),
            seconds=sound.shape[1] / tokenizers.codec.sample_rate,
            rngs=_each_key(key, numbers),
            semantic=jnp.asarray(tokenizers.semantic.tokenize(sound)),
        )
        codes = model.write(score, model.sampling)
        return tokenizers.codec.decode(codes)[:, : audio.shape[1]]

    return in_batches(once, np.arange(len(audio)), batch)


def _of_prompts(
    model: MusicLM,
    once: Callable[[np.ndarray, jax.Array], np.ndarray],
    prompts: Sequence[str],
    seed: int,
    batch: int,
) -> np.ndarray:
    """Calls with MuLan codes and keys of a batch of prompts after another."""
    codes = model.tokenizers.mulan.text_codes(list(prompts))
    key = jax.random.key(seed)
    return in_batches(
        lambda numbers: once(codes[numbers], _each_key(key, numbers)),
        np.arange(len(prompts)),
        batch,
    )


def _each_key(key: jax.Array, numbers: np.ndarray) -> jax.Array:
    return jax.vmap(jax.random.fold_in, (None, 0))(key, numbers)
