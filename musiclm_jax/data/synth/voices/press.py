"""What every voice is given, and the shapes of spectra that voices share."""

import dataclasses

import numpy as np

from musiclm_jax.data.synth import oscillators as osc

_MAX_HARMONICS = 80
_HIGHEST_HZ = 11_000.0


@dataclasses.dataclass(frozen=True)
class Press:
    """A key that is pressed and held.

    Attributes:
        num_samples: for how long.
        pitch: MIDI number.
        velocity: 0 to 1; changes the tone, loudness comes later.
        rng: chance within the sound.
    """

    num_samples: int
    pitch: float
    velocity: float
    rng: np.random.Generator

    @property
    def hz(self) -> float:
        """Frequency of the fundamental."""
        return osc.hertz(self.pitch)

    @property
    def harmonics(self) -> np.ndarray:
        """Numbers of the harmonics that may be heard, [harmonic]."""
        count = max(2, int(_HIGHEST_HZ / self.hz))
        return np.arange(1, min(count, _MAX_HARMONICS) + 1)

    @property
    def harmonics_hz(self) -> np.ndarray:
        """Their frequencies, [harmonic]."""
        return self.harmonics * self.hz

    def burst(self, seconds: float, low_hz: float, high_hz: float) -> np.ndarray:
        """A short decaying noise, at most as long as the note, [sample]."""
        length = min(self.num_samples, int(6 * seconds * osc.SAMPLE_RATE))
        sound = osc.noise(length, self.rng, low_hz, high_hz)
        return sound * osc.decay(length, seconds)

    def curve(self, *points: tuple[float, float]) -> np.ndarray:
        """A line through (seconds, value) points, [sample]."""
        return osc.curve(self.num_samples, *points)


def formants(
    frequencies: np.ndarray, *peaks: tuple[float, float, float], floor: float
) -> np.ndarray:
    """Gain of a body with resonances.

    Args:
        frequencies: [harmonic], in Hz.
        *peaks: of each resonance its frequency in Hz, width in octaves, and gain.
        floor: gain far from all of them.

    Returns:
        [harmonic].
    """
    gain = np.full(frequencies.shape, floor)
    for hz, width, height in peaks:
        gain = gain + height * np.exp(-((np.log2(frequencies / hz) / width) ** 2))
    return gain


def lowpass(frequencies: np.ndarray, cutoff_hz: float, order: float) -> np.ndarray:
    """Magnitude of a smooth low-pass, [harmonic]."""
    return 1.0 / np.sqrt(1.0 + (frequencies / cutoff_hz) ** (2 * order))


def resonant(frequencies: np.ndarray, cutoff_hz: float) -> np.ndarray:
    """Low-pass with a peak at its cut-off, [harmonic]."""
    peak = formants(frequencies, (cutoff_hz, 0.2, 1.2), floor=1.0)
    return peak * lowpass(frequencies, cutoff_hz, 2)
