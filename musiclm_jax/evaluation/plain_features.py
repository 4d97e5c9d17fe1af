"""What anybody hears at once: how many onsets, how loud, how bright."""

import numpy as np

from musiclm_jax.evaluation.pulse import onset_curve

# Of the onset curve: rises that are heard as onsets, and how far apart they are.
_ONSET = 0.08
_GAP_FRAMES = 6
_CURVE_RATE = 100
_WINDOW = 2048


def onset_rate(audio: np.ndarray, sample_rate: int) -> float:
    """Returns onsets a second.

    Args:
        audio: [sample], any level.
        sample_rate: Hz.
    """
    curve = onset_curve(audio, sample_rate)
    padded = np.pad(curve, _GAP_FRAMES)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _GAP_FRAMES + 1)
    is_onset = (curve > _ONSET) & (curve >= around.max(axis=1))
    return float(is_onset.sum() * _CURVE_RATE / len(curve))


def loudness(audio: np.ndarray, sample_rate: int) -> float:
    """Returns the level of [sample], root mean square in dB below full scale."""
    del sample_rate
    return float(10.0 * np.log10(np.square(np.asarray(audio, float)).mean() + 1e-12))


def brightness(audio: np.ndarray, sample_rate: int) -> float:
    """Returns the mean frequency of the sound, Hz, weighted by magnitude.

    Args:
        audio: [sample], any level; longer than a window of the analysis.
        sample_rate: Hz.

    Returns:
        The centroid of the mean spectrum; 0 for silence.
    """
    frames = np.lib.stride_tricks.sliding_window_view(audio, _WINDOW)[:: _WINDOW // 2]
    windowed = frames * np.hanning(_WINDOW + 1)[:-1]
    spectrum = np.abs(np.fft.rfft(windowed)).mean(axis=0)
    hz = np.fft.rfftfreq(_WINDOW, 1 / sample_rate)
    return float(hz @ spectrum / (spectrum.sum() + 1e-12))
