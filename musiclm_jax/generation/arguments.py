"""What is said in Python, judged as the shell's words are: before any work, by name."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.request import NUM, STEERING, Request

# Letters of a wrong value that an error quotes.
_SHOWN = 60


def path_of(folder: Any) -> Path:
    """Returns the folder of a bundle.

    Raises:
        ValueError: this is no path.
    """
    if not isinstance(folder, str | os.PathLike):
        raise wrong("folder", folder, "the path of a bundle")
    return Path(folder)


def with_seeds(prompt: Any, seed: Any) -> Iterator[tuple[Any, Any]]:
    """Returns each of the prompts, or the only one, with its seed.

    Raises:
        ValueError: there is no prompt, or not a seed for each.
    """
    prompts = list(prompt) if isinstance(prompt, list | tuple) else [prompt]
    several = isinstance(seed, Sequence) and not isinstance(seed, str)
    seeds = list(seed) if several else [seed] * len(prompts)
    if len(prompts) != len(seeds) or not prompts:
        raise ValueError(
            f"{len(prompts)} prompts have {len(seeds)} seeds: give at least one "
            "prompt, and one seed for all or one for each"
        )
    return zip(prompts, seeds, strict=True)


def check_names(steering: Mapping[str, Any]) -> None:
    """Checks what is said beside prompt, length and seed.

    Raises:
        TypeError: no attribute of a `Request` is called so, as Python says it of
            arguments.
    """
    for name in steering:
        if name not in STEERING:
            raise TypeError(
                f"got an unexpected argument {name!r}; beside prompt, seconds and seed "
                f"there are {', '.join(STEERING)}"
            )


def how(
    config: Any, progress: Any, usual: GenerationConfig | None = None
) -> GenerationConfig:
    """Returns how pieces are sampled: as usual where it is not said.

    Args:
        config: what is said of it.
        progress: what is told of the work.
        usual: stands in for a `config` of None.

    Raises:
        ValueError: this is no configuration of sampling, or nothing can be told.
    """
    config = usual if config is None else config
    if not isinstance(config, GenerationConfig):
        raise wrong("config", config, "a GenerationConfig")
    if not callable(progress):
        raise wrong("progress", progress, "a function of a name and a share")
    return config


def check_codes(name: str, codes: Any, codebooks: jax.Array) -> None:
    """Checks MuLan codes.

    Args:
        name: that the caller has for them.
        codes: what should be [batch, 1, level].
        codebooks: [level, code, embed] of the model.

    Raises:
        ValueError: they are not, or not all are codes.
    """
    num_levels, num_codes, _ = codebooks.shape
    wanted = f"codes [batch, 1, {num_levels}], whole numbers from 0 to {num_codes - 1}"
    shape, kind = np.shape(codes), getattr(codes, "dtype", None)
    if kind is None or kind.kind not in "iu" or shape != (*shape[:1], 1, num_levels):
        raise wrong(name, codes, wanted)
    if not codes.size or codes.min() < 0 or codes.max() >= num_codes:
        raise wrong(name, codes, wanted)


def check_keys(rngs: Any, batch: int) -> None:
    """Checks the keys [batch] of so many pieces.

    Raises:
        ValueError: they are no keys, or not so many.
    """
    kind = getattr(rngs, "dtype", None)
    is_key = kind is not None and jax.dtypes.issubdtype(kind, jax.dtypes.prng_key)
    if not is_key or rngs.shape != (batch,):
        raise wrong("rngs", rngs, f"{batch} keys, such as jax.random.split gives")


def check_takes(audio: Any, prompt: Any, keep: Any) -> None:
    """Checks sound to choose from, what was asked for, and how much of it is kept.

    Raises:
        ValueError: it is none, no text, or fewer takes than are to be kept.
    """
    if prompt is None:
        raise wrong("prompt", prompt, "text")
    Request(prompt=prompt)
    if not isinstance(audio, np.ndarray | jax.Array) or audio.ndim != 2:
        raise wrong("audio", audio, "an array [take, sample]")
    if not audio.size or not np.isfinite(audio).all():
        raise wrong("audio", audio, "sound, of finite numbers")
    NUM.check("keep", keep)
    if keep > len(audio):
        raise ValueError(f"keep is {keep}, and there are {len(audio)} takes")


def wrong(name: str, value: Any, wanted: str) -> ValueError:
    """Returns the error that names an argument and tells what it must be."""
    shape = getattr(value, "shape", None)
    shown = f"an array {list(shape)} of {value.dtype}" if shape else repr(value)
    return ValueError(f"{name} is {shown[:_SHOWN]}; it must be {wanted}")
