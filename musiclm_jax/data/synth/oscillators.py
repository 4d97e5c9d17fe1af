"""The generators of sound: tones, strings, bars, noise and envelopes.

All take whole arrays; none loops over samples. All sound is float32 at SAMPLE_RATE.
"""

import numpy as np
from scipy import signal

SAMPLE_RATE = 24_000
_TABLE = 1024
_NYQUIST_MARGIN = 0.46  # highest harmonic, as a share of the sample rate


def hertz(pitch: float) -> float:
    """Frequency of a MIDI number."""
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


def seconds_axis(num_samples: int) -> np.ndarray:
    """Time of each sample, [sample]."""
    return np.arange(num_samples, dtype=np.float32) / SAMPLE_RATE


def curve(num_samples: int, *points: tuple[float, float]) -> np.ndarray:
    """A line through (seconds, value) points, constant outside, [sample]."""
    times, values = zip(*points, strict=True)
    return np.interp(seconds_axis(num_samples), times, values).astype(np.float32)


def decay(num_samples: int, seconds: float) -> np.ndarray:
    """Exponential decay that reaches 1/e after `seconds`, [sample]."""
    return np.exp(-seconds_axis(num_samples) / np.float32(seconds))


def vibrato(
    num_samples: int,
    frequency: float,
    *,
    rate_hz: float,
    cents: float,
    delay_seconds: float = 0.25,
    phase: float = 0.0,
) -> np.ndarray:
    """A frequency that starts to sway after a delay, in Hz, [sample]."""
    time = seconds_axis(num_samples)
    depth = np.clip(time / max(delay_seconds, 1e-3) - 0.5, 0.0, 1.0)
    sway = np.sin(2 * np.pi * rate_hz * time + phase) * depth
    return (frequency * (1.0 + sway * (cents / 1731.0))).astype(np.float32)


