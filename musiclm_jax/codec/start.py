"""The training of a small codec may start as a vocoder.

Random networks spend thousands of steps on finding that sound has pitch and level. All
parts of a vocoder are within the reach of a codec of two blocks, so a small one begins
as a vocoder, and training goes on from there
(docs/decisions/0003-start-as-a-vocoder.md):

    encoder    the first block's strided convolution compares the sound with a pair of
               waveforms for each band; elu(u) + elu(-u) is about |u|, and over a pair
               that is about the band's level; after the second block, the sum of
               elu(-rate * level) over some rates is about the level's logarithm
    embedding  the log levels of bands, narrow ones at the bottom
    decoder    elu(v) + 1 = exp(v) turns log levels back into levels; each scales the
               waveform of its band

Phases are not coded: the decoder's are the same in every frame. Residual units become
the identity. What the vocoder does not need stays random where it is made and zero
where it is read, so that all of it learns.
"""

import itertools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.codec.network import Params
from musiclm_jax.codec.soundstream import SoundStreamConfig

# Small enough for ELU to be nearly a straight line on the way through the sound.
_LINEAR_SCALE = 0.1
# Amplitude, with audio of full scale at 1, at which the rectification sets in.
_LEVEL_UNIT = 0.002
# Rates of the exponentials whose sum is a logarithm, a constant ratio apart: they tell
# levels apart from the unit up to the inverse of the last.
_RATES = (1.0, 0.2, 0.04, 0.008)
_LOG_RATIO = np.log(_RATES[0] / _RATES[1])
# Highest level, in units; the decoder's exponential needs an upper bound.
_MAX_LEVEL = 400.0
# Music falls with frequency above this one: bands are lifted to about one level.
_TILT_HZ = 400.0
# The analysis leans towards the newest sound, so that the vocoder lags less behind.
_ANALYSIS_LEAN = 1.5
# A pair: cosine and sine. Twice the mean of |cos|: what a pair makes of one amplitude.
_PAIR = 2
_PAIR_GAIN = 4 / np.pi


