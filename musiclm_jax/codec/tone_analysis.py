"""Levels of tones and of bands of noise, from sound: the encoder that resolves pitch.

Spectral modelling (Serra and Smith 1990, Computer Music Journal 14-4): what stands out
of a long spectrum as a peak is a tone, what is left is noise. Long windows tell low
notes apart, short ones tell when something happens; tones take their moment from the
short ones:

    peaks of long spectra                      -> level of each tone of a fixed scale
    power of short spectra, by band            -> how loud a band is at a moment
    a band's tones, brought to that power      -> tones with an attack
    what the tones leave of the band's power   -> level of its noise

A level is the amplitude of a sine, or of the sine that has the power of the noise.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.parallel.rows import shard_map_rows
from musiclm_jax.signal import stft as stft_lib

# A peak stands so far above the middle of its neighbourhood, and at most so far below
# the highest one of its moment: what is lower is noise, or the side lobe of a tone.
_ABOVE_NEIGHBOURS = 2.0
_BELOW_HIGHEST = 0.003
_NEIGHBOURHOOD_HZ = 120.0
# Of a band's power so much is noise at least; less where tones make up most of it, for
# of their slopes nothing is to be heard as noise.
_LEAST_NOISE = 0.02
_MOSTLY_TONES, _NOISE_BESIDE_TONES = 0.5, 0.05


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToneScale:
    """Which tones and bands there are, and how they are looked for.

    Attributes:
        sample_rate: of the sound, Hz.
        hop_length: samples from one moment to the next.
        lowest_hz: of the tones.
        tones_per_octave: evenly spaced in pitch.
        num_tones: of the scale.
        num_bands: of noise, evenly spaced in mel from zero to half the sample rate.
        tone_window: samples of the long spectra.
        noise_window: samples of the short ones.
    """

    sample_rate: int
    hop_length: int
    lowest_hz: float
    tones_per_octave: int
    num_tones: int
    num_bands: int
    tone_window: int
    noise_window: int

    def __post_init__(self):
        if not self.hop_length <= self.noise_window <= self.tone_window:
            raise ValueError(
                "noise_window must be from hop_length to tone_window, "
                f"{self.hop_length} to {self.tone_window}, got {self.noise_window}"
            )
        if self.tones_hz[-1] >= self.sample_rate / 2:
            raise ValueError(
                f"the highest tone, {self.tones_hz[-1]:.0f} Hz, must lie below half "
                f"the sample rate of {self.sample_rate} Hz"
            )

    @property
    def num_levels(self) -> int:
        """Tones and bands together."""
        return self.num_tones + self.num_bands

    @property
    def before(self) -> int:
        """Samples before a moment that its level depends on."""
        return (self.tone_window - self.hop_length) // 2

    @property
    def after(self) -> int:
        """Samples behind a moment's hop that its level depends on."""
        return self.tone_window - self.hop_length - self.before

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


def measure(scale: ToneScale, audio: jax.Array) -> jax.Array:
    """Measures the levels at every moment.

    The windows of a moment are centred on its hop.

    Args:
        scale: what is looked for.
        audio: [batch, before + moment * hop_length + after].

    Returns:
        [batch, moment, level], tones first, float32.
    """
    tones = _tones(scale, audio)  # [batch, moment, tone]
    power = _band_power(scale, audio)  # [batch, moment, band]
    spread = _spread(scale)
    tonal = jnp.square(tones) / 2 @ spread
    gain = jnp.sqrt(jnp.minimum(1.0, power / (tonal + 1e-12)))
    noise = jnp.maximum(power - tonal * jnp.square(gain), _LEAST_NOISE * power)
    mostly = tonal > _MOSTLY_TONES * power
    noise *= jnp.where(mostly, _NOISE_BESIDE_TONES, 1.0)
    return jnp.concatenate([tones * (gain @ spread.T), jnp.sqrt(2 * noise)], axis=-1)


def _tones(scale: ToneScale, audio: jax.Array) -> jax.Array:
    """The highest peak near each tone, [batch, moment, tone]."""
    length = 2 * scale.tone_window  # zeros behind the window: bins half as wide
    frames = stft_lib.slide(
        audio, frame_length=scale.tone_window, hop_length=scale.hop_length
    )
    spectrum = stft_lib.transform(frames, fft_length=length)
    bin_hz = scale.sample_rate / length
    half_step = 0.5 / scale.tones_per_octave
    low = int(scale.tones_hz[0] * 2.0**-half_step / bin_hz)
    high = int(np.ceil(scale.tones_hz[-1] * 2.0**half_step / bin_hz)) + 1
    # A sine of amplitude 1 peaks at a quarter of the window.
    level = jnp.abs(spectrum[:, :, low - 1 : high + 1]) * 4 / scale.tone_window
    before, at, after = level[..., :-2], level[..., 1:-1], level[..., 2:]
    logs = [jnp.log(x + 1e-9) for x in (before, at, after)]
    neighbours = _moving_mean(logs[1], round(_NEIGHBOURHOOD_HZ / bin_hz))
    is_peak = (at > before) & (at >= after)
    is_peak &= logs[1] > neighbours + np.log(_ABOVE_NEIGHBOURS)
    is_peak &= at > _BELOW_HIGHEST * at.max(axis=-1, keepdims=True)
    # Between bins, by the parabola through the logarithms.
    curve = logs[0] - 2 * logs[1] + logs[2]
    shift = 0.5 * (logs[0] - logs[2]) / jnp.minimum(curve, -1e-6)
    bins = (low + jnp.arange(high - low))[None, None]
    hz = (bins + jnp.clip(shift, -0.5, 0.5)) * bin_hz
    step = scale.tones_per_octave * jnp.log2(hz / scale.lowest_hz)
    tone = jnp.where(is_peak, jnp.round(step).astype(jnp.int32), -1)
    tone = jnp.where(tone < scale.num_tones, tone, -1)
    return shard_map_rows(
        functools.partial(_highest, num_tones=scale.num_tones),
        jnp.stack([tone.astype(jnp.float32), at], axis=-1),
    )


def _highest(peaks: jax.Array, *, num_tones: int) -> jax.Array:
    """[row, moment, bin, (tone, level)] -> [row, moment, tone], the highest level."""
    rows, moments, bins, _ = peaks.shape
    tone, level = peaks[..., 0].astype(jnp.int32), peaks[..., 1]
    moment = jnp.arange(rows * moments).reshape(rows, moments, 1)
    # One place more for what is no tone.
    place = moment * (num_tones + 1) + jnp.where(tone < 0, num_tones, tone)
    found = jnp.zeros(rows * moments * (num_tones + 1))
    found = found.at[place.reshape(-1)].max(level.reshape(rows * moments * bins))
    return found.reshape(rows, moments, num_tones + 1)[..., :num_tones]


def _band_power(scale: ToneScale, audio: jax.Array) -> jax.Array:
    """Mean power within each band under a short window, [batch, moment, band]."""
    length = scale.noise_window
    # As far inside the audio as the window is shorter than the long one.
    before = scale.before - (length - scale.hop_length) // 2
    inside = audio[:, before : audio.shape[1] - scale.tone_window + length + before]
    frames = stft_lib.slide(inside, frame_length=length, hop_length=scale.hop_length)
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
    length = scale.noise_window
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
