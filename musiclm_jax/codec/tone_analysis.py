"""Levels of tones and of bands, from sound: the analysis that resolves pitch.

Spectral modelling (Serra and Smith 1990, Computer Music Journal 14-4): what stands out
of a long spectrum as a peak is a tone, what is left is noise. Long windows tell low
notes apart, short ones tell when something happens; tones take their moment from the
short ones:

    measure   peaks of long spectra     -> amplitude of each tone of a scale, by frame
              power of short spectra    -> how loud each band is, by moment
    split     a band's tones, brought to its power      -> tones with an attack
              what the tones leave of the band's power  -> its noise

Several moments make a frame. A band that is told its power keeps it, whatever is lost
of its tones.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.parallel.rows import shard_map_rows
from musiclm_jax.signal import stft as stft_lib

# A peak stands so far above the middle of its neighbourhood, and at most so far below
# the highest one of its frame: what is lower is noise, or the side lobe of a tone.
_ABOVE_NEIGHBOURS = 2.0
_BELOW_HIGHEST = 0.003
_NEIGHBOURHOOD_HZ = 120.0
# Of a band's power so much is noise at least. Where tones make up this share of it, of
# what they leave little is noise: it is their slopes.
_LEAST_NOISE = 0.02
_MOSTLY_TONES, _NOISE_BESIDE_TONES = 0.5, 0.05
# Power far below hearing, for roots and quotients of nothing.
_NO_POWER = 1e-12


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToneScale:
    """Which tones and bands there are, and how they are looked for.

    Attributes:
        sample_rate: of the sound, Hz.
        hop_length: samples from one moment to the next.
        moments_per_frame: of power; tones have one amplitude in a frame.
        lowest_hz: of the tones.
        tones_per_octave: evenly spaced in pitch.
        num_tones: of the scale.
        num_bands: evenly spaced in mel from zero to half the sample rate.
        tone_window: samples of the long spectra.
        band_window: samples of the short ones.
    """

    sample_rate: int
    hop_length: int
    moments_per_frame: int
    lowest_hz: float
    tones_per_octave: int
    num_tones: int
    num_bands: int
    tone_window: int
    band_window: int

    def __post_init__(self):
        for field in dataclasses.fields(self):
            if getattr(self, field.name) <= 0:
                raise ValueError(
                    f"{field.name} must be above 0, got {getattr(self, field.name)}"
                )
        shortest = max(self.frame_length, self.band_window)
        if self.band_window < self.hop_length or self.tone_window < shortest:
            raise ValueError(
                f"windows must last a hop ({self.hop_length}) and the long one a frame "
                f"({self.frame_length}) and the short one, got {self.band_window} and "
                f"{self.tone_window}"
            )
        if self.tones_hz[-1] >= self.sample_rate / 2:
            raise ValueError(
                f"the highest tone, {self.tones_hz[-1]:.0f} Hz, must lie below half "
                f"the sample rate of {self.sample_rate} Hz"
            )

    @property
    def frame_length(self) -> int:
        """Samples from one frame to the next."""
        return self.moments_per_frame * self.hop_length

    @property
    def before(self) -> int:
        """Samples before a frame that are heard with it."""
        return (self.tone_window - self.frame_length) // 2

    @property
    def after(self) -> int:
        """Samples behind a frame that are heard with it."""
        return self.tone_window - self.frame_length - self.before

    @functools.cached_property
    def tones_hz(self) -> np.ndarray:
        """[tone], from low to high."""
        steps = np.arange(self.num_tones) / self.tones_per_octave
        return self.lowest_hz * 2.0**steps

    @functools.cached_property
    def band_edges_hz(self) -> np.ndarray:
        """[band + 1]."""
        top = 2595 * np.log10(1 + self.sample_rate / 2 / 700)
        return 700 * (10 ** (np.linspace(0, top, self.num_bands + 1) / 2595) - 1)


def band_of(scale: ToneScale, hz: np.ndarray) -> np.ndarray:
    """Returns the band of each frequency, int."""
    place = np.searchsorted(scale.band_edges_hz, hz, side="right") - 1
    return np.clip(place, 0, scale.num_bands - 1)


def measure(scale: ToneScale, audio: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Looks for tones in every frame, and how loud bands are at every moment.

    Windows are centred on what they are of.

    Args:
        scale: what is looked for.
        audio: [batch, before + frame * frame_length + after].

    Returns:
        Amplitudes [batch, frame, tone] of sines, and power [batch, moment, band].
    """
    frames = stft_lib.slide(
        audio, frame_length=scale.tone_window, hop_length=scale.frame_length
    )
    tones = _tones(scale, frames)
    # As far inside the audio as the window is shorter than the long one.
    length = scale.band_window
    start = scale.before - (length - scale.hop_length) // 2
    moments = frames.shape[1] * scale.moments_per_frame
    stop = start + (moments - 1) * scale.hop_length + length
    frames = stft_lib.slide(
        audio[:, start:stop], frame_length=length, hop_length=scale.hop_length
    )
    return tones, _power(scale, frames)


