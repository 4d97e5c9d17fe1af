"""Where the training of the codec starts: as a vocoder, not as noise.

Random networks spend thousands of steps on finding that sound has pitch and level. All
parts of a vocoder are within the codec's reach, so it begins as one, and training goes
on from there (docs/decisions/0003-start-as-a-vocoder.md):

    encoder    lapped transforms of blocks split the sound into bands; before the last
               block, elu(u) + elu(-u) is about |u|, the level of a band; after it, the
               sum of elu(-rate * level) over some rates is about the level's logarithm
    embedding  the log levels of groups of bands, narrow ones at the bottom
    decoder    elu(v) + 1 = exp(v) turns log levels back into levels; each scales a
               waveform of its own, of random signs; lapped transforms back to sound

Phases are not coded: the decoder's are the same in every frame. Residual units begin
as the identity. What the vocoder does not need stays random where it is made and zero
where it is read, so that all of it learns.
"""

import itertools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.codec.network import CodecConfig, Params

# Small enough for ELU to be nearly a straight line on the way through the bands.
_LINEAR_SCALE = 0.1
# Level of a band, with audio of full scale at 1, at which its rectification sets in.
_LEVEL_UNIT = 0.03
# Rates of the exponentials whose sum is a logarithm, a constant ratio apart.
_RATES = (5.0, 1.0, 0.2, 0.04)
_LOG_RATIO = np.log(_RATES[0] / _RATES[1])
# Highest level, in units; the decoder's exponential needs an upper bound.
_MAX_LEVEL = 50.0


def lapped_transform(stride: int, channels: int) -> np.ndarray:
    """Modulated lapped transform of two blocks, bands in order of frequency.

    Its window keeps a loud band out of the quiet ones far from it. Channels are taken
    for neighbouring bands, from low to high, as such a transform before this one left
    them; in every second one frequencies run backwards.

    Returns:
        [2 * stride, channel, stride * channel], float32: step and channel in, band out.
    """
    step, order = np.arange(2 * stride)[:, None], np.arange(stride)[None, :]
    angle = np.pi / stride * (step + 0.5 + stride / 2) * (order + 0.5)
    window = np.sqrt(2 / stride) * np.sin(np.pi * (step + 0.5) / (2 * stride))
    basis = window * np.cos(angle)
    transform = np.zeros((2 * stride, channels, channels, stride), np.float32)
    for channel in range(channels):
        transform[:, channel, channel] = basis[:, :: -1 if channel % 2 else 1]
    return transform.reshape(2 * stride, channels, channels * stride)


def band_groups(num_bands: int, num_groups: int, nyquist: float) -> np.ndarray:
    """Splits bands of equal width into groups that grow with frequency, as mel does.

    Returns:
        [group + 1], int: the first band of each group, and the end of the last.
    """
    top = 2595 * np.log10(1 + nyquist / 700)
    hz = 700 * (10 ** (np.linspace(0, top, num_groups + 1) / 2595) - 1)
    edges = np.round(hz / nyquist * num_bands).astype(int)
    for i in range(1, num_groups + 1):
        edges[i] = max(edges[i], edges[i - 1] + 1)
    room = num_bands - np.arange(num_groups, -1, -1)
    return np.minimum(edges, room)


def as_vocoder(config: CodecConfig, params: Params, rng: jax.Array) -> Params:
    """Returns the parameters of a vocoder in the shapes of a codec's.

    Args:
        config: of the codec.
        params: {"encoder", "decoder"}, as their modules initialise them.
        rng: a key, for the signs.
    """
    plain = nn.meta.unbox(params)
    encoder, bands = _split(config, plain["encoder"])
    groups = min(
        bands,
        config.embed_dim,
        config.encoder_channels * config.channel_multipliers[-1] // len(_RATES),
        config.decoder_channels * config.channel_multipliers[-1] - 1,
    )
    measured = bands * config.strides[-1] / config.hop_length  # share of the spectrum
    edges = band_groups(bands, groups, measured * config.sample_rate / 2)
    encoder = _measure_levels(config, encoder, bands, edges)
    decoder = _set_levels(config, plain["decoder"], edges, rng)
    decoder = _join(config, decoder)
    return jax.tree.map(
        lambda box, value: box.replace_boxed(value),
        params,
        {"encoder": encoder, "decoder": decoder},
        is_leaf=lambda x: isinstance(x, nn.meta.AxisMetadata),
    )


