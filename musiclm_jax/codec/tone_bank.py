"""A bank of oscillators and of noise, with a clock: sound from levels.

After DDSP (2001.04643), with fixed frequencies. Each line is a cosine under a Hann
window of two moments, turned on by its own frequency from moment to moment, so that
grains that overlap go on with one wave. The lines of noise start each grain at a phase
of their own that nothing else has, so they never add up to a tone.

Phases follow from the number of the moment alone, in whole numbers that wrap round: a
stream that carries the number goes on as if it had never stopped, after any time.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.codec.tone_analysis import ToneScale

# A whole turn, in the units of phases.
_TURN = 2**32


@functools.lru_cache(maxsize=4)
def _lines(scale: ToneScale, lines_per_band: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies [line] of all lines, Hz, and what each level is to them, as weights.

    The lines of a band of noise lie evenly in it, off their places by chance.
    """
    rng = np.random.default_rng(0)
    low, high = scale.band_edges_hz[:-1, None], scale.band_edges_hz[1:, None]
    place = np.arange(lines_per_band) + rng.random((scale.num_bands, lines_per_band))
    noise = low + (high - low) * place / lines_per_band
    weights = np.zeros(
        (scale.num_tones + scale.num_bands, scale.num_tones + noise.size), np.float32
    )
    tone = np.arange(scale.num_tones)
    weights[tone, tone] = 1.0
    line = np.arange(noise.size)
    # Lines of a band add up in power, and so do their grains, whose windows add up to
    # one in amplitude but to three quarters in power.
    weights[scale.num_tones + line // lines_per_band, scale.num_tones + line] = (
        0.75 * lines_per_band
    ) ** -0.5
    return np.concatenate([scale.tones_hz, noise.reshape(-1)]), weights


def grains(
    scale: ToneScale, levels: jax.Array, first_moment: jax.Array, *, lines_per_band: int
) -> jax.Array:
    """Makes the sound of each moment, which overlaps with the next one's.

    Args:
        scale: the tones and bands.
        levels: [batch, moment, level], not negative.
        first_moment: [batch], uint32, the number of the first moment.
        lines_per_band: of noise.

    Returns:
        [batch, moment, 2 * hop_length].
    """
    hz, weights = _lines(scale, lines_per_band)
    hop, num_tones = scale.hop_length, scale.num_tones
    moments = jnp.arange(levels.shape[1], dtype=jnp.uint32)
    number = (first_moment[:, None] + moments[None])[:, :, None]
    start = _hash(np.arange(len(hz), dtype=np.uint32))
    # Exact for any number of moments: whole turns are lost in the overflow.
    turn = np.round(hz[:num_tones] * hop / scale.sample_rate % 1.0 * _TURN)
    turn = turn.astype(np.uint64).astype(np.uint32)
    tones = number * turn[None, None] + start[None, None, :num_tones]
    noise = _hash(number * np.uint32(len(hz)) + start[None, None, num_tones:])
    phase = jnp.concatenate([tones, noise], axis=-1).astype(jnp.float32)
    phase = phase * (2 * np.pi / _TURN)
    level = levels @ weights
    angle = 2 * np.pi * np.outer(hz, np.arange(2 * hop)) / scale.sample_rate
    window = 0.5 - 0.5 * np.cos(np.pi * np.arange(2 * hop) / hop)
    waves = np.concatenate([np.cos(angle), -np.sin(angle)]) * window
    parts = [level * jnp.cos(phase), level * jnp.sin(phase)]
    return jnp.concatenate(parts, axis=-1) @ waves.astype(np.float32)


def overlap_add(grains: jax.Array, tail: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Lays grains over one another.

    Args:
        grains: [batch, moment, 2 * hop].
        tail: [batch, hop], the second half of the grain before the first.

    Returns:
        [batch, moment * hop], and the second half of the last grain.
    """
    hop = grains.shape[-1] // 2
    first, second = grains[..., :hop], grains[..., hop:]
    before = jnp.concatenate([tail[:, None], second[:, :-1]], axis=1)
    return (first + before).reshape(grains.shape[0], -1), second[:, -1]


def _hash(x):
    """Whole numbers [..] that look drawn, uint32, of uint32 (Wang's, by Jenkins)."""
    x = (x ^ 61) ^ (x >> 16)
    x = x * np.uint32(9)
    x = x ^ (x >> 4)
    x = x * np.uint32(0x27D4EB2D)
    return x ^ (x >> 15)
