"""What a clip sounds like, as a fixed list of numbers that nothing was trained for.

The probes of `evaluation.probe` see sound only through these. They are statistics over
time of a log-mel spectrogram, so they do not depend on loudness, and do not see what
lies far below a clip's mean level, where a codec is free to err. In groups:

    timbre      per band: mean, spread and peaks of the level; mean and sharpness of its
                rises (a struck sound rises at once, a bowed one does not)
    modulation  how much the level of a group of bands moves at some rates (vibrato,
                strumming, rolls)
    tempogram   autocorrelation and spectrum of onset envelopes at the tempi of a grid;
                beat, bar and subdivision all stand in it, and a probe learns which of
                them tells the tempo
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.signal.mel import MelConfig, mel_spectrogram

FRAME_RATE = 100
"""Frames a second of the spectrogram, Hz."""

TEMPI_BPM = np.geomspace(28.0, 450.0, 64)
"""Grid of the tempogram: from a bar at a slow tempo to a subdivision at a fast one."""

MIN_SECONDS = 5.0
"""Shortest clip: twice the longest lag of the tempogram, and a little more."""

_NUM_MELS = 64
_BAND_GROUP = 4  # mel bands whose modulation is measured together
_ONSET_GROUP = 32  # mel bands whose onsets make one envelope
_FLOOR = 0.01  # of the mean level; keeps faint detail out of the logarithm
_FLUX_FRAMES = 2
_TREND_FRAMES = 101
_RATES_HZ = ((0.5, 1.5), (1.5, 3.0), (3.0, 5.0), (5.0, 8.0), (8.0, 14.0), (14.0, 25.0))
_NUM_STATISTICS = 6  # of each band, see _timbre


def views() -> np.ndarray:
    """Returns what a probe may look at, [view, feature], bool: sound alone, or all.

    Where rhythm tells nothing, its features only help to learn by heart.
    """
    timbre = (_NUM_STATISTICS + len(_RATES_HZ) / _BAND_GROUP) * _NUM_MELS
    envelopes = _NUM_MELS // _ONSET_GROUP + 1
    rhythm = 2 * len(TEMPI_BPM) * envelopes
    is_timbre = np.arange(round(timbre) + rhythm) < timbre
    return np.stack([is_timbre, np.ones_like(is_timbre)])


def extract(audio: np.ndarray, *, sample_rate: int, batch_size: int = 8) -> np.ndarray:
    """Measures clips.

    Args:
        audio: [clip, sample], float in [-1, 1] or int16.
        sample_rate: of the audio, Hz.
        batch_size: clips measured at once; bounds the memory.

    Returns:
        [clip, feature], float32.

    Raises:
        ValueError: clips shorter than `MIN_SECONDS`.
    """
    seconds = audio.shape[1] / sample_rate
    if seconds < MIN_SECONDS:
        raise ValueError(
            f"clips must last at least {MIN_SECONDS:g} s to be measured, "
            f"not {seconds:g}"
        )
    parts = []
    for first in range(0, len(audio), batch_size):
        part = audio[first : first + batch_size]
        # One shape, compiled once.
        padded = np.zeros((batch_size, audio.shape[1]), audio.dtype)
        padded[: len(part)] = part
        parts.append(np.asarray(_measure(padded, sample_rate=sample_rate))[: len(part)])
    return np.concatenate(parts)


def tempogram(envelope: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Tells how strongly an envelope repeats at each tempo of `TEMPI_BPM`.

    The two views complete each other: the autocorrelation also answers at whole
    fractions of the true tempo, the spectrum also at its multiples.

    Args:
        envelope: [batch, frame, band], at `FRAME_RATE`.

    Returns:
        Autocorrelation and magnitude of the spectrum, each [batch, tempo, band], both
        relative to the envelope's energy.
    """
    num_frames = envelope.shape[1]
    envelope = envelope - envelope.mean(axis=1, keepdims=True)
    length = 1 << (2 * num_frames - 1).bit_length()
    spectrum = jnp.abs(jnp.fft.rfft(envelope, length, axis=1))
    correlation = jnp.fft.irfft(jnp.square(spectrum), axis=1)
    energy = correlation[:, :1] + 1e-6
    hz = TEMPI_BPM / 60.0
    lags = _triangles(FRAME_RATE / hz, num_frames)
    bins = _triangles(hz * length / FRAME_RATE, length // 2 + 1)
    return (
        jnp.einsum("blc,lt->btc", correlation[:, :num_frames] / energy, lags),
        jnp.einsum("bfc,ft->btc", spectrum / jnp.sqrt(energy), bins),
    )


def onset_envelopes(level: jax.Array) -> jax.Array:
    """Returns rises of the level above their own trend.

    Args:
        level: [batch, frame, mel], log of a mel spectrogram.

    Returns:
        [batch, frame, band]: groups of bands from low to high, then all together.
    """
    rises = _rises(level)
    batch, num_frames, _ = rises.shape
    rises = rises.reshape(batch, num_frames, -1, _ONSET_GROUP).mean(axis=-1)
    rises = jnp.concatenate([rises, rises.mean(axis=-1, keepdims=True)], axis=-1)
    half = _TREND_FRAMES // 2
    total = jnp.cumsum(jnp.pad(rises, ((0, 0), (half + 1, half), (0, 0))), axis=1)
    trend = (total[:, _TREND_FRAMES:] - total[:, :-_TREND_FRAMES]) / _TREND_FRAMES
    return jnp.maximum(rises - trend, 0.0)


@functools.partial(jax.jit, static_argnames="sample_rate")
def _measure(audio: jax.Array, *, sample_rate: int) -> jax.Array:
    """Returns [batch, feature] of audio [batch, sample]."""
    mel = mel_spectrogram(audio.astype(jnp.float32), _mel_config(sample_rate))
    mel = mel / (mel.mean(axis=(1, 2), keepdims=True) + 1e-9) + _FLOOR
    level = jnp.log(mel)
    groups = (
        _timbre(mel, level),
        _modulation(level),
        *tempogram(onset_envelopes(level)),
    )
    return jnp.concatenate([group.reshape(len(audio), -1) for group in groups], axis=-1)


def _mel_config(sample_rate: int) -> MelConfig:
    hop_length = sample_rate // FRAME_RATE
    return MelConfig(
        sample_rate=sample_rate,
        frame_length=4 * hop_length,
        hop_length=hop_length,
        num_mels=_NUM_MELS,
        low_hz=40.0,
        high_hz=min(10_000.0, sample_rate / 2),
    )


def _rises(level: jax.Array) -> jax.Array:
    return jnp.maximum(level[:, _FLUX_FRAMES:] - level[:, :-_FLUX_FRAMES], 0.0)


def _timbre(mel: jax.Array, level: jax.Array) -> jax.Array:
    """Returns [batch, statistic, mel]; ratios of power means stand for quantiles."""
    rises = _rises(level)
    mean = level.mean(axis=1)
    rise_1, rise_2, rise_4 = (_power_mean(rises, p) for p in (1, 2, 4))
    return jnp.stack(
        [
            mean,
            level.std(axis=1),
            jnp.log(_power_mean(mel, 4)) - mean,
            rise_1,
            jnp.log(rise_2 / rise_1),
            jnp.log(rise_4 / rise_2),
        ],
        axis=1,
    )


def _power_mean(x: jax.Array, power: int) -> jax.Array:
    """Mean over time of x [batch, frame, mel], the louder the more it counts."""
    return (jnp.mean(x**power, axis=1) + 1e-12) ** (1.0 / power) + 1e-3


def _modulation(level: jax.Array) -> jax.Array:
    """Returns log modulation [batch, rate, band group]."""
    batch, num_frames, _ = level.shape
    level = level - level.mean(axis=1, keepdims=True)
    window = np.hanning(num_frames).astype(np.float32)[None, :, None]
    spectrum = jnp.abs(jnp.fft.rfft(level * window, axis=1)) / np.sqrt(num_frames)
    bins = (np.array(_RATES_HZ) * num_frames / FRAME_RATE).astype(int)
    rates = [spectrum[:, low:high].mean(axis=1) for low, high in bins]
    grouped = jnp.stack(rates, axis=1).reshape(batch, len(rates), -1, _BAND_GROUP)
    return jnp.log(grouped.mean(axis=-1) + _FLOOR)


def _triangles(centres: np.ndarray, length: int) -> np.ndarray:
    """Returns weights [position, centre] that read between positions, or over many.

    A triangle reaches to the next centre, and at least to the next position.
    """
    width = np.maximum(1.0, np.abs(np.gradient(centres)))
    distance = np.abs(np.arange(length)[:, None] - centres[None, :]) / width[None, :]
    weights = np.maximum(0.0, 1.0 - distance)
    return (weights / weights.sum(axis=0, keepdims=True)).astype(np.float32)
