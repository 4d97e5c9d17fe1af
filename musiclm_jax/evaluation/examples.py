"""Clips of a split that were drawn, read a few at a time."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from musiclm_jax.data.sets.audio_dataset import captions_of, plain
from musiclm_jax.evaluation.batches import filled

_READ_AT_ONCE = 32


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Some clips of one length.

    Attributes:
        split: all clips of a split, by index.
        indices: those that were drawn.
    """

    split: Sequence[dict[str, Any]]
    indices: tuple[int, ...]

    @classmethod
    def draw(
        cls, split: Sequence[dict[str, Any]], num: int, rng: np.random.Generator
    ) -> "Examples":
        """Draws so many clips, or all if there are fewer."""
        return cls(split, tuple(rng.permutation(len(split))[:num].tolist()))

    def __len__(self) -> int:
        return len(self.indices)

    def first(self, num: int) -> "Examples":
        """Returns the first of them."""
        return Examples(self.split, self.indices[:num])

    def where(self, is_kept: np.ndarray) -> "Examples":
        """Returns those that a mask [clip] keeps."""
        return Examples(self.split, tuple(np.array(self.indices)[is_kept].tolist()))

    @functools.cached_property
    def facts(self) -> list[dict[str, Any]]:
        """What is known of each, its sound apart."""
        clips = (self.split[index] for index in self.indices)
        return [
            {name: value for name, value in clip.items() if name != "audio"}
            for clip in clips
        ]

    def labels(self, attribute: str) -> list[str]:
        """Returns what an attribute is, as text, of each."""
        return [str(plain(fact[attribute])) for fact in self.facts]

    def captions(self) -> list[str]:
        """Returns the longest caption of each, of whole sentences where there are."""
        return [max(captions_of(fact), key=len) for fact in self.facts]

    def audio(self) -> np.ndarray:
        """Returns all sound, [clip, sample] float32 in [-1, 1]."""
        return np.concatenate(list(self.batches(_READ_AT_ONCE)))

    def batches(self, size: int) -> Iterator[np.ndarray]:
        """Yields sound [batch, sample], the last batch with what is left."""
        for first in range(0, len(self.indices), size):
            part = self.indices[first : first + size]
            sound = [np.asarray(self.split[index]["audio"]) for index in part]
            yield np.stack(sound) / np.float32(2**15)

    def measured(self, measure: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Returns [clip, ...] of what maps sound [batch, sample] to [batch, ...]."""
        size = min(_READ_AT_ONCE, len(self))
        parts = [filled(measure, part, size) for part in self.batches(size)]
        return np.concatenate(parts)
