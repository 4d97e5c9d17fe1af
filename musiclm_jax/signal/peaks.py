"""Peaks that stay below full scale."""

import numpy as np

# The largest sample that 16 bits hold.
_FULL_SCALE = 1.0 - 2.0**-15


class PeakLimiter:
    """Turns sound down where it goes beyond full scale, chunk by chunk.

    The gain of a block follows from the highest peak up to its end and in the next one,
    and moves evenly to that of the next: it only ever falls, so slowly that nothing is
    bent. Sound that stays within full scale is not touched, nor what comes before a
    peak by more than a block.
    """

    def __init__(self, block_length: int):
        """Starts before the first sample.

        Args:
            block_length: in samples; so much later sound comes out.
        """
        self._length = block_length
        self._held: np.ndarray | None = None
        # Of the last block that came out: the gain at its end, and the peak so far.
        self._gain: np.ndarray | None = None
        self._peak: np.ndarray | None = None

    def push(self, chunk: np.ndarray) -> np.ndarray:
        """Takes [..., sample], and returns what of all so far is done, likewise."""
        held = chunk if self._held is None else np.append(self._held, chunk, axis=-1)
        self._held = held
        blocks = [np.zeros((*held.shape[:-1], 0), held.dtype)]
        while self._held.shape[-1] >= 2 * self._length:
            blocks.append(self._next())
        return np.concatenate(blocks, axis=-1)

    def finish(self) -> np.ndarray:
        """Returns the rest."""
        blocks = [self._held[..., :0]]
        while self._held.shape[-1]:
            blocks.append(self._next())
        return np.concatenate(blocks, axis=-1)

    def _next(self) -> np.ndarray:
        """Gives out a block, knowing the one behind it."""
        block = self._held[..., : self._length]
        seen = np.abs(self._held[..., : 2 * self._length]).max(
            axis=-1, keepdims=True, initial=0.0
        )
        self._peak = seen if self._peak is None else np.maximum(seen, self._peak)
        loud = self._peak >= 1.0
        gain = np.where(loud, _FULL_SCALE / np.where(loud, self._peak, 1), 1.0)
        before = gain if self._gain is None else self._gain
        place = np.arange(block.shape[-1]) / self._length
        moved = block * (before + (gain - before) * place)
        self._gain, self._held = gain, self._held[..., self._length :]
        # A sound that needs nothing is not even multiplied by one.
        return np.where(loud, moved, block).astype(block.dtype)


def limit_peaks(audio: np.ndarray, block_length: int) -> np.ndarray:
    """Turns down [..., sample] where it goes beyond full scale; see `PeakLimiter`."""
    limiter = PeakLimiter(block_length)
    done = limiter.push(audio)
    return np.append(done, limiter.finish(), axis=-1)