def _split(config: CodecConfig, encoder: Params) -> tuple[Params, int]:
    """Bands of both signs from the sound, before the last block; and how many."""
    kernel = encoder["first"]["kernel"].at[:, :, 0].set(0)
    changed = {"first": kernel.at[-1, 0, 0].set(_LINEAR_SCALE)}
    bands = 1
    *before, last = range(len(config.strides) - 1)
    for i in (*before, last):
        stride = config.strides[i]
        kernel = encoder[f"block_{i}_down"]["kernel"]
        room = kernel.shape[2] // 2 if i == last else kernel.shape[2]
        made = min(bands * stride, room)
        transform = lapped_transform(stride, bands)[:, :, :made]
        if i == last:
            transform = transform / (_LINEAR_SCALE * _LEVEL_UNIT)
            transform = np.concatenate([transform, -transform], axis=2)
        kernel = kernel.at[:, :, : transform.shape[2]].set(0)
        kernel = kernel.at[:, :bands, : transform.shape[2]].set(transform)
        changed[f"block_{i}_down"] = kernel
        bands = made
    return _with_kernels(encoder, changed), bands


def _measure_levels(
    config: CodecConfig, encoder: Params, bands: int, edges: np.ndarray
) -> Params:
    """Log levels of groups, from bands of both signs."""
    stride, rates, groups = config.strides[-1], np.array(_RATES), len(edges) - 1
    name = f"block_{len(config.strides) - 1}_down"
    kernel = encoder[name]["kernel"]
    used = groups * len(rates)
    levels = np.zeros((stride, kernel.shape[1], groups, len(rates)), np.float32)
    logs = np.zeros((groups, len(rates), groups), np.float32)
    for group, (start, end) in enumerate(itertools.pairwise(edges)):
        share = -rates / (stride * (end - start))
        levels[:, start:end, group] = share
        levels[:, bands + start : bands + end, group] = share
        logs[group, :, group] = -1
    # The bands are large numbers; what reads them at random has to be small.
    kernel = (_LEVEL_UNIT * kernel).at[:, :, :used].set(0)
    kernel = kernel.at[stride:, :, :used].set(levels.reshape(stride, -1, used))
    last = encoder["last"]["kernel"].at[:, :, :groups].set(0).at[:, used:].set(0)
    last = last.at[-1, :used, :groups].set(logs.reshape(used, groups))
    return _with_kernels(encoder, {name: kernel, "last": last})


def _set_levels(
    config: CodecConfig, decoder: Params, edges: np.ndarray, rng: jax.Array
) -> Params:
    """Levels from their logarithms, each the scale of a waveform, as bands."""
    stride, groups = config.strides[-1], len(edges) - 1
    unit = np.sum(1 - np.exp(-np.array(_RATES)))  # of the sum, at a level of one
    kernel = decoder["first"]["kernel"].at[:, :, : groups + 1].set(0)
    kernel = kernel.at[-1, :groups, :groups].set(_LOG_RATIO * np.eye(groups))
    bias = decoder["first"]["bias"]
    bias = bias.at[:groups].set(-_LOG_RATIO * unit - np.log(_MAX_LEVEL))
    bias = bias.at[groups].set(1)  # elu(1) = 1: what elu(v) lacks of exp(v)

    up = decoder["block_0_up"]["kernel"]
    bands = min(up.shape[2], config.hop_length // stride)
    taps = (np.arange(2 * stride) + 0.5) / (2 * stride)
    window = np.sin(np.pi * taps)  # its square and that of the next frame's add to one
    scale = _LINEAR_SCALE * _LEVEL_UNIT * _MAX_LEVEL
    signs = jax.random.rademacher(rng, (2 * stride, bands), jnp.float32)
    waveforms = scale * window[:, None] * signs
    # The highest group sounds for the bands above it too, which were not measured.
    ends = np.array([*edges[1:-1], bands])
    band = np.arange(bands)
    members = (edges[:-1, None] <= band) & (band < ends[:, None])  # [group, band]
    up = up.at[:, : groups + 1].set(0).at[:, :, :bands].set(0)
    up = up.at[:, :groups, :bands].set(waveforms[:, None, :] * members[None])
    up = up.at[:, groups, :bands].set(waveforms)
    decoder = {**decoder, "first": {"kernel": kernel, "bias": bias}}
    return _with_kernels(decoder, {"block_0_up": up})


def _join(config: CodecConfig, decoder: Params) -> Params:
    """Sound from bands."""
    changed = {}
    made = config.hop_length // config.strides[-1]
    for i, stride in list(enumerate(reversed(config.strides)))[1:]:
        kernel = decoder[f"block_{i}_up"]["kernel"]
        made //= stride
        bands = min(kernel.shape[1], made * stride)
        channels = min(kernel.shape[2], made)
        transform = lapped_transform(stride, made)[:, :channels, :bands]
        kernel = kernel.at[:, :, :channels].set(0).at[:, bands:].set(0)
        kernel = kernel.at[:, :bands, :channels].set(np.moveaxis(transform, 2, 1))
        changed[f"block_{i}_up"] = kernel
    last = jnp.zeros_like(decoder["last"]["kernel"])
    changed["last"] = last.at[-1, 0, 0].set(1 / _LINEAR_SCALE)
    return _with_kernels(decoder, changed)


def _with_kernels(params: Params, kernels: dict[str, jax.Array]) -> Params:
    new = {name: {**params[name], "kernel": k} for name, k in kernels.items()}
    return {**params, **new}
