"""What the codec is trained to lower, each term a pure function.

SoundStream (2107.03312), section III-E, equations 1 to 5. Features are those of
`discriminators.Discriminators`: for each one its layers' outputs, the logits last.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
import optax

from musiclm_jax.codec.discriminators import Features
from musiclm_jax.signal import mel

# Equations 4 and 5: the windows, in samples, and the filters of each spectrogram.
WINDOW_LENGTHS = (64, 128, 256, 512, 1024, 2048)
NUM_MELS = 64
# Added to a unitary spectrogram before the logarithm. A codec that trains for minutes
# would else spend itself on what lies far below hearing: about 80 dB below a sine of
# full scale here, for the longest window.
LOG_OFFSET = 1e-3
# Frames of a quarter window: from a hundredth to a sixth of a second at 24 kHz.
MOVEMENT_LAGS = (1, 2, 4, 8, 16)
# A level that moves less than this, in natural logarithms, rests.
MOVEMENT_OFFSET = 0.01


def weighted_sum(
    terms: Mapping[str, jax.Array],
    weights: Mapping[str, float | optax.Schedule],
    step: jax.Array,
) -> jax.Array:
    """Adds up the terms that have a weight: a number, or a schedule over the steps."""
    return sum(
        (weight(step) if callable(weight) else weight) * terms[name]
        for name, weight in weights.items()
    )


def discriminator_hinge(real: list[Features], fake: list[Features]) -> jax.Array:
    """Equation 1: hinge loss of the discriminators, mean over them and over time."""
    terms = [
        jnp.mean(jax.nn.relu(1.0 - r[-1])) + jnp.mean(jax.nn.relu(1.0 + f[-1]))
        for r, f in zip(real, fake, strict=True)
    ]
    return _mean(terms)


def generator_hinge(fake: list[Features]) -> jax.Array:
    """Equation 2: hinge loss of the codec, mean over discriminators and over time."""
    return _mean([jnp.mean(jax.nn.relu(1.0 - f[-1])) for f in fake])


def feature_matching(real: list[Features], fake: list[Features]) -> jax.Array:
    """Equation 3: mean absolute difference of all layers' outputs but the logits.

    Mean within a layer, then over the layers of all discriminators; no gradient reaches
    the features of real audio.
    """
    terms = [
        jnp.mean(jnp.abs(jax.lax.stop_gradient(r) - f))
        for reals, fakes in zip(real, fake, strict=True)
        for r, f in zip(reals[:-1], fakes[:-1], strict=True)
    ]
    return _mean(terms)


def mel_configs(sample_rate: int) -> list[mel.MelConfig]:
    """Returns the spectrograms of equation 4, with a hop of a quarter window.

    A short window has fewer bins than there are filters, so that many filters hold no
    bin. Their output is the same for both sounds: they add nothing to the loss.
    """
    return [
        mel.MelConfig(
            sample_rate=sample_rate,
            frame_length=length,
            hop_length=length // 4,
            num_mels=NUM_MELS,
            low_hz=0.0,
            high_hz=sample_rate / 2,
        )
        for length in WINDOW_LENGTHS
    ]


def mel_loss(
    target: jax.Array, prediction: jax.Array, *, sample_rate: int
) -> jax.Array:
    """Equations 4 and 5: distance of mel spectrograms over several windows.

        sum_s  |S_s(x) - S_s(y)|_1  +  sqrt(s / 2) |log S_s(x) - log S_s(y)|_2

    The norms are over the filters. Where the paper sums over frames we take the mean:
    the loss then depends neither on the crop nor on the hop. The transform is divided
    by the root of the window, as if it were unitary; then both terms grow with the
    window alike, which is what the factor of the second is for.

    Args:
        target: [batch, sample].
        prediction: [batch, sample].
        sample_rate: Hz.

    Returns:
        [], float32.
    """
    total = jnp.zeros((), jnp.float32)
    both = interleave(target, prediction)  # one transform for the two
    for config in mel_configs(sample_rate):
        unitary = mel.mel_spectrogram(both, config) / np.sqrt(config.frame_length)
        real, fake = apart(unitary)
        logs = jnp.log(real + LOG_OFFSET) - jnp.log(fake + LOG_OFFSET)
        # The root has no gradient at 0, where the two sounds are equal.
        distance = jnp.sqrt(jnp.sum(jnp.square(logs), axis=-1) + 1e-8)
        alpha = np.sqrt(config.frame_length / 2)
        total += jnp.mean(jnp.sum(jnp.abs(real - fake), axis=-1))
        total += alpha * jnp.mean(distance)
    return total


def interleave(real: jax.Array, fake: jax.Array) -> jax.Array:
    """Joins two batches, each pair as neighbours: a device keeps its own examples.

    Args:
        real: [batch, ...].
        fake: [batch, ...].

    Returns:
        [2 batch, ...].
    """
    return jnp.stack([real, fake], axis=1).reshape(-1, *real.shape[1:])


def apart(both: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns the two batches that `interleave` joined."""
    pairs = both.reshape(-1, 2, *both.shape[1:])
    return pairs[:, 0], pairs[:, 1]