def split(scale: ToneScale, tones: jax.Array, power: jax.Array) -> jax.Array:
    """Tells what of the power of bands is tones, and what is noise.

    Args:
        scale: the tones and bands.
        tones: amplitudes [batch, frame, tone].
        power: [batch, moment, band].

    Returns:
        [batch, moment, tone then band]: amplitudes of sines, for bands of the sine that
        has the power of the noise.
    """
    tones = jnp.repeat(tones, scale.moments_per_frame, axis=1)
    spread = _spread(scale)
    tonal = jnp.square(tones) / 2 @ spread
    gain = jnp.sqrt(jnp.minimum(1.0, power / (tonal + _NO_POWER)) + _NO_POWER)
    noise = jnp.maximum(power - tonal, _LEAST_NOISE * power)
    mostly = jnp.minimum(1.0, tonal / (_MOSTLY_TONES * power + _NO_POWER))
    noise *= 1.0 - (1.0 - _NOISE_BESIDE_TONES) * mostly
    noise = jnp.sqrt(2 * noise + _NO_POWER)
    return jnp.concatenate([tones * (gain @ spread.T), noise], axis=-1)


def _tones(scale: ToneScale, frames: jax.Array) -> jax.Array:
    """The highest peak near each tone, [batch, frame, tone]."""
    length = scale.tone_window
    spectrum = stft_lib.transform(frames, fft_length=length)
    bin_hz = scale.sample_rate / length
    half_step = 0.5 / scale.tones_per_octave
    low = int(scale.tones_hz[0] * 2.0**-half_step / bin_hz)
    high = int(np.ceil(scale.tones_hz[-1] * 2.0**half_step / bin_hz)) + 1
    # A sine of amplitude 1 peaks at a quarter of the window.
    level = jnp.abs(spectrum[:, :, low - 1 : high + 1]) * 4 / length
    before, at, after = level[..., :-2], level[..., 1:-1], level[..., 2:]
    logs = [jnp.log(x + 1e-9) for x in (before, at, after)]
    neighbours = _moving_mean(logs[1], round(_NEIGHBOURHOOD_HZ / bin_hz))
    is_peak = (at > before) & (at >= after)
    is_peak &= logs[1] > neighbours + np.log(_ABOVE_NEIGHBOURS)
    is_peak &= at > _BELOW_HIGHEST * at.max(axis=-1, keepdims=True)
    # Between bins, by the parabola through the logarithms.
    slope, curve = logs[0] - logs[2], logs[0] - 2 * logs[1] + logs[2]
    shift = jnp.clip(0.5 * slope / jnp.minimum(curve, -1e-6), -0.5, 0.5)
    height = jnp.exp(logs[1] - 0.25 * slope * shift)
    hz = ((low + jnp.arange(high - low))[None, None] + shift) * bin_hz
    step = scale.tones_per_octave * jnp.log2(hz / scale.lowest_hz)
    tone = jnp.where(is_peak, jnp.round(step).astype(jnp.int32), -1)
    tone = jnp.where(tone < scale.num_tones, tone, -1)
    return shard_map_rows(
        functools.partial(_highest, num_tones=scale.num_tones),
        jnp.stack([tone.astype(jnp.float32), height], axis=-1),
    )


def _highest(peaks: jax.Array, *, num_tones: int) -> jax.Array:
    """[row, frame, bin, (tone, level)] -> [row, frame, tone], the highest level."""
    rows, frames, bins, _ = peaks.shape
    tone, level = peaks[..., 0].astype(jnp.int32), peaks[..., 1]
    frame = jnp.arange(rows * frames).reshape(rows, frames, 1)
    # One place more for what is no tone.
    place = frame * (num_tones + 1) + jnp.where(tone < 0, num_tones, tone)
    found = jnp.zeros(rows * frames * (num_tones + 1))
    found = found.at[place.reshape(-1)].max(level.reshape(rows * frames * bins))
    return found.reshape(rows, frames, num_tones + 1)[..., :num_tones]


def _power(scale: ToneScale, frames: jax.Array) -> jax.Array:
    """Mean power within each band under a short window, [batch, moment, band]."""
    length = scale.band_window
    spectrum = stft_lib.transform(frames, fft_length=length)
    window = stft_lib.hann_window(length)
    # Parseval: both halves of the spectrum over the energy of the window.
    power = 2 * jnp.square(jnp.abs(spectrum)) / (length * np.square(window).sum())
    hz = np.arange(length // 2 + 1) * scale.sample_rate / length
    return power @ jax.nn.one_hot(band_of(scale, hz), scale.num_bands)


@functools.lru_cache(maxsize=4)
def _spread(scale: ToneScale) -> np.ndarray:
    """Share of a tone's power that a short window puts into each band, [tone, band].

    Low bands are narrower than a line under that window.
    """
    length = scale.band_window
    time = np.arange(length) / scale.sample_rate
    window = stft_lib.hann_window(length)
    # A complex tone: no mirror image reaches over from negative frequencies.
    tones = np.exp(2j * np.pi * scale.tones_hz[:, None] * time) * window
    power = np.square(np.abs(np.fft.fft(tones)[:, : length // 2 + 1]))
    hz = np.arange(length // 2 + 1) * scale.sample_rate / length
    bands = power @ np.eye(scale.num_bands)[band_of(scale, hz)]
    return (bands / bands.sum(axis=1, keepdims=True)).astype(np.float32)


def _moving_mean(x: jax.Array, width: int) -> jax.Array:
    """Mean over `width` neighbours of the last axis, its ends repeated."""
    half = width // 2
    padding = [(0, 0)] * (x.ndim - 1) + [(half + 1, half)]
    total = jnp.cumsum(jnp.pad(x, padding, mode="edge"), axis=-1)
    return (total[..., 2 * half + 1 :] - total[..., : -2 * half - 1]) / (2 * half + 1)
