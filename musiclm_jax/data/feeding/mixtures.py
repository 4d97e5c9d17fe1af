"""Several data sets that are read as one, each with its share of the examples.

An example of a mixture is a pure function of its place, as one of a single data set is,
so shares of processes and positions mean the same to both.
"""

import dataclasses
import fractions
from collections.abc import Callable
from typing import Any

import grain

from musiclm_jax.data.feeding.streams import shuffled


@dataclasses.dataclass(frozen=True)
class Mixture:
    """Data sets with their weights; it stands where one data set stands.

    Each comes round in epochs of its own, in another order each time: a small one is
    repeated more often and ends no other.

    Attributes:
        parts: (data set, weight), where the data set is an `AudioDataset` or a folder
            of token records. Weights are relative: of 3 and 1, three examples in four
            are of the first, in any stretch of the stream. They count to a hundredth
            of the smallest.
    """

    parts: tuple[tuple[Any, float], ...]

    def __post_init__(self):
        if not self.parts:
            raise ValueError("a mixture has no parts; it needs one data set or more")
        for dataset, weight in self.parts:
            if not 0 < weight < float("inf"):
                raise ValueError(
                    f"a mixture gives {dataset} the weight {weight}; it must be above 0"
                )


def parts_of(data: Any) -> list[Any]:
    """Returns the data sets of a mixture, or the one that was given."""
    if not isinstance(data, Mixture):
        return [data]
    return [dataset for dataset, _ in data.parts]


def in_order(
    data: Any, read: Callable[[Any], Any], seed: int, *, repeat: bool
) -> grain.MapDataset:
    """Returns the examples of a data set or mixture, shuffled, by place.

    Args:
        data: the data set, or a `Mixture` of several.
        read: opens one; what it returns has `__len__` and `__getitem__`.
        seed: of the order, and of every later `random_map`.
        repeat: whether examples come round again for ever. Otherwise a mixture has as
            many as its parts together; a part that has too few for its share repeats.
    """
    sources = [read(dataset) for dataset in parts_of(data)]
    if len(sources) == 1:
        return shuffled(sources[0], seed, repeat=repeat)
    endless = [
        shuffled(source, seed + number, repeat=True)
        for number, source in enumerate(sources)
    ]
    # As they are written: grain rounds down, and 0.21 * (100 / 0.07) is less than 300.
    weights = [fractions.Fraction(str(weight)) for _, weight in data.parts]
    mixed = grain.MapDataset.mix(endless, weights)
    if not repeat:
        mixed = mixed[: sum(map(len, sources))]
    return mixed.seed(seed)