def harmonic_tone(
    frequency: np.ndarray,
    spectra: np.ndarray,
    *,
    frame_seconds: float = 1.0,
    phase: float = 0.0,
) -> np.ndarray:
    """A band-limited tone whose spectrum moves through the rows of `spectra`.

    Args:
        frequency: [sample], in Hz.
        spectra: [harmonic] or [frame, harmonic] amplitudes; frames are crossfaded, and
            the last one stays. Negative amplitudes turn the phase.
        frame_seconds: from one frame to the next.
        phase: of the start, in cycles.

    Returns:
        [sample]; harmonics near and above the Nyquist frequency are left out.
    """
    spectra = np.atleast_2d(np.asarray(spectra, np.float32))
    highest = int(_NYQUIST_MARGIN * SAMPLE_RATE / frequency.max())
    num_harmonics = max(1, min(spectra.shape[1], highest, _TABLE // 2 - 1))
    bins = np.zeros((len(spectra), _TABLE // 2 + 1), np.complex64)
    # Scattered phases keep the crest factor low; golden-ratio steps never line up.
    order = np.arange(1, num_harmonics + 1)
    phases = np.exp(2j * np.pi * 0.381966 * order * (order - 1) / 2)
    bins[:, 1 : num_harmonics + 1] = -1j * phases * spectra[:, :num_harmonics]
    tables = np.fft.irfft(bins, _TABLE, axis=1).astype(np.float32) * (_TABLE / 2)
    tables = np.concatenate([tables, tables[:, :1]], axis=1)
    cycles = np.cumsum(frequency, dtype=np.float64) / SAMPLE_RATE + phase
    position = ((cycles - np.floor(cycles)) * _TABLE).astype(np.float32)
    index = position.astype(np.int32)
    fraction = position - index
    index %= _TABLE  # just below a whole cycle, float32 rounds up to the next one
    # The tone is steady once it has reached the last frame.
    moving = min(len(frequency), int((len(tables) - 1) * frame_seconds * SAMPLE_RATE))
    audio = _read(tables[-1], index, fraction)
    if moving:
        where = np.arange(moving, dtype=np.float32) / (frame_seconds * SAMPLE_RATE)
        row = np.minimum(where.astype(np.int32), len(tables) - 2)
        flat, index = tables.ravel(), index[:moving] + row * tables.shape[1]
        before = _read(flat, index, fraction[:moving])
        after = _read(flat, index + tables.shape[1], fraction[:moving])
        audio[:moving] = before + (where - row) * (after - before)
    return audio


def _read(table: np.ndarray, index: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Reads between the entries of a table."""
    low = table[index]
    return low + fraction * (table[index + 1] - low)


def ensemble(
    num_samples: int,
    frequency: float,
    spectra: np.ndarray,
    *,
    cents: tuple[float, ...],
    vibrato_cents: float,
    frame_seconds: float = 1.0,
) -> np.ndarray:
    """Several players of one tone.

    Args:
        num_samples: length.
        frequency: in Hz.
        spectra: as for `harmonic_tone`.
        cents: of each player, how far out of tune.
        vibrato_cents: of each player.
        frame_seconds: as for `harmonic_tone`.

    Returns:
        [sample].
    """
    total = np.zeros(num_samples, np.float32)
    for player, detune in enumerate(cents):
        track = vibrato(
            num_samples,
            frequency * 2.0 ** (detune / 1200.0),
            rate_hz=4.6 + 0.37 * player,
            cents=vibrato_cents,
            phase=2.1 * player,
        )
        # Players start at scattered phases, so that they do not beat in step.
        total += harmonic_tone(
            track, spectra, frame_seconds=frame_seconds, phase=0.618 * player
        )
    return total / np.float32(np.sqrt(len(cents)))


def partials(
    num_samples: int,
    frequencies: np.ndarray,
    amplitudes: np.ndarray,
    decays: np.ndarray,
) -> np.ndarray:
    """A sum of decaying sines: bars, bells and stiff strings.

    Args:
        num_samples: length.
        frequencies: [partial], in Hz; those above the Nyquist frequency are left out.
        amplitudes: [partial].
        decays: [partial], seconds to 1/e.

    Returns:
        [sample].
    """
    keep = frequencies < _NYQUIST_MARGIN * SAMPLE_RATE
    total = np.zeros(num_samples, np.float32)
    time = seconds_axis(num_samples)
    for hz, amplitude, tau in zip(
        frequencies[keep], amplitudes[keep], decays[keep], strict=True
    ):
        # Beyond seven time constants a partial is below -60 dB.
        part = time[: int(7 * tau * SAMPLE_RATE) + 1]
        swing = np.sin(np.float32(2 * np.pi * hz) * part)
        total[: len(part)] += np.float32(amplitude) * swing * np.exp(-part / tau)
    return total


def plucked_string(
    num_samples: int,
    frequency: float,
    rng: np.random.Generator,
    *,
    brightness: float,
    sustain_seconds: float,
    damping: float,
    position: float,
) -> np.ndarray:
    """Karplus-Strong, all periods at once in the frequency domain.

    Args:
        num_samples: length.
        frequency: in Hz.
        rng: the noise of the pluck.
        brightness: share of high harmonics in the pluck, 0 to 1.
        sustain_seconds: time in which the fundamental falls to 1/e.
        damping: how much faster high harmonics die.
        position: where the string is plucked, as a share of its length.

    Returns:
        [sample], its peak near 1.
    """
    num_periods = int(np.ceil(num_samples * frequency / SAMPLE_RATE)) + 2
    num_harmonics = max(2, min(int(_NYQUIST_MARGIN * SAMPLE_RATE / frequency), 60))
    order = np.arange(1, num_harmonics + 1)
    pluck = np.abs(np.sin(np.pi * order * position)) + 0.05
    pluck = pluck * order ** (-0.4 - 1.6 * (1.0 - brightness))
    pluck = pluck * rng.uniform(0.7, 1.3, num_harmonics)
    phases = np.exp(2j * np.pi * rng.random(num_harmonics))
    # Loss of one period: the loop's low-pass raised to the number of rounds.
    rate = (1.0 + damping * (order - 1) ** 1.3) / (sustain_seconds * frequency)
    rounds = np.arange(num_periods, dtype=np.float32)
    loss = np.exp(-rounds[:, None] * rate[None, :].astype(np.float32))
    length = 4 * (num_harmonics + 1)
    bins = np.zeros((num_periods, length // 2 + 1), np.complex64)
    bins[:, 1 : num_harmonics + 1] = loss * (pluck * phases)[None, :]
    periods = np.fft.irfft(bins, length, axis=1).ravel()
    where = np.arange(num_samples) * (frequency * length / SAMPLE_RATE)
    index = where.astype(np.int64)
    fraction = where - index
    tone = periods[index] * (1 - fraction) + periods[index + 1] * fraction
    return (tone / (np.abs(tone[: SAMPLE_RATE // 10]).max() + 1e-9)).astype(np.float32)


def noise(
    num_samples: int, rng: np.random.Generator, low_hz: float, high_hz: float
) -> np.ndarray:
    """Band-passed white noise of unit RMS, [sample]."""
    sections = signal.butter(
        2, (low_hz, min(high_hz, 0.49 * SAMPLE_RATE)), "bandpass", fs=SAMPLE_RATE,
        output="sos",
    )  # fmt: skip
    white = rng.standard_normal(num_samples + 64).astype(np.float32)
    band = signal.sosfilt(sections, white)[64:]
    return (band / (band.std() + 1e-9)).astype(np.float32)