def waveform(target: jax.Array, prediction: jax.Array) -> jax.Array:
    """Mean absolute difference of the samples.

    Not in the paper, whose spectral loss leaves the phase to the discriminators: with
    few steps it finds the loud, low partials soonest. See docs/deviations.md.
    """
    return jnp.mean(jnp.abs(target - prediction))


def movement(
    target: jax.Array, prediction: jax.Array, *, sample_rate: int
) -> jax.Array:
    """Compares how much the levels of mel bands move within some spans of time.

        mean over lags and bands of  |log(M(x) + c) - log(M(y) + c)|,
        M = mean over frames of  |log S(t + lag) - log S(t)|

    Not in the paper, whose discriminators see to this: a codec that lowers the spectral
    loss alone answers with the mean of what it does not know, and sounds smeared. See
    docs/deviations.md.

    Args:
        target: [batch, sample].
        prediction: [batch, sample].
        sample_rate: Hz.

    Returns:
        [], float32; lags longer than the crop do not count.
    """
    config = mel_configs(sample_rate)[-2]
    both = interleave(target, prediction)
    unitary = mel.mel_spectrogram(both, config) / np.sqrt(config.frame_length)
    level = jnp.log(unitary + LOG_OFFSET)
    terms = [jnp.zeros(())]
    for lag in MOVEMENT_LAGS:
        if lag < level.shape[1]:
            moved = jnp.mean(jnp.abs(level[:, lag:] - level[:, :-lag]), axis=1)
            real, fake = apart(jnp.log(moved + MOVEMENT_OFFSET))
            terms.append(jnp.mean(jnp.abs(real - fake)))
    return sum(terms) / max(1, len(terms) - 1)


def commitment(embeddings: jax.Array, quantized: jax.Array) -> jax.Array:
    """Mean square distance of embeddings from their fixed quantized values.

    The paper lists no such term; see docs/deviations.md.
    """
    return jnp.mean(jnp.square(embeddings - jax.lax.stop_gradient(quantized)))


def si_sdr_db(target: jax.Array, prediction: jax.Array) -> jax.Array:
    """Scale-invariant signal-to-distortion ratio, mean over the batch, dB.

    Examples without sound count as 0 dB.
    """
    eps = 1e-8
    dot = jnp.sum(target * prediction, axis=-1, keepdims=True)
    energy = jnp.sum(jnp.square(target), axis=-1, keepdims=True)
    projection = target * (dot / (energy + eps))
    signal = jnp.sum(jnp.square(projection), axis=-1)
    noise = jnp.sum(jnp.square(prediction - projection), axis=-1)
    return jnp.mean(10.0 * jnp.log10((signal + eps) / (noise + eps)))


def log_mel_distance(
    target: jax.Array, prediction: jax.Array, *, sample_rate: int
) -> jax.Array:
    """Mean absolute difference of log-mel spectrograms, in natural logarithms."""
    config = mel_configs(sample_rate)[-2]
    return jnp.mean(
        jnp.abs(
            mel.log_mel_spectrogram(target, config)
            - mel.log_mel_spectrogram(prediction, config)
        )
    )


def _mean(terms: list[jax.Array]) -> jax.Array:
    return sum(terms[1:], terms[0]) / len(terms)
