"""A trained part that a training goes on from: fine-tuning.

The sizes must be those of the part; what changes nothing but how training computes may
differ.
"""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from musiclm_jax.files import config_json
from musiclm_jax.training.train_state import TrainState

PyTree = Any

# Whatever a part was trained with, these are the new training's to choose.
_FREE = ("dropout_rate", "dtype")


@dataclasses.dataclass(frozen=True, eq=False)
class WarmStart:
    """A trained part.

    Attributes:
        config: its sizes.
        params: what its task's `inference_params` gave, read from a file.
        where: names the file in messages.
    """

    config: Any
    params: PyTree
    where: str

    def put(self, config: Any, params: PyTree) -> PyTree:
        """Returns the trained parameters, laid as those they come in the place of.

        Args:
            config: sizes of the training.
            params: arrays that lie where they belong.

        Raises:
            ValueError: the part has other sizes; the message names the first.
        """
        for name, ours, theirs in _differences(config, self.config):
            raise ValueError(
                f"the part to start from, {self.where}, has {name} {theirs}, and this "
                f"training {ours}: give the size file that it was trained with"
            )
        return jax.tree.map(lay, self.params, params)

    def begin(self, config: Any, state: TrainState) -> TrainState:
        """Returns the state of an `init` with the trained part in it; see `put`."""
        params, ema_params = (
            self.put(config, params) for params in (state.params, state.ema_params)
        )
        return state.replace(params=params, ema_params=ema_params)


Starts = Callable[[str], WarmStart]
"""Maps the name of a part to what it starts as."""


def lay(value: np.ndarray, like: jax.Array) -> jax.Array:
    """Gives each device its own part of a host's array."""
    return jax.make_array_from_callback(
        like.shape, like.sharding, lambda index: value[index]
    )


def _differences(ours: Any, theirs: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yields each field that differs, by its dotted name."""
    if type(ours) is not type(theirs):
        yield "the kind", type(ours).__name__, type(theirs).__name__
        return
    yield from _unlike(config_json.to_json(ours), config_json.to_json(theirs), ())


def _unlike(ours: Any, theirs: Any, place: tuple) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in ours | theirs:
            if name not in _FREE:
                both = ours.get(name), theirs.get(name)
                yield from _unlike(*both, (*place, name))
    elif isinstance(ours, list | tuple) and len(ours) == len(theirs or ()):
        for number, both in enumerate(zip(ours, theirs, strict=True)):
            yield from _unlike(*both, (*place, str(number)))
    elif ours != theirs:
        yield ".".join(place), ours, theirs
