"""Files of token records: their names alone say whether a split is all there.

The third of ten shards is `train-00002-of-00010.array_record`.
"""

import dataclasses
import os
import re
from pathlib import Path

_NAME = re.compile(r"(?P<split>.+)-(\d{5,})-of-(?P<count>\d{5,})\.array_record")


@dataclasses.dataclass(frozen=True)
class ShardName:
    """Which shard of a split.

    Attributes:
        split: of the audio set and of the records.
        index: of the shard, from 0.
        count: shards that the split has.
    """

    split: str
    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.split}-{self.index:05d}-of-{self.count:05d}"

    def path(self, folder: str | os.PathLike) -> Path:
        """Returns the file of its records."""
        return Path(folder) / f"{self}.array_record"


def shards_of(folder: str | os.PathLike, split: str) -> list[ShardName]:
    """Returns all shards of a split in their order, those that are missing too.

    Returns:
        Nothing where no shard is there, for then nothing says how many there are.

    Raises:
        ValueError: the names do not agree on how many there are.
    """
    counts = _counts(folder).get(split, {0})
    if len(counts) > 1:
        numbers = " and of ".join(map(str, sorted(counts)))
        raise ValueError(
            f"{folder} has shards of split {split!r} of {numbers}: delete "
            "those that are not of this set"
        )
    (count,) = counts
    return [ShardName(split, index, count) for index in range(count)]


def missing_shards(folder: str | os.PathLike, split: str) -> list[ShardName]:
    """Returns the shards of a split that are not there yet.

    Raises:
        FileNotFoundError: there is none at all.
        ValueError: see `shards_of`.
    """
    shards = shards_of(folder, split)
    if not shards:
        there = ", ".join(sorted(_counts(folder))) or "none"
        raise FileNotFoundError(f"{folder} has no split {split!r}; it has: {there}")
    names = set(os.listdir(folder))
    return [shard for shard in shards if shard.path(folder).name not in names]


def is_complete(folder: str | os.PathLike, split: str) -> bool:
    """Whether all shards of a split are there.

    Raises:
        ValueError: see `shards_of`.
    """
    return bool(shards_of(folder, split)) and not missing_shards(folder, split)


def _counts(folder: str | os.PathLike) -> dict[str, set[int]]:
    """How many shards each split has, by the names that are there."""
    counts: dict[str, set[int]] = {}
    for match in filter(None, map(_NAME.fullmatch, os.listdir(folder))):
        counts.setdefault(match["split"], set()).add(int(match["count"]))
    return counts
