"""How loud the samples of a sound are, where it is silent, and where it is clipped."""

import math

import numpy as np

from musiclm_jax.data.intake.recordings import RejectionError

# Relative: less than a step of 16 bits, as the tops of slow sines are nearly flat too.
_TOP_TOLERANCE = 1e-5
_STEP = 2**12
_MAX_PEAK = 2.0**33  # integers that were stored as floats stay below


class Levels:
    """Measures sound that comes in blocks.

    Attributes:
        num_samples: that have come, of each channel.
        peak: loudest of them; full scale is 1.
        sound_start: first sample that is no silence, in any channel.
        sound_end: behind the last one; both are 0 where all is silent.
    """

    def __init__(self, silence_db: float):
        """Starts before the first sample.

        Args:
            silence_db: what lies below is silence; relative to full scale.
        """
        self.num_samples = 0
        self.peak = 0.0
        self.sound_start = 0
        self.sound_end = 0
        self._silence = 10 ** (silence_db / 20)
        self._num_clipped = 0
        self._num_values = 0

    @property
    def peak_db(self) -> float | None:
        """Of the loudest sample; None where all are zero."""
        return 20 * math.log10(self.peak) if self.peak else None

    @property
    def clipped_share(self) -> float:
        """Share of samples in flat tops at the peak."""
        return self._num_clipped / self._num_values if self._num_values else 0.0

    def add(self, block: np.ndarray) -> None:
        """Hears the next samples, [sample, channel], at least one.

        Raises:
            RejectionError: some are not finite, or as good as infinite.
        """
        peak = float(max(block.max(), -block.min()))
        if not peak < _MAX_PEAK:  # as NaN is, which comes through both
            reason = "has samples that are not finite numbers, or are far beyond"
            raise RejectionError("not_finite", f"{reason} full scale")
        if peak >= self._silence:
            if not self.sound_end:
                self.sound_start = self.num_samples + self._first_sound(block)
            self.sound_end = (
                self.num_samples + len(block) - self._first_sound(block[::-1])
            )
        self._find_tops(block, peak)
        self.num_samples += len(block)
        self._num_values += block.size

    def _first_sound(self, block: np.ndarray) -> int:
        """Returns where a block, which has sound, has the first."""
        for start in range(0, len(block), _STEP):
            is_sound = (np.abs(block[start : start + _STEP]) >= self._silence).any(1)
            if is_sound.any():
                return start + int(is_sound.argmax())
        raise ValueError("there is no sound in this block")

    def _find_tops(self, block: np.ndarray, peak: float) -> None:
        """Counts samples that are at the peak with two neighbours, as where it clips.

        What lies at a peak that turns out not to be the highest does not count.
        """
        if peak * (1 - _TOP_TOLERANCE) > self.peak:
            self._num_clipped = 0
        self.peak = max(self.peak, peak)
        top = self.peak * (1 - _TOP_TOLERANCE)
        if not peak or peak < top:
            return
        is_top = np.abs(block) >= top
        # [sample, channel]: where three in a row begin, and then all of the three
        begins = is_top[2:] & is_top[1:-1] & is_top[:-2]
        in_run = np.zeros_like(is_top)
        for offset in range(3):
            in_run[offset : offset + len(begins)] |= begins
        self._num_clipped += int(np.count_nonzero(in_run))
