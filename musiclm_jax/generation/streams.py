"""Codes that networks read: those that another writes, chunk by chunk, and a tune's."""

import dataclasses
from collections.abc import Iterable, Iterator

import jax
import jax.numpy as jnp

from musiclm_jax.data.feeding.crops import melody_frames
from musiclm_jax.tokens import TokenSpec


class CodeStream:
    """Codes [batch, time, level] that come as they are asked for.

    Whoever reads a stretch has it written first, so that a piece is heard before it is
    written to its end. Codes are small: none is forgotten, and several may read.
    """

    def __init__(self, chunks: Iterable[jax.Array]):
        """Takes nothing yet.

        Args:
            chunks: [batch, time, level], one behind the other.
        """
        self._chunks: Iterator[jax.Array] = iter(chunks)
        self._codes: jax.Array | None = None

    def within(
        self, start_seconds: float, stop_seconds: float, spec: TokenSpec
    ) -> jax.Array:
        """Returns the frames of a stretch, of codes of this kind."""
        rate = spec.frame_rate
        return self.between(round(start_seconds * rate), round(stop_seconds * rate))

    def between(self, start: int, stop: int) -> jax.Array:
        """Returns the frames from `start` on up to `stop`, as far as there are any."""
        while self._codes is None or self._codes.shape[1] < stop:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._codes = (
                chunk
                if self._codes is None
                else jnp.concatenate([self._codes, chunk], axis=1)
            )
        return self._codes[:, start:stop]

    def __iter__(self) -> Iterator[jax.Array]:
        """Yields the chunks from the beginning on, as they were written."""
        place = 0
        while True:
            # Asked for one frame more, a whole chunk comes.
            self.between(place, place + 1)
            new = self._codes[:, place:]
            if not new.shape[1]:
                return
            place += new.shape[1]
            yield new


@dataclasses.dataclass(frozen=True)
class Tune:
    """Melody codes of a recording, whose frames may begin anywhere.

    Attributes:
        windows: [batch, window, level].
        stride_seconds: from one window to the next.
    """

    windows: jax.Array
    stride_seconds: float

    def within(
        self, start_seconds: float, stop_seconds: float, spec: TokenSpec
    ) -> jax.Array:
        """Returns the frames of a stretch, of codes of this kind."""
        places = melody_frames(
            self.windows.shape[1],
            start_seconds,
            spec,
            stop_seconds - start_seconds,
            stride_seconds=self.stride_seconds,
        )
        return self.windows[:, places]