def as_vocoder(config: SoundStreamConfig, params: Params) -> Params:
    """Returns the parameters of a vocoder in the shapes of a codec's.

    Args:
        config: of the codec; it has two strides.
        params: {"encoder", "decoder"}, as their modules initialise them.

    Raises:
        ValueError: there are not two strides.
    """
    if len(config.strides) != 2:
        raise ValueError(
            f"a codec that starts as a vocoder has two strides, got {config.strides}"
        )
    bands = min(
        config.embed_dim,
        config.encoder_channels * config.channel_multipliers[0] // (2 * _PAIR),
        config.encoder_channels * config.channel_multipliers[1] // len(_RATES),
        config.decoder_channels * config.channel_multipliers[1] - 1,
        config.decoder_channels * config.channel_multipliers[0],
    )
    edges = band_edges(config.strides[0] // 2 - 1, bands, config.sample_rate / 2)
    plain = {half: _without_residuals(p) for half, p in nn.meta.unbox(params).items()}
    encoder = _measure_levels(config, plain["encoder"], edges)
    decoder = _sound_levels(config, plain["decoder"], edges)
    return jax.tree.map(
        lambda box, value: box.replace_boxed(value),
        params,
        {"encoder": encoder, "decoder": decoder},
        is_leaf=lambda x: isinstance(x, nn.meta.AxisMetadata),
    )


def band_edges(num_lines: int, num_bands: int, nyquist: float) -> np.ndarray:
    """Splits lines of equal distance into bands that grow with frequency, as mel does.

    Returns:
        [band + 1], int: the first line of each band, and the end of the last.
    """
    num_bands = min(num_bands, num_lines)
    top = 2595 * np.log10(1 + nyquist / 700)
    hz = 700 * (10 ** (np.linspace(0, top, num_bands + 1) / 2595) - 1)
    edges = np.round(hz / nyquist * num_lines).astype(int)
    for i in range(1, num_bands + 1):
        edges[i] = max(edges[i], edges[i - 1] + 1)
    room = num_lines - np.arange(num_bands, -1, -1)
    return np.minimum(edges, room)


def waveforms(hop: int, edges: np.ndarray, *, lean: float) -> np.ndarray:
    """Returns a pair of waveforms for each band, a quarter of a period apart.

    Lines lie a multiple of 1 / hop apart, so frames that follow each other go on with
    the same wave. In a band of several lines their phases make a sweep: that answers to
    every frequency of the band alike, and is never much louder than on average.

    Args:
        hop: samples from frame to frame; a waveform lasts two of them.
        edges: of the bands, see `band_edges`; line 0 is the first above zero frequency.
        lean: exponent above 1 moves the middle of the window to later samples.

    Returns:
        [2 * hop, band, 2], float32; a line has amplitude 1 in the window's middle.
    """
    time = np.arange(2 * hop)[:, None]
    window = _window(2 * hop, lean)[:, None]
    pairs = []
    for start, end in itertools.pairwise(edges):
        order = np.arange(end - start)
        sweep = np.pi * order**2 / len(order)
        angle = 2 * np.pi / hop * time * (start + 1 + order) + sweep
        lines = window * np.stack([np.cos(angle), np.sin(angle)])
        pairs.append(lines.sum(axis=-1).T)
    return np.stack(pairs, axis=1).astype(np.float32)


def _window(length: int, lean: float) -> np.ndarray:
    """A squared sine; where it does not lean, it adds to one with itself half on."""
    place = (np.arange(length) + 0.5) / length
    return np.square(np.sin(np.pi * place**lean))


def _tilt(config: SoundStreamConfig, edges: np.ndarray) -> np.ndarray:
    """[band], what a band is lifted by."""
    middle = (edges[:-1] + edges[1:] + 1) / 2
    return np.maximum(1, middle * config.sample_rate / config.strides[0] / _TILT_HZ)


def _measure_levels(
    config: SoundStreamConfig, encoder: Params, edges: np.ndarray
) -> Params:
    """Log levels from sound."""
    (hop, stride), num_rates, bands = config.strides, len(_RATES), len(edges) - 1
    first = _as_drawn(encoder["first"]["kernel"])
    first[:, :, 0] = 0
    first[-1, 0, 0] = _LINEAR_SCALE

    pairs = waveforms(hop, edges, lean=_ANALYSIS_LEAN)
    amplitude = 2 / _window(2 * hop, _ANALYSIS_LEAN).sum()
    pairs *= amplitude * _tilt(config, edges)[:, None] / (_LINEAR_SCALE * _LEVEL_UNIT)
    both_signs = np.stack([pairs, -pairs], axis=-1).reshape(2 * hop, -1)
    used = both_signs.shape[1]
    compare = _as_drawn(encoder["block_0_down"]["kernel"])
    compare[:, :, :used] = 0
    compare[:, 0, :used] = both_signs

    down = _as_drawn(encoder["block_1_down"]["kernel"])
    share = -np.array(_RATES) / (stride * _PAIR_GAIN)
    levels = np.zeros((stride, down.shape[1], bands, num_rates), np.float32)
    logs = np.zeros((bands, num_rates, bands), np.float32)
    for band in range(bands):
        levels[:, 2 * _PAIR * band : 2 * _PAIR * (band + 1), band] = share
        logs[band, :, band] = -1
    used = bands * num_rates
    down[:, :, :used] = 0
    down[stride:, :, :used] = levels.reshape(stride, -1, used)
    last = _as_drawn(encoder["last"]["kernel"])
    last[:, :, :bands] = 0
    last[:, used:] = 0
    last[-1, :used, :bands] = logs.reshape(used, bands)
    # The levels are large numbers; what reads them at random has to be small.
    quiet = _LEVEL_UNIT * encoder["block_1_down"]["kernel"]
    encoder = _with(encoder, "block_1_down", kernel=quiet)
    return _write(
        encoder,
        {"first": first, "block_0_down": compare, "block_1_down": down, "last": last},
    )


def _sound_levels(
    config: SoundStreamConfig, decoder: Params, edges: np.ndarray
) -> Params:
    """Sound from log levels."""
    (hop, stride), bands = config.strides, len(edges) - 1
    unit = np.sum(1 - np.exp(-np.array(_RATES)))  # the encoder's sum at a level of one
    first = _as_drawn(decoder["first"]["kernel"])
    first[:, :, : bands + 1] = 0
    first[-1, :bands, :bands] = _LOG_RATIO * np.eye(bands)
    bias = np.zeros(decoder["first"]["bias"].shape, np.float32)
    bias[:bands] = -_LOG_RATIO * unit - np.log(_MAX_LEVEL)
    bias[bands] = 1  # elu(1) = 1: what elu(v) lacks of exp(v)

    # From frame to frame levels change gradually.
    fade = _window(2 * stride, 1.0) if stride > 1 else np.array([1.0, 0.0])
    spread = _as_drawn(decoder["block_0_up"]["kernel"])
    spread[:, : bands + 1] = 0
    spread[:, :, :bands] = 0
    spread[:, :bands, :bands] = fade[:, None, None] * np.eye(bands)
    spread[:, bands, :bands] = fade[:, None]

    # A band has its power, however many lines it has.
    scale = _LINEAR_SCALE * _LEVEL_UNIT * _MAX_LEVEL / np.sqrt(np.diff(edges))
    up = _as_drawn(decoder["block_1_up"]["kernel"])
    up[:, :, 0] = 0
    up[:, bands:] = 0
    sound = waveforms(hop, edges, lean=1.0)[:, :, 0]
    up[:, :bands, 0] = sound * scale / _tilt(config, edges)
    last = np.zeros(decoder["last"]["kernel"].shape, np.float32)
    last[-1, 0, 0] = 1 / _LINEAR_SCALE
    return _write(
        _with(decoder, "first", bias=jnp.asarray(bias)),
        {"first": first, "block_0_up": spread, "block_1_up": up, "last": last},
    )


def _without_residuals(half: Params) -> Params:
    """Residual units that are the identity, and can learn to be another."""
    for name, unit in half.items():
        if "pointwise" in unit:
            zero = jnp.zeros_like(unit["pointwise"]["kernel"])
            unit = _with(unit, "pointwise", kernel=zero)
            half = {**half, name: unit}
    return half


def _as_drawn(kernel: jax.Array) -> np.ndarray:
    """Returns a sheet for new weights; where it stays NaN, the kernel stays."""
    return np.full(kernel.shape, np.nan, np.float32)


def _write(params: Params, sheets: dict[str, np.ndarray]) -> Params:
    """Takes over the new weights, place by place: however kernels lie on devices."""
    for name, sheet in sheets.items():
        kernel = jnp.where(np.isnan(sheet), params[name]["kernel"], sheet)
        params = _with(params, name, kernel=kernel)
    return params


def _with(params: Params, name: str, **weights: jax.Array) -> Params:
    return {**params, name: {**params[name], **weights}}
