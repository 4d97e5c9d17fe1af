"""What happens between the instruments and the record: effects, space, loudness."""

import functools

import numpy as np
from scipy import ndimage, signal

from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth import piece

PEAK = 0.95
_LOUD_FRAME_SECONDS = 0.05
_LOUD_PERCENTILE = 85.0
_IMPULSE_SEED = 7
_SILENCE = 1e-6
_BRIGHT_HZ, _BRIGHT_GAIN = 2500.0, 1.2
_DEEP_HZ, _DEEP_LOSS = 160.0, 0.5


def loudness(audio: np.ndarray) -> float:
    """Loudness of a part, of any unit, when it plays.

    It is the RMS of the louder frames after a rough ear weighting, so that decaying and
    sustained, deep and high parts compare as they are heard.
    """
    # First difference plus a share of the signal: bass counts less, as in A-weighting.
    weighted = np.diff(audio, prepend=0.0) * 3.0 + 0.25 * audio
    frame = int(_LOUD_FRAME_SECONDS * osc.SAMPLE_RATE)
    count = max(1, len(weighted) // frame)
    power = np.square(weighted[: count * frame]).reshape(count, -1).mean(axis=1)
    heard = power[power > 1e-4 * power.max()] if power.max() > 0 else power
    return float(np.sqrt(np.percentile(heard, _LOUD_PERCENTILE)))


def amplify(timbre: str, audio: np.ndarray) -> np.ndarray:
    """Runs a timbre's sum of notes through what it is played through, [sample]."""
    if timbre == "distorted guitar":
        return _guitar_amplifier(audio)
    if timbre == "electric piano":
        time = osc.seconds_axis(len(audio))
        return audio * (1.0 + 0.25 * np.sin(2 * np.pi * 4.7 * time))
    return audio


def _guitar_amplifier(audio: np.ndarray) -> np.ndarray:
    """Overdrive of the summed strings, then the loudspeaker's narrow band."""
    drive = 9.0 / (np.percentile(np.abs(audio), 95.0) + 1e-3)
    driven = np.tanh(np.float32(drive) * audio + 0.2) - np.tanh(0.2)
    return _band(driven, 100.0, 3800.0)


def _band(audio: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Second-order band-pass."""
    sections = signal.butter(
        2, (low_hz, high_hz), "bandpass", fs=osc.SAMPLE_RATE, output="sos"
    )
    return signal.sosfilt(sections, audio).astype(np.float32)


def darken(audio: np.ndarray, cutoff_hz: float) -> np.ndarray:
    """Rolls off the high end, [sample]."""
    sections = signal.butter(2, cutoff_hz, fs=osc.SAMPLE_RATE, output="sos")
    return signal.sosfilt(sections, audio).astype(np.float32)


def brighten(audio: np.ndarray) -> np.ndarray:
    """Lifts the high end and takes back the low, as records are mixed, [sample]."""
    high = _first_order(audio, _BRIGHT_HZ, "highpass")
    low = _first_order(audio, _DEEP_HZ, "lowpass")
    return audio + np.float32(_BRIGHT_GAIN) * high - np.float32(_DEEP_LOSS) * low


def _first_order(audio: np.ndarray, cutoff_hz: float, kind: str) -> np.ndarray:
    numerator, denominator = signal.butter(1, cutoff_hz, kind, fs=osc.SAMPLE_RATE)
    return signal.lfilter(numerator, denominator, audio).astype(np.float32)


def record_noise(
    num_samples: int, level: float, rng: np.random.Generator
) -> np.ndarray:
    """Hiss and ticks of an old record, [sample]."""
    ticks = np.zeros(num_samples, np.float32)
    count = rng.poisson(9.0 * num_samples / osc.SAMPLE_RATE)
    ticks[rng.integers(0, num_samples, count)] = rng.exponential(1.0, count)
    ticks = _band(ticks, 1200.0, 5000.0) * 6.0
    hiss = 0.08 * rng.standard_normal(num_samples).astype(np.float32)
    return np.float32(level) * (ticks + hiss)


@functools.cache
def _impulse(space: str) -> np.ndarray:
    """Impulse response of a space: noise whose high end dies first."""
    seconds = piece.SPACES[space]
    num_samples = int(seconds * osc.SAMPLE_RATE)
    rng = np.random.default_rng(_IMPULSE_SEED)
    low = darken(rng.standard_normal(num_samples).astype(np.float32), 1800.0)
    high = rng.standard_normal(num_samples).astype(np.float32)
    # The named time is the one in which sound falls by 60 dB.
    tail = low * osc.decay(num_samples, seconds / 6.9)
    tail += 0.35 * high * osc.decay(num_samples, seconds / 13.8)
    tail *= osc.curve(num_samples, (0.0, 0.0), (0.008, 0.2), (0.02, 1.0))
    return tail / np.sqrt(np.sum(np.square(tail)))


def reverberate(audio: np.ndarray, space: str) -> np.ndarray:
    """The sound that a space gives back, without the direct sound, [sample]."""
    return signal.oaconvolve(audio, _impulse(space))[: len(audio)].astype(np.float32)


def master(audio: np.ndarray, *, rms_db: float) -> np.ndarray:
    """Levels a mix and keeps its peaks below full scale.

    Args:
        audio: [sample].
        rms_db: wanted RMS relative to full scale.

    Returns:
        [sample], float32, its peak at most `PEAK`.
    """
    rms = float(np.sqrt(np.mean(np.square(audio))))
    if rms < _SILENCE:
        return np.zeros_like(audio, dtype=np.float32)
    audio = audio * np.float32(10 ** (rms_db / 20) / rms)
    return np.clip(_limit(audio), -PEAK, PEAK).astype(np.float32)


def _limit(audio: np.ndarray) -> np.ndarray:
    """Turns the gain down ahead of peaks, and up again behind them."""
    # Gain is worked out per block: limiting needs no finer clock.
    block = 24
    padded = np.pad(np.abs(audio), (0, -len(audio) % block))
    peaks = padded.reshape(-1, block).max(axis=1)
    wide = ndimage.maximum_filter1d(peaks, 41)
    gain = np.minimum(1.0, PEAK * 0.98 / np.maximum(wide, _SILENCE))
    gain = ndimage.uniform_filter1d(gain, 41)
    where = np.arange(len(audio)) / block - 0.5
    return audio * np.interp(where, np.arange(len(gain)), gain).astype(np.float32)
