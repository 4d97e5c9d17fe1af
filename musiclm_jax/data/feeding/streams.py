"""From random access to streams of batches: order, share of a process, reading ahead.

An order is drawn from a seed and the number of the epoch, and what is drawn for an
example from the seed and its place in that order. So all processes know the same
sequence of batches, whatever their number, each reads its own rows of it, and the state
of a stream is one integer.
"""

import functools
import itertools
import logging
from collections.abc import Callable, Iterator
from typing import Any

import grain
import jax
import numpy as np

from musiclm_jax.files.ranges import Range

_LOGGER = logging.getLogger(__name__)
_READ_THREADS = 4


class Usable:
    """A source in which what cannot be used gives way to the next that can.

    Places stay as they are, so that all processes agree on them. How many give way is
    known only once all were read; that some do is logged when the first is met.
    """

    def __init__(
        self,
        source: Any,
        is_usable: Callable[[Any], bool],
        wanted: str,
        advice: Callable[[], str],
    ):
        """Looks for the first that can be used.

        Args:
            source: has `__len__` and `__getitem__`.
            is_usable: says it of an example.
            wanted: what an example has to be, for the error and the log.
            advice: says what to do where there is none.

        Raises:
            ValueError: none can be used.
        """
        self._source, self._is_usable, self._wanted = source, is_usable, wanted
        if not any(is_usable(source[i]) for i in range(len(source))):
            raise ValueError(f"there is no {wanted}: {advice()}")

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, index: int) -> Any:
        while not self._is_usable(example := self._source[index % len(self)]):
            _say_once(
                f"not every example is a {self._wanted}: those that are not give way "
                "to the next that is"
            )
            index += 1
        return example


class BatchStream:
    """Batches of this process's rows, with a position that all processes share."""

    def __init__(self, rows: grain.MapDataset, share: int):
        """Starts at the first batch.

        Args:
            rows: this process's, batch after batch.
            share: rows in a batch.
        """
        # Clips are large, so no more than one batch in hand and one ahead.
        ahead = 2 * share
        options = grain.ReadOptions(
            num_threads=min(_READ_THREADS, ahead), prefetch_buffer_size=ahead
        )
        stream = rows.to_iter_dataset(options).batch(share, drop_remainder=True)
        self._share, self._iterator = share, iter(stream)

    def __iter__(self) -> "BatchStream":
        return self

    def __next__(self) -> dict[str, np.ndarray]:
        return next(self._iterator)

    def get_state(self) -> dict[str, int]:
        """Returns which batch comes next."""
        rows = self._iterator.get_state()["next_index"]
        return {"next_batch": rows // self._share}

    def set_state(self, state: dict[str, int]) -> None:
        """Goes to what `get_state` gave, here or with another number of processes."""
        self._iterator.set_state({"next_index": state["next_batch"] * self._share})


class _OwnRows:
    """The rows of this process: in each batch its block of neighbouring ones."""

    def __init__(self, examples: grain.MapDataset, batch_size: int, share: int):
        self._examples, self._batch_size, self._share = examples, batch_size, share
        self._first = jax.process_index() * share

    def __len__(self) -> int:
        return len(self._examples) // self._batch_size * self._share

    def __getitem__(self, row: int) -> Any:
        batch, place = divmod(row, self._share)
        return self._examples[batch * self._batch_size + self._first + place]


def shuffled(source: Any, seed: int, *, repeat: bool) -> grain.MapDataset:
    """Returns a source in another order each epoch, the same on all processes.

    Args:
        source: has `__len__` and `__getitem__`.
        seed: of the order, and of every later `random_map`.
        repeat: whether it starts again at its end, for ever.
    """
    dataset = grain.MapDataset.source(source).seed(seed).shuffle()
    return dataset.repeat() if repeat else dataset


def batched(examples: grain.MapDataset, batch_size: int) -> BatchStream:
    """Returns this process's share of each batch, read ahead by a few threads.

    Args:
        examples: what `shuffled` returned, mapped to equal shapes.
        batch_size: examples in a batch, over all processes; a last incomplete batch is
            left out.

    Raises:
        ValueError: the processes cannot share a batch equally.
    """
    Range(kind=int, low=1).check("batch_size", batch_size)
    share, remainder = divmod(batch_size, jax.process_count())
    if remainder:
        raise ValueError(
            f"batch_size {batch_size} does not divide by {jax.process_count()} hosts"
        )
    rows = grain.MapDataset.source(_OwnRows(examples, batch_size, share))
    return BatchStream(rows, share)


def first_batches(
    examples: grain.MapDataset, batch_size: int, num_batches: int
) -> Iterator[dict[str, np.ndarray]]:
    """Yields the first batches of a source that ends, the same ones at each call.

    Examples too few for one batch come round again to fill it.
    """
    if len(examples) < batch_size:
        _say_once(
            f"there are only {len(examples)} examples to evaluate on; they come round "
            f"again to fill a batch of {batch_size}"
        )
        examples, num_batches = examples.repeat(), 1
    yield from itertools.islice(batched(examples, batch_size), num_batches)


@functools.cache
def _say_once(message: str) -> None:
    """Logs what one process needs to read but once."""
    _LOGGER.warning(message)
