"""How far the spectrum of one sound lies from another's, at several resolutions."""

import numpy as np

from musiclm_jax.signal.mel import MelConfig, mel_filterbank

WINDOWS = (256, 512, 1024, 2048)
"""Samples under the windows: short ones see attacks, long ones see pitch."""

_NUM_MELS = 64
# Added before the logarithm: what lies below hardly counts.
_FLOOR = 1e-3


def log_mel_distance(
    reference: np.ndarray, other: np.ndarray, sample_rate: int
) -> float:
    """Returns the mean distance of log-mel spectra, over bands, moments and `WINDOWS`.

    Args:
        reference: [sample], float in [-1, 1].
        other: [sample], of the same moments.
        sample_rate: of both, Hz.

    Returns:
        In nats of magnitude; 0 for equal sounds.
    """
    length = min(len(reference), len(other))
    distances = [
        np.abs(
            _log_mel(reference[:length], window, sample_rate)
            - _log_mel(other[:length], window, sample_rate)
        ).mean()
        for window in WINDOWS
    ]
    return float(np.mean(distances))


def stft_distance(reference: np.ndarray, other: np.ndarray) -> float:
    """Returns the multi-resolution STFT distance (Parallel WaveGAN, 1910.11480).

    Spectral convergence and the mean distance of log magnitudes, added, and their mean
    over `WINDOWS`. Of equal sounds zero.

    Args:
        reference: [sample], float in [-1, 1]; not silent all through.
        other: [sample], of the same moments.
    """
    length = min(len(reference), len(other))
    distances = []
    for window in WINDOWS:
        true, made = (_stft(sound[:length], window) for sound in (reference, other))
        converged = np.linalg.norm(true - made) / np.linalg.norm(true)
        logs = np.abs(np.log(true + _FLOOR) - np.log(made + _FLOOR)).mean()
        distances.append(converged + logs)
    return float(np.mean(distances))


def _log_mel(audio: np.ndarray, window: int, sample_rate: int) -> np.ndarray:
    """Returns [frame, mel]."""
    filters = mel_filterbank(
        MelConfig(
            sample_rate=sample_rate,
            frame_length=window,
            hop_length=window // 4,
            num_mels=_NUM_MELS,
            low_hz=0.0,
            high_hz=sample_rate / 2,
        )
    )
    return np.log(_stft(audio, window) @ filters + _FLOOR)


def _stft(audio: np.ndarray, window: int) -> np.ndarray:
    """Returns magnitudes [frame, bin]; windows stand four to a length, centred."""
    padded = np.pad(np.asarray(audio, np.float64), window // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[:: window // 4]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(window + 1)[:-1]))
    # Noise of one level is as loud in any window.
    return spectrum / np.sqrt(window)
