"""Takes: the cheap semantic stage first, the sound of those that are chosen later.

Jukebox's way to spend its time on what is promising. A take that is rendered is the
piece of its number, had all been made at once.

    takes.safetensors   semantic [take, time, 1], keys [take, word]; and its card
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import safetensors
import safetensors.numpy

from musiclm_jax.files import whole_files
from musiclm_jax.files.ranges import Range
from musiclm_jax.generation import arguments, candidates, cards, conditioning
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.hierarchy import Progress, no_progress
from musiclm_jax.generation.request import NUM, Request
from musiclm_jax.generation.score import Score

_CARD = "card"


@dataclasses.dataclass(frozen=True, eq=False)
class Takes:
    """What the semantic stage wrote.

    Attributes:
        semantic: [take, time, 1], int32.
        keys: [take, word], of what is random in the rest of each.
        card: what was asked for, as `cards.asked` gives it.
    """

    semantic: np.ndarray
    keys: np.ndarray
    card: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.semantic)

    def score(self, asked: Score, numbers: Sequence[int]) -> Score:
        """Returns the score of some takes.

        Args:
            asked: of the request of the card, one piece.
            numbers: of the takes, from 0.
        """
        several = asked.times(len(numbers))
        chosen = list(numbers)
        keys = jax.random.wrap_key_data(jnp.asarray(self.keys[chosen]))
        semantic = jnp.asarray(self.semantic[chosen])
        return dataclasses.replace(several, rngs=keys, semantic=semantic)


def write(
    model: Any,
    request: Request,
    *,
    num: int,
    config: GenerationConfig,
    progress: Progress = no_progress,
) -> Takes:
    """Has the semantic stage alone write pieces.

    Args:
        model: a `pipeline.MusicLM`.
        request: what is asked for.
        num: takes.
        config: how all stages are sampled, now and later.
        progress: told the share that is done.

    Raises:
        ValueError: an argument that cannot be.
    """
    NUM.check("num", num)
    config = arguments.how(config, progress)
    guided = conditioning.guided_by(request.prompt, config)
    score = model.score(request, guided).times(num)
    parts = model.networks.write_semantic(score, config=guided, progress=progress)
    semantic = np.concatenate([np.asarray(part) for part in parts], axis=1)
    keys = np.asarray(jax.random.key_data(score.rngs))
    return Takes(semantic, keys, cards.asked(request, config))


def render(
    model: Any,
    takes: Takes,
    numbers: Sequence[int] | None = None,
    *,
    progress: Progress = no_progress,
) -> np.ndarray:
    """Makes the sound of takes.

    Args:
        model: a `pipeline.MusicLM`, that which wrote them.
        takes: what `write` gave, or `load`.
        numbers: of those that are rendered, from 0; all if None.
        progress: told what is done, and the share of it.

    Returns:
        [take, sample] float32 in [-1, 1].

    Raises:
        ValueError: there is no take of such a number.
    """
    request, config = cards.request_of(takes.card), cards.config_of(takes.card)
    guided = conditioning.guided_by(request.prompt, config)
    numbers = range(len(takes)) if numbers is None else numbers
    for number in numbers:
        known = Range(kind=int, low=0, high=len(takes) - 1)
        known.check("the number of a take", number)
    score = takes.score(model.score(request, guided), numbers)
    return candidates.make(model, score, None, guided, progress)


def save(path: Path, takes: Takes) -> None:
    """Writes a file, which appears whole.

    Raises:
        OSError: it cannot be written.
    """
    arrays = {"semantic": takes.semantic.astype(np.int32), "keys": takes.keys}
    metadata = {_CARD: json.dumps(takes.card, ensure_ascii=False)}
    whole_files.write(path, safetensors.numpy.save(arrays, metadata))


def load(path: Path) -> Takes:
    """Reads a file.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged, or of something else.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file of takes {path}")
    try:
        with safetensors.safe_open(path, framework="numpy") as opened:
            card = json.loads((opened.metadata() or {})[_CARD])
            semantic, keys = opened.get_tensor("semantic"), opened.get_tensor("keys")
    except (safetensors.SafetensorError, KeyError, ValueError, OSError):
        card = semantic = keys = None
    if not (
        isinstance(card, dict)
        and semantic.ndim == 3
        and keys.ndim == 2
        and len(semantic) == len(keys) > 0
    ):
        raise ValueError(
            f"{path} is damaged, or no file of takes: --stages semantic writes one"
        )
    cards.check(card, where=str(path))
    return Takes(semantic, keys, card)
