"""From random access to streams of batches: order, share of a process, reading ahead.

An order is drawn from a seed and the number of the epoch, so the state of a stream is
one integer, and a run that resumes sees what it would have seen.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import grain
import jax
import numpy as np

_READ_THREADS = 4


def shuffled(source: Any, seed: int, *, repeat: bool) -> grain.MapDataset:
    """Returns this process's share of a source, in another order each epoch.

    Args:
        source: has `__len__` and `__getitem__`.
        seed: of the order, and of every later `random_map`.
        repeat: whether it starts again at its end, for ever.
    """
    dataset = grain.MapDataset.source(source).seed(seed)
    # Equal shares: all processes must end an evaluation at the same batch.
    end = len(dataset) // jax.process_count() * jax.process_count()
    dataset = dataset[jax.process_index() : end : jax.process_count()].shuffle()
    return dataset.repeat() if repeat else dataset


def batched(examples: grain.MapDataset, batch_size: int) -> grain.IterDataset:
    """Returns this process's share of each batch, read ahead by a few threads.

    Args:
        examples: what `shuffled` returned, mapped to equal shapes.
        batch_size: examples in a batch, over all processes; a last incomplete batch is
            left out.

    Raises:
        ValueError: the processes cannot share a batch equally.
    """
    share, remainder = divmod(batch_size, jax.process_count())
    if remainder or not share:
        raise ValueError(
            f"batch_size {batch_size} does not divide by {jax.process_count()} hosts"
        )
    # Clips are large, so no more than one batch in hand and one ahead.
    options = grain.ReadOptions(
        num_threads=_READ_THREADS, prefetch_buffer_size=2 * share
    )
    return examples.to_iter_dataset(options).batch(share, drop_remainder=True)


def first_batches(
    examples: grain.MapDataset, batch_size: int, num_batches: int
) -> Iterator[dict[str, np.ndarray]]:
    """Yields the first batches of a source that ends, the same ones at each call.

    Raises:
        ValueError: there are fewer examples than one batch holds.
    """
    stream = iter(batched(examples, batch_size))
    first = next(stream, None)
    if first is None:
        raise ValueError(
            f"{len(examples)} examples to evaluate on do not fill one batch of "
            f"{batch_size}; make the batch smaller or the split larger"
        )
    yield first
    yield from itertools.islice(stream, num_batches - 1)
