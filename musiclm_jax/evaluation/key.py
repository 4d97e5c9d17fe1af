"""Whether notes belong together: how clearly the pitch classes make a key."""

import numpy as np

from musiclm_jax.data.synth.piece import KEYS

# How well each pitch class fits a major and a minor key on the first of them: Krumhansl
# and Kessler (1982), probe-tone ratings.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)

_WINDOW = 8192
_BAND_HZ = (65.0, 2100.0)
_REFERENCE_HZ = 440.0 * 2.0 ** (-9 / 12)  # a C
# Peaks this far below the highest of their moment are no notes.
_RANGE = 0.05


def key_clarity(audio: np.ndarray, sample_rate: int) -> tuple[float, int]:
    """Correlates the pitch classes of a piece with the profiles of all keys.

    Args:
        audio: [sample].
        sample_rate: Hz.

    Returns:
        The highest correlation, in [-1, 1], and its key: the pitch class of the tonic
        from C, plus twelve for minor. Zero and zero for silence.
    """
    return key_of(pitch_classes(audio, sample_rate))


def key_of(chroma: np.ndarray) -> tuple[float, int]:
    """Returns the same of pitch classes [12] that `pitch_classes` found."""
    if chroma.std() == 0.0:
        return 0.0, 0
    profiles = [
        np.roll(mode, shift) for mode in (_MAJOR, _MINOR) for shift in range(12)
    ]
    fits = [np.corrcoef(chroma, profile)[0, 1] for profile in profiles]
    best = int(np.argmax(fits))
    return float(fits[best]), best


def key_name(key: int) -> str:
    """Returns the name of a key as captions say it, such as "A minor"."""
    return f"{KEYS[key % 12]} {'minor' if key >= 12 else 'major'}"


def pitch_classes(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Returns how much sounds of each pitch class, [12] from C, that sum to one.

    Only the peaks of long spectra count, each by the root of its power, and by how near
    it lies to a tempered note: noise spreads over all classes.
    """
    padded = np.pad(np.asarray(audio, np.float64), _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)
    frames = frames[:: _WINDOW // 2] * np.hanning(_WINDOW + 1)[:-1]
    spectra = np.abs(np.fft.rfft(frames))
    hz = np.fft.rfftfreq(_WINDOW, 1 / sample_rate)
    low, high = np.searchsorted(hz, _BAND_HZ)
    at = spectra[:, low:high]
    before, after = spectra[:, low - 1 : high - 1], spectra[:, low + 1 : high + 1]
    is_peak = (at > before) & (at >= after)
    is_peak &= at > _RANGE * at.max(axis=1, keepdims=True, initial=0.0)
    frame, place = np.nonzero(is_peak)
    a, b, c = (np.log(x[frame, place] + 1e-9) for x in (before, at, after))
    exact = hz[low] + (place + 0.5 * (a - c) / (a - 2 * b + c - 1e-12)) * hz[1]
    semitones = 12.0 * np.log2(exact / _REFERENCE_HZ)
    nearest = np.round(semitones)
    weight = np.sqrt(at[frame, place]) * (1.0 - 2.0 * np.abs(semitones - nearest))
    chroma = np.bincount(nearest.astype(int) % 12, weights=weight, minlength=12)
    return chroma / chroma.sum() if chroma.sum() else chroma
