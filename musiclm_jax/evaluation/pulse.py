"""Whether there is a beat: how strongly onsets repeat, and at which tempo."""

import numpy as np

TEMPI_BPM = (50.0, 200.0)
"""Slowest and fastest beat that counts."""

_FRAME_RATE = 100
_WINDOW_SECONDS = 0.04
_NUM_BANDS = 40
_LOW_HZ = 40.0
_FLOOR = 1e-2  # of the mean level; keeps faint detail out of the logarithm
_TREND_SECONDS = 1.0
# What repeats at a tempo repeats at half of it too. Of such, listeners tap the one that
# is nearer to a moderate tempo: Parncutt (1994), by octaves.
_MODERATE_BPM = 120.0
_WIDTH_OCTAVES = 0.7
# Lags are whole frames, beats are not: blurred, one between two lags counts as much.
_BLUR = np.hanning(7)[1:-1] / np.hanning(7).sum()


def pulse_clarity(audio: np.ndarray, sample_rate: int) -> tuple[float, float]:
    """Finds the highest autocorrelation of the onset curve among the tempi.

    Near one for a loop that repeats exactly, near zero for noise and held sound.

    Args:
        audio: [sample], at least three seconds, any level.
        sample_rate: Hz.

    Returns:
        The correlation, at most 1, and the tempo that listeners would tap of those
        at which it is high, beats a minute. Zero and NaN where nothing ever rises.

    Raises:
        ValueError: the sound is too short for the slowest beat.
    """
    curve = onset_curve(audio, sample_rate)
    slowest, fastest = (round(60.0 * _FRAME_RATE / bpm) for bpm in TEMPI_BPM)
    if len(curve) < 2 * slowest:
        raise ValueError(
            f"a pulse needs at least {2 * slowest / _FRAME_RATE:.1f} s of sound, "
            f"not {len(audio) / sample_rate:.1f} s"
        )
    curve = curve - curve.mean()
    if not curve.any():
        return 0.0, float("nan")
    lags = np.arange(fastest, slowest + 1)
    found = np.array([_correlation(curve, lag) for lag in lags])
    frames_a_beat = lags[0] + _tapped(found, 60.0 * _FRAME_RATE / lags)
    # The hop is a whole number of samples.
    frame_rate = sample_rate / (sample_rate // _FRAME_RATE)
    return float(max(0.0, found.max())), float(60.0 * frame_rate / frames_a_beat)


def onset_curve(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Returns how much the level of the bands rises, above its own trend.

    Args:
        audio: [sample].
        sample_rate: Hz.

    Returns:
        [frame], a hundred a second, not negative.
    """
    hop = sample_rate // _FRAME_RATE
    length = round(_WINDOW_SECONDS * sample_rate)
    padded = np.pad(np.asarray(audio, np.float64), length // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(length + 1)[:-1])))
    hz = np.fft.rfftfreq(length, 1 / sample_rate)
    edges = np.geomspace(_LOW_HZ, sample_rate / 2, _NUM_BANDS + 1)
    band = np.clip(np.searchsorted(edges, hz, side="right") - 1, 0, _NUM_BANDS - 1)
    bands = np.zeros((len(power), _NUM_BANDS))
    np.add.at(bands.T, band, power.T)
    level = np.sqrt(bands)
    level = np.log(level / (level.mean() + 1e-12) + _FLOOR)
    rises = np.maximum(np.diff(level, axis=0), 0.0).mean(axis=1)
    width = round(_TREND_SECONDS * _FRAME_RATE)
    trend = np.convolve(rises, np.ones(width) / width, mode="same")
    return np.maximum(rises - trend, 0.0)


def _correlation(curve: np.ndarray, lag: int) -> float:
    """Sets what meets at a lag against the energy of the stretches that meet."""
    late, early = curve[lag:], curve[:-lag]
    energy = np.sqrt(np.square(late).sum() * np.square(early).sum() + 1e-12)
    return np.dot(late, early) / energy


def _tapped(found: np.ndarray, bpm: np.ndarray) -> float:
    """Returns where the tempo lies among [lag], between places by a parabola."""
    blurred = np.convolve(np.pad(found, len(_BLUR) // 2, mode="edge"), _BLUR, "valid")
    octaves = np.log2(bpm / _MODERATE_BPM)
    likely = blurred * np.exp(-0.5 * np.square(octaves / _WIDTH_OCTAVES))
    place = int(np.argmax(likely))
    if not 0 < place < len(found) - 1:
        return place
    before, at, after = blurred[place - 1 : place + 2]
    bend = before - 2 * at + after
    return place + np.clip(0.5 * (before - after) / bend, -1, 1) if bend < 0 else place
