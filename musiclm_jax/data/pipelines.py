"""From stored examples to batches: endless for training, finite for evaluation.

Everything random is drawn from a seed and the position in the stream, so the state of
an iterator is one integer, and a run that resumes sees what it would have seen.
"""

from collections.abc import Iterable
from typing import Protocol

import grain
import numpy as np

Batch = dict[str, np.ndarray]


class Batches(Protocol):
    """What a training reads, seen from the loop."""

    batch_size: int  # examples in a batch, over all processes together

    def train_iterator(self) -> grain.DatasetIterator:
        """Returns an endless iterator of this process's share of each batch.

        Its `get_state()` is a small dict that JSON can hold, `set_state(...)` goes
        there, and `grain.checkpoint.CheckpointSave(iterator)` gives it to Orbax.
        """
        ...

    def eval_batches(self) -> Iterable[Batch]:
        """Returns the same few batches of held-out examples at each call."""
        ...
