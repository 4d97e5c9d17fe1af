"""Pictures of sound: mel spectrograms as PNG."""

import functools
import io

import numpy as np
from PIL import Image

from musiclm_jax.signal.mel import MelConfig, hz_to_mel, mel_spectrogram

_NUM_MELS = 96
_FRAMES_PER_SECOND = 50
_LOW_HZ, _HIGH_HZ = 30.0, 12000.0
# Between black and white: what is softer, compared with the loudest, is not drawn.
_RANGE_DB = 70.0
# From black over violet and orange to a warm white; as bright as its place in line, so
# that it reads without colours too.
_COLOURS = (
    (0, 0, 4), (40, 17, 89), (101, 26, 128), (159, 47, 127), (213, 75, 106),
    (247, 115, 92), (254, 176, 120), (252, 253, 191),
)  # fmt: skip


def spectrogram_png(audio: np.ndarray, sample_rate: int) -> bytes:
    """Draws sound: time to the right, mels upwards, a pixel each.

    Args:
        audio: [sample] float32.
        sample_rate: in Hz.

    Returns:
        A PNG file with a palette, in decibels below the picture's loudest place.
    """
    return encode_png(coloured(shades(audio, sample_rate)))


def shades(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Returns how bright a picture is, [mel from the top, time] uint8; see above."""
    config = _config(sample_rate)
    num_frames = max(-(-len(audio) // config.hop_length), 1)
    # Whole seconds, so that few lengths are compiled.
    length = -(-num_frames // _FRAMES_PER_SECOND) * _FRAMES_PER_SECOND
    padded = np.zeros((1, length * config.hop_length), np.float32)
    padded[0, : len(audio)] = audio
    mels = np.asarray(mel_spectrogram(padded, config))[0, :num_frames]
    decibels = 20 * np.log10(np.maximum(mels, 1e-3))
    bright = np.clip(1 + (decibels - decibels.max()) / _RANGE_DB, 0, 1)
    # [time, mel] -> [mel from the top, time]
    return np.round(255 * bright.T[::-1]).astype(np.uint8)


def coloured(shades: np.ndarray) -> Image.Image:
    """Returns shades [row, column] uint8 as a picture with the palette."""
    picture = Image.fromarray(shades, "P")
    picture.putpalette(_palette())
    return picture


def encode_png(picture: Image.Image) -> bytes:
    """Returns the content of a PNG file."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def height_of(hz: float, sample_rate: int) -> float:
    """Returns where a frequency lies, from 0 at the lower edge to 1 at the upper."""
    low, high, here = hz_to_mel(np.array([_LOW_HZ, highest_hz(sample_rate), hz]))
    # The rows are filters, whose middles lie off the edges of the scale by one step.
    row = (here - low) / (high - low) * (_NUM_MELS + 1) - 1
    return float((row + 0.5) / _NUM_MELS)


def highest_hz(sample_rate: int) -> float:
    """Returns the frequency at the upper edge of a picture."""
    return min(_HIGH_HZ, sample_rate / 2)


@functools.cache
def _config(sample_rate: int) -> MelConfig:
    hop_length = max(sample_rate // _FRAMES_PER_SECOND, 1)
    return MelConfig(
        sample_rate=sample_rate,
        frame_length=4 * hop_length,
        hop_length=hop_length,
        num_mels=_NUM_MELS,
        low_hz=_LOW_HZ,
        high_hz=highest_hz(sample_rate),
    )


@functools.cache
def _palette() -> bytes:
    colours = np.array(_COLOURS)
    places = np.linspace(0, len(colours) - 1, 256)
    channels = [np.interp(places, np.arange(len(colours)), c) for c in colours.T]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8).tobytes()
