"""Which clips of a split are evaluated: those with a caption and sound that will do."""

import collections
import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from musiclm_jax.data.sets.audio_dataset import captions_of, plain
from musiclm_jax.evaluation.control import ATTRIBUTES
from musiclm_jax.evaluation.examples import Examples

_REASONS = 3  # that an error shows
_BALANCED = "is_balanced_subset"
# So many of the clips last as long as what is measured, where nothing is said.
_LONG_ENOUGH = 0.95


@dataclasses.dataclass(frozen=True, eq=False)
class Drawn:
    """Clips that were drawn.

    Attributes:
        examples: in the order in which they were drawn.
        names: of the clips.
        captions: of the clips, the longest of each.
        num_samples: of each that are measured, from its start.
        left_out: name of each other clip that was drawn -> what is wrong with it.
    """

    examples: Examples
    names: tuple[str, ...]
    captions: tuple[str, ...]
    num_samples: int
    left_out: dict[str, str]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def labels(self) -> dict[str, list[str]]:
        """What is known of all clips: attribute -> a label each."""
        return {name: self.examples.labels(name) for name in labelled(self.examples)}

    def audio(self, numbers: np.ndarray) -> np.ndarray:
        """Returns [batch, sample] float32 of some clips, by their numbers [batch]."""
        indices = np.array(self.examples.indices)[numbers]
        sound = [self.examples.split[int(i)]["audio"] for i in indices]
        return np.stack([np.asarray(each)[: self.num_samples] for each in sound]) / (
            np.float32(2**15)
        )


def draw(
    split: Sequence[dict[str, Any]],
    *,
    num: int,
    num_samples: int | None,
    rng: np.random.Generator,
    check_caption: Callable[[str], None] | None,
    without: Sequence[str] = (),
) -> Drawn:
    """Draws clips, or takes all if there are fewer.

    Args:
        split: all clips.
        num: how many.
        num_samples: of each; if None as many as nearly all of them have.
        rng: draws.
        check_caption: raises ValueError for a caption that nothing can be made of; if
            None captions do not matter.
        without: names of clips that are not drawn.

    Raises:
        ValueError: fewer than two can be used; it says why.
    """
    found: dict[int, tuple[str, int]] = {}  # index -> name and samples
    left_out, others = {}, set(without)
    for index in rng.permutation(len(split)).tolist():
        clip = split[index]
        name = str(plain(clip["name"]))
        wrong = "" if name in others else _wrong_with(clip, check_caption)
        if wrong:
            left_out[name] = wrong
        elif name not in others:
            found[index] = name, len(clip["audio"])
        if len(found) == num:
            break
    if num_samples is None and found:
        lengths = [length for _, length in found.values()]
        num_samples = int(np.quantile(lengths, 1 - _LONG_ENOUGH, method="lower"))
    kept = [index for index, (_, length) in found.items() if length >= num_samples]
    short = {found[index][0] for index in found.keys() - set(kept)}
    left_out |= dict.fromkeys(short, "it is too short")
    if len(kept) < 2:
        raise ValueError(_too_few(len(split), len(kept), len(others), left_out))
    examples = Examples(split, tuple(kept))
    return Drawn(
        examples=examples,
        names=tuple(found[index][0] for index in kept),
        captions=tuple(examples.captions()) if check_caption else (),
        num_samples=num_samples,
        left_out=left_out,
    )


def labelled(examples: Examples) -> tuple[str, ...]:
    """Returns the attributes of which all of some clips have a label."""
    return tuple(
        attribute
        for attribute in ATTRIBUTES
        if all(attribute in fact for fact in examples.facts)
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Subset(Sequence[dict[str, Any]]):
    """Some clips of a split.

    Attributes:
        split: all of them.
        indices: of those that count.
    """

    split: Sequence[dict[str, Any]]
    indices: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.split[self.indices[index]]


def balanced(split: Sequence[dict[str, Any]]) -> Subset:
    """Returns MusicCaps' balanced subset (MusicLM, appendix A).

    Raises:
        ValueError: no clip has the mark.
    """
    marked = tuple(i for i in range(len(split)) if _is_marked(split[i]))
    if not marked:
        raise ValueError(
            f"no clip of the split has the mark {_BALANCED}, which the table of "
            "MusicCaps gives: leave --balanced out"
        )
    return Subset(split, marked)


def _is_marked(clip: dict[str, Any]) -> bool:
    fields = json.loads(plain(clip.get("fields", b"")) or "{}")
    return fields.get(_BALANCED) is True


def _wrong_with(
    clip: dict[str, Any], check_caption: Callable[[str], None] | None
) -> str:
    """Says why a clip cannot be used; nothing if it can."""
    if not np.any(clip["audio"]):
        return "it is silent"
    if check_caption is None:
        return ""
    captions = captions_of(clip)
    if not captions:
        return "it has no caption"
    try:
        check_caption(max(captions, key=len))
    except ValueError as error:
        return str(error)
    return ""


def _too_few(
    num_all: int, num_kept: int, num_others: int, left_out: dict[str, str]
) -> str:
    counts = collections.Counter(left_out.values())
    reasons = [f"of {num}: {why}" for why, num in counts.most_common(_REASONS)]
    if num_others:
        reasons.append(f"{num_others} captions are the prompts: ask for fewer by --num")
    told = f" ({'; '.join(reasons)})" if reasons else ""
    return (
        f"{num_kept} of {num_all} clips can be used, and two are the least that "
        f"anything is measured of{told}"
    )
