"""Painted scenes as a data set: drawn when they are first asked for, and then kept."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from musiclm_jax.data.synth.scenes.paint import example
from musiclm_jax.files import fingerprints

_SPLITS = {"train": 0, "validation": 1, "test": 2}
# Of the pictures to train on, so many are there to validate on, and to test on.
_HELD_OUT = 16


@dataclasses.dataclass(frozen=True, kw_only=True)
class PaintedScenes:
    """Pictures that the project draws itself; a data set for `ImageBatches`.

    Attributes:
        num_pictures: to train on.
        seed: another seed, other pictures.
    """

    num_pictures: int
    seed: int = 0

    def __post_init__(self):
        if self.num_pictures < _HELD_OUT:
            raise ValueError(
                f"num_pictures is {self.num_pictures}; it must be {_HELD_OUT} or more"
            )

    @property
    def name(self) -> str:
        """For messages."""
        return "painted scenes"

    def made_of(self) -> str:
        """Returns a fingerprint of the pictures."""
        return fingerprints.of([self.name, self.num_pictures, self.seed])

    def open(self, split: str) -> "Scenes":
        """Returns random access to a split: "train", "validation" or "test".

        Raises:
            ValueError: there is no such split.
        """
        if split not in _SPLITS:
            raise ValueError(f"painted scenes have no split {split!r}")
        count = self.num_pictures // (1 if split == "train" else _HELD_OUT)
        return Scenes((self.seed, _SPLITS[split]), count)


class Scenes(Sequence):
    """Random access to scenes, which `scenes.paint.example` describes."""

    def __init__(self, key: tuple[int, ...], count: int) -> None:
        """Draws nothing yet."""
        self._key, self._count = key, count
        self._drawn: dict[int, dict[str, Any]] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not 0 <= index < self._count:
            raise IndexError(index)
        if index not in self._drawn:
            self._drawn[index] = example(*self._key, index)
        return self._drawn[index]
