"""What the training loop asks of a data set: two protocols, written without one."""

from collections.abc import Iterable
from typing import Any, Protocol

import jax
import numpy as np

HostBatch = dict[str, np.ndarray]


class BatchIterator(Protocol):
    """Endless batches, with a position that can be saved.

    Every process reads its own rows of the same global batches, so that the position
    counts global batches and is the same on all of them.
    """

    def __next__(self) -> HostBatch:
        """Returns this process's rows of the next batch."""
        ...

    def get_state(self) -> Any:
        """Returns the position as JSON values: which batch comes next."""
        ...

    def set_state(self, state: Any) -> None:
        """Goes to a position that `get_state` gave."""
        ...


class Batches(Protocol):
    """Training batches and the validation batches beside them."""

    def shapes(self) -> dict[str, jax.ShapeDtypeStruct]:
        """Returns shapes and dtypes of a batch over all processes."""
        ...

    def made_of(self) -> dict[str, str]:
        """Returns the name of whatever batches are made from -> its fingerprint."""
        ...

    def train_iterator(self) -> BatchIterator:
        """Returns a fresh iterator at the first training batch."""
        ...

    def eval_batches(self) -> Iterable[HostBatch]:
        """Returns the same finite validation batches at each call."""
        ...
