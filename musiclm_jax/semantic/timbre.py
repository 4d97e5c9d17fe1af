"""What sounds and what begins: the colour of the spectrum, and how bands change.

Cepstra of log-mels (Davis and Mermelstein 1980): their first coefficients are the
colour, without the harmonics that make the pitch.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

# Level tells less than colour does, and varies more.
_LEVEL_SHARE = 0.5
_CHANGE_SHARE = 0.5
_BANDS_TOGETHER = 2


def check_sizes(num_mels: int, num_cepstra: int) -> None:
    """Raises ValueError for bands and coefficients that do not go together."""
    if num_mels % _BANDS_TOGETHER:
        raise ValueError(f"num_mels must be even, got {num_mels}")
    if not 1 <= num_cepstra <= num_mels:
        raise ValueError(
            f"num_cepstra must be in 1..num_mels ({num_mels}), got {num_cepstra}"
        )


def timbre(log_mel: jax.Array, *, hop_length: int, num_cepstra: int) -> jax.Array:
    """Describes each step with its two neighbours, by the loudest frame of each band.

    A mean over frames would hide what is struck.

    Args:
        log_mel: [batch, frame, mel]; an even number of mels.
        hop_length: frames of a step.
        num_cepstra: coefficients of the colour, the level among them.

    Returns:
        [batch, frame // hop_length, num_cepstra + mel], float32: the cepstra of the
        three steps together, the change from the step before in pairs of bands, and
        that to the step after.
    """
    batch, num_frames, num_mels = log_mel.shape
    num_steps = num_frames // hop_length
    steps = log_mel[:, : num_steps * hop_length]
    steps = steps.reshape(batch, num_steps, hop_length, num_mels).max(axis=2)
    # Beyond the ends all stays as it is at the ends.
    padded = jnp.pad(steps, ((0, 0), (1, 1), (0, 0)), mode="edge")
    before, after = padded[:, :-2], padded[:, 2:]
    loudest = jnp.maximum(jnp.maximum(before, steps), after)
    colour = jnp.einsum("btm,mc->btc", loudest, _cosines(num_mels, num_cepstra))

    def change(difference: jax.Array) -> jax.Array:
        pairs = difference.reshape(batch, num_steps, -1, _BANDS_TOGETHER)
        return _CHANGE_SHARE * pairs.mean(axis=-1)

    return jnp.concatenate(
        [colour, change(steps - before), change(after - steps)], axis=-1
    )


@functools.cache
def _cosines(num_mels: int, num_cepstra: int) -> np.ndarray:
    """Returns the cosine transform [mel, cepstrum], its columns of equal length."""
    place = (np.arange(num_mels) + 0.5) / num_mels
    cosines = np.cos(np.pi * place[:, None] * np.arange(num_cepstra)[None, :])
    cosines /= np.linalg.norm(cosines, axis=0, keepdims=True)
    cosines[:, 0] *= _LEVEL_SHARE
    return cosines.astype(np.float32)
