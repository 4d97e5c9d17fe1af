"""What of a recording is alike in its copies: at another level, rate or encoding.

Each bit says whether, within a quarter of a second, the sound gained in one band
against the next. After Haitsma & Kalker, "A Highly Robust Audio Fingerprinting System"
(2002), at a tenth of their pace: whole recordings are compared here, not moments.
"""

import numpy as np
import soxr

ROW_BITS = 16
"""Bits of one moment."""

ROW_SECONDS = 0.128
"""From one moment to the next."""

MAX_ROWS = 256  # half a minute
_MIN_ROWS = 12  # two seconds, with the length of the window
# Of the bits. A sound that stays the same has too few for them to tell it from others.
_MIN_ONES = 0.25
_SAMPLE_RATE = 8000
_HOP = round(ROW_SECONDS * _SAMPLE_RATE)
_LAG = 2
_WINDOW = np.hanning(4 * _HOP).astype(np.float32)
_MAX_LENGTH = (MAX_ROWS + _LAG + 3) * _HOP
_LEAD_LENGTH = 4 * _SAMPLE_RATE
LATER_ROWS = 8
"""Moments that are heard at once behind the beginning, once in eight seconds."""

_LATER_LENGTH = (LATER_ROWS + _LAG + 3) * _HOP
_LATER_STRIDE = 8 * _SAMPLE_RATE
_MIN_SAMPLE_RATE = 1000  # below, there is nothing in the bands
# [band edge]: bins of the spectrum, in equal ratios.
_EDGES = np.round(
    np.geomspace(100.0, 3200.0, ROW_BITS + 2) * len(_WINDOW) / _SAMPLE_RATE
).astype(int)
# Relative to the loudest, as copies differ in level: what lies below is no start, and
# bands are filled up to their floor, so that inaudible ones say nothing.
_START_POWER = 10**-3.5
_START_LENGTH = 64
_FLOOR_POWER = 1e-5
_MIN_CHANGE = 1e-3


class Listener:
    """Hears `MAX_ROWS` moments, from the first sound on, and a few now and then behind.

    In memory that hardly grows: what is behind becomes bits as it comes.
    """

    def __init__(self, sample_rate: int):
        """Starts before the first sample.

        Args:
            sample_rate: of what it will hear, in Hz.
        """
        self._resampler = soxr.ResampleStream(
            sample_rate, _SAMPLE_RATE, 1, quality="LQ"
        )
        self._heard = [np.zeros(0, np.float32)]
        self._room = _LEAD_LENGTH + _MAX_LENGTH
        self._is_deaf = sample_rate < _MIN_SAMPLE_RATE
        self._start: int | None = None
        self._behind = np.zeros(0, np.float32)
        self._later: list[np.ndarray] = []

    def add(self, mono: np.ndarray) -> None:
        """Hears the next samples, [sample] float32."""
        if not self._is_deaf:
            self._keep(self._resampler.resample_chunk(mono))

    def fingerprints(self) -> tuple[str, str]:
        """Returns the bits of the beginning, and those behind, in hexadecimal.

        Both are empty where there is too little sound; nothing is heard any more.
        """
        if self._is_deaf:
            return "", ""
        self._keep(self._resampler.resample_chunk(np.zeros(0, np.float32), True))
        audio = np.concatenate(self._heard)
        start = _start(audio) if self._start is None else self._start
        bits = _bits(audio[start:][:_MAX_LENGTH])
        if len(bits) < _MIN_ROWS or bits.mean() < _MIN_ONES:
            return "", ""
        later = np.concatenate([np.zeros((0, ROW_BITS), bool), *self._later])
        return tuple(np.packbits(each).tobytes().hex() for each in (bits, later))

    def _keep(self, audio: np.ndarray) -> None:
        if self._start is not None:
            self._hear_behind(audio)
            return
        self._heard.append(audio)
        self._room -= len(audio)
        if self._room <= 0:
            whole = np.concatenate(self._heard)
            self._start = _start(whole)
            self._hear_behind(whole[self._start + _MAX_LENGTH :])

    def _hear_behind(self, audio: np.ndarray) -> None:
        self._behind = np.concatenate([self._behind, audio])
        while len(self._behind) >= _LATER_STRIDE:
            self._later.append(_bits(self._behind[:_LATER_LENGTH]))
            self._behind = self._behind[_LATER_STRIDE:]


def to_rows(fingerprint: str) -> np.ndarray:
    """Returns the moments of a fingerprint, [row] uint16."""
    return np.frombuffer(bytes.fromhex(fingerprint), ">u2").astype(np.uint16)


def _start(audio: np.ndarray) -> int:
    """Finds the first sample that counts, alike in copies of any level."""
    whole = audio[: len(audio) // _START_LENGTH * _START_LENGTH]
    power = np.square(whole).reshape(-1, _START_LENGTH).sum(axis=1)
    if not power.any():
        return 0
    return int(np.argmax(power >= _START_POWER * power.max())) * _START_LENGTH


def _bits(audio: np.ndarray) -> np.ndarray:
    """[sample] -> [row, bit]."""
    if len(audio) < len(_WINDOW):
        return np.zeros((0, ROW_BITS), bool)
    # [frame, sample] -> [frame, bin] -> [frame, band]
    frames = np.lib.stride_tricks.sliding_window_view(audio, len(_WINDOW))[::_HOP]
    spectra = np.fft.rfft(frames * _WINDOW)
    power = spectra.real**2 + spectra.imag**2
    bands = np.add.reduceat(power, _EDGES, axis=1)[:, :-1]
    levels = np.log(bands + _FLOOR_POWER * bands.max() + np.finfo(np.float32).tiny)
    tilts = levels[:, :-1] - levels[:, 1:]
    return tilts[_LAG:] - tilts[:-_LAG] > _MIN_CHANGE
