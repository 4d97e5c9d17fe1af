"""Loudness of whole programmes: ITU-R BS.1770-4, of one channel.

Clips are mono, so it is the mix that is measured: by the standard, two equal channels
are 3 dB louder than their mix.
"""

import array
import math

import numpy as np
from scipy import signal

_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_MIN_SAMPLE_RATE = 100  # slower, the high pass has no place; nor is it sound
_HOPS_PER_SECOND = 10
_HOPS_PER_BLOCK = 4  # 400 ms, three quarters of which the next one shares


class Loudness:
    """Measures mono sound that comes in blocks, in memory of 80 bytes a second."""

    def __init__(self, sample_rate: int):
        """Starts before the first sample.

        Args:
            sample_rate: in Hz.
        """
        self._filter = _k_weighting(max(sample_rate, _MIN_SAMPLE_RATE))
        self._state = np.zeros((len(self._filter), 2))
        self._hop_length = max(1, round(sample_rate / _HOPS_PER_SECOND))
        self._rest = np.zeros(0)  # powers of samples that fill no hop yet
        self._hops = array.array("d")  # mean powers

    def add(self, mono: np.ndarray) -> None:
        """Hears the next samples, [sample] of any length."""
        filtered, self._state = signal.sosfilt(
            self._filter, mono.astype(np.float64), zi=self._state
        )
        powers = np.concatenate([self._rest, np.square(filtered)])
        num_whole = len(powers) // self._hop_length * self._hop_length
        self._rest = powers[num_whole:].copy()
        hops = powers[:num_whole].reshape(-1, self._hop_length).mean(axis=1)
        self._hops.frombytes(hops.tobytes())

    def integrated(self) -> float | None:
        """Returns LUFS, or None where nothing is louder than the gates."""
        if len(self._hops) < _HOPS_PER_BLOCK:
            return None
        hops = np.frombuffer(self._hops)
        blocks = np.lib.stride_tricks.sliding_window_view(hops, _HOPS_PER_BLOCK)
        powers = blocks.mean(axis=1)
        powers = powers[powers > _power(_ABSOLUTE_GATE)]
        if not powers.size:
            return None
        powers = powers[powers > powers.mean() * 10 ** (_RELATIVE_GATE / 10)]
        return 10 * math.log10(powers.mean()) - 0.691


def loudness_of(sound: np.ndarray, sample_rate: int) -> float | None:
    """Returns LUFS of sound [sample]; None where nothing is louder than the gates."""
    measured = Loudness(sample_rate)
    measured.add(sound)
    return measured.integrated()


def _power(loudness: float) -> float:
    return 10 ** ((loudness + 0.691) / 10)


def _k_weighting(sample_rate: int) -> np.ndarray:
    """The standard gives coefficients at 48 kHz; this is their filter at any rate.

    Returns:
        [section, 6]: a shelf, as of a head, and a high pass. At 48 kHz they are those
        of the standard to all of its digits.
    """
    tangent = math.tan(math.pi * 38.13547087602444 / sample_rate)
    bottom = _denominator(tangent, 0.5003270373238773)
    sections = [[1.0, -2.0, 1.0, *bottom / bottom[0]]]
    shelf_hz = 1681.974450955533
    if shelf_hz < sample_rate / 2:  # else there is nothing that it would raise
        tangent, quality = (
            math.tan(math.pi * shelf_hz / sample_rate),
            0.7071752369554196,
        )
        high = 10 ** (3.999843853973347 / 20)
        middle = high**0.4996667741545416
        top = np.array(
            [
                high + middle * tangent / quality + tangent**2,
                2 * (tangent**2 - high),
                high - middle * tangent / quality + tangent**2,
            ]
        )
        bottom = _denominator(tangent, quality)
        sections.insert(0, [*top / bottom[0], *bottom / bottom[0]])
    return np.array(sections)


def _denominator(tangent: float, quality: float) -> np.ndarray:
    """Of the second-order filter whose corner is at the tangent."""
    return np.array(
        [
            1 + tangent / quality + tangent**2,
            2 * (tangent**2 - 1),
            1 - tangent / quality + tangent**2,
        ]
    )
