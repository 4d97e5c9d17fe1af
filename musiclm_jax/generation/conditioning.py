"""From a prompt to MuLan tokens: terms are summed in MuLan's space.

MusicLM, section 3.3: text and sound meet there, so either can be asked by; pictures
find their place among the texts (`mulan.image_tower`).
"""

import dataclasses
from pathlib import Path

import numpy as np

from musiclm_jax.bundle.tokenizers import Tokenizers
from musiclm_jax.data.intake import stretch
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.prompt import Prompt, Term
from musiclm_jax.generation.request import Request
from musiclm_jax.generation.story import Story

_GUIDED = ("semantic", "coarse", "soundstorm")
# Of a recording that a prompt names, so much is heard, from its middle.
_HEARD_SECONDS = 60.0
# Shorter than this share of what the weights add up to, a sum is rounding.
_CANCELLED = 1e-3


def check(prompt: Prompt, tokenizers: Tokenizers) -> None:
    """Checks texts and pictures, and that recordings are there; none is heard yet.

    Raises:
        ValueError: a text of which the model knows nothing, a picture that cannot be
            read, or any for a model that cannot look at pictures.
        FileNotFoundError: a recording or picture that is not there.
    """
    for term in prompt.terms:
        if term.kind == "text":
            tokenizers.mulan.check_text(term.value)
        elif term.kind == "image":
            tokenizers.mulan.check_image(term.value)
        elif not Path(term.value).is_file():
            raise FileNotFoundError(
                f"there is no recording {term.value}, which the prompt names"
            )


def unheard(asked: Request | Story, tokenizers: Tokenizers) -> list[str]:
    """Returns the words of what is asked for that the model knows not, each once."""
    terms = [term for prompt in asked.prompts for term in prompt.terms]
    texts = [term.value for term in terms if term.kind == "text"]
    words = [word for text in texts for word in tokenizers.mulan.unheard(text)]
    return list(dict.fromkeys(words))


def embed(prompt: Prompt, tokenizers: Tokenizers) -> np.ndarray:
    """Returns the place [embed] of a prompt in MuLan's space, of unit length.

    Raises:
        ValueError: a term that means nothing to the model, or terms that cancel out.
        FileNotFoundError: a recording or picture that is not there.
    """
    check(prompt, tokenizers)
    total = sum(term.weight * _embed_term(term, tokenizers) for term in prompt.terms)
    length = np.linalg.norm(total)
    if length <= _CANCELLED * sum(abs(term.weight) for term in prompt.terms):
        raise ValueError(
            f"the terms of the prompt {prompt} cancel out: nothing is left to ask for"
        )
    return (total / length).astype(np.float32)


def codes(prompt: Prompt, tokenizers: Tokenizers) -> np.ndarray:
    """Returns the MuLan codes [1, 1, level] of a prompt; see `embed`."""
    return tokenizers.mulan.quantize(embed(prompt, tokenizers)[None])


def between(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """Goes a share of the way from one place [embed] to another, over the sphere."""
    angle = np.arccos(np.clip(first @ second, -1.0, 1.0))
    if np.sin(angle) < _CANCELLED:
        # Alike, or opposite, where no way is the shortest.
        return first if share < 0.5 else second
    way = np.sin((1 - share) * angle) * first + np.sin(share * angle) * second
    return (way / np.sin(angle)).astype(np.float32)


def by_match(audio: np.ndarray, mulan: np.ndarray, tokenizers: Tokenizers) -> list[int]:
    """Orders takes by how near MuLan finds them to what was asked for, nearest first.

    Args:
        audio: [take, sample].
        mulan: [1, 1, level], codes.
        tokenizers: of the model.
    """
    heard = tokenizers.mulan.embed_audio(audio)
    match = heard @ tokenizers.mulan.dequantize(mulan)[0]
    return np.argsort(-match, kind="stable").tolist()


def guided_by(prompt: str | None, config: GenerationConfig) -> GenerationConfig:
    """Returns how a piece is sampled: without a prompt there is nothing to follow.

    Guided by its own style, what goes on from a recording leaves its key.
    """
    if prompt is not None:
        return config
    stages = {
        stage: dataclasses.replace(getattr(config, stage), guidance=1.0)
        for stage in _GUIDED
    }
    if config.unprompted_temperature is not None:
        stages["semantic"] = dataclasses.replace(
            stages["semantic"], temperature=config.unprompted_temperature
        )
    return dataclasses.replace(config, **stages)


def check_guided(config: GenerationConfig) -> None:
    """Raises ValueError where a negative prompt would make no difference."""
    if all(getattr(config, stage).guidance == 1 for stage in _GUIDED):
        raise ValueError(
            "a negative prompt is what guidance goes away from, and guidance is 1, "
            "which is none: give more, such as 3"
        )


def _embed_term(term: Term, tokenizers: Tokenizers) -> np.ndarray:
    if term.kind == "text":
        return tokenizers.mulan.embed_text([term.value])[0]
    if term.kind == "image":
        return tokenizers.mulan.embed_image(term.value)
    heard = stretch.middle(
        Path(term.value),
        seconds=_HEARD_SECONDS,
        sample_rate=tokenizers.codec.sample_rate,
    )
    return tokenizers.mulan.embed_audio(heard.audio[None])[0]
