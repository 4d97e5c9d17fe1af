"""How far decoded sound is from the true one.

SoundStream (2107.03312), section III-E, equations 4 and 5, and what else the training
of a codec compares. A term is an object with a name and a weight that maps the two
sounds to a number; the weights of all terms are shares of the gradient, see
`balancer.py`.
"""

import dataclasses
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.signal import mel, stft

# Of equations 4 and 5.
NUM_MELS = 64
# Of logarithms of magnitudes: no ear tells less.
_ALIKE = 1e-4
# Samples under the window of what looks at one spectrogram alone: long enough to tell
# partials apart, short enough for beats.
SINGLE_WINDOW = 1024


class Term(Protocol):
    """Something to lower.

    Attributes:
        name: of its metrics.
        weight: its share of the gradient, over the sum of all weights.
    """

    name: str
    weight: float

    def __call__(
        self, target: jax.Array, prediction: jax.Array, *, sample_rate: int
    ) -> jax.Array:
        """Maps two sounds [batch, sample] to a loss [], float32."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MelLoss:
    """Equations 4 and 5: distance of mel spectrograms over several windows.

        sum_s  |S_s(x) - S_s(y)|_1  +  sqrt(s / 2) |log S_s(x) - log S_s(y)|_2

    The norms are over the filters. Where the paper sums over frames we take the mean:
    the loss then depends neither on the crop nor on the hop. The transform is unitary,
    divided by the root of the window; then both parts grow with the window alike, which
    is what the factor of the second is for.

    Attributes:
        weight: see `Term`.
        window_lengths: s, samples; the hop is a quarter of it.
        log_offset: added to S before the logarithm, which has no value at silence. The
            default is near the rounding noise of 16 bits.
    """

    weight: float = 1.0
    window_lengths: tuple[int, ...] = (64, 128, 256, 512, 1024, 2048)
    log_offset: float = 1e-5
    name: str = dataclasses.field(default="mel", init=False)

    def __call__(
        self, target: jax.Array, prediction: jax.Array, *, sample_rate: int
    ) -> jax.Array:
        """See `Term`."""
        total = jnp.zeros((), jnp.float32)
        both = interleave(target, prediction)  # one transform for the two
        for length in self.window_lengths:
            real, fake = deinterleave(_unitary_mel(both, sample_rate, length))
            logs = jnp.log(real + self.log_offset) - jnp.log(fake + self.log_offset)
            # The root has no gradient at 0, where the two sounds are equal.
            distance = jnp.sqrt(jnp.sum(jnp.square(logs), axis=-1) + 1e-8)
            total += jnp.mean(jnp.sum(jnp.abs(real - fake), axis=-1))
            total += np.sqrt(length / 2) * jnp.mean(distance)
        return total


@dataclasses.dataclass(frozen=True, kw_only=True)
class MelChange:
    """Distance of how log-mel spectrograms change, over half a window.

        mean over frames of  |d(x) - d(y)|_2,   d = log S[t + 2 hops] - log S[t]

    The norm is over the filters. Not in the paper. Codes that are chosen anew in every
    frame flicker: levels that are near enough by themselves, but rise and fall where
    the sound stands still, and blur what rises in truth.

    Attributes:
        weight: see `Term`.
        window_length: samples; the hop is a quarter of it.
        log_offset: see `MelLoss`.
    """

    weight: float = 1.0
    window_length: int = SINGLE_WINDOW
    log_offset: float = 3e-3
    name: str = dataclasses.field(default="mel_change", init=False)

    def __call__(
        self, target: jax.Array, prediction: jax.Array, *, sample_rate: int
    ) -> jax.Array:
        """See `Term`."""
        both = interleave(target, prediction)
        _, changes = _course(both, sample_rate, self.window_length, self.log_offset)
        real, fake = deinterleave(changes)
        # The root has no gradient at 0, where both stand still.
        return jnp.mean(jnp.sqrt(jnp.sum(jnp.square(real - fake), axis=-1) + 1e-8))


@dataclasses.dataclass(frozen=True, kw_only=True)
class MelSpread:
    """Distance of how log-mel levels, and their changes, are spread over time.

        mean over filters of  W(log S(x), log S(y)) + W(d(x), d(y))

    W is the Wasserstein distance of all values that an example has in a filter, at
    whatever time, d as in `MelChange`. Not in the paper. What compares moment by moment
    is least, where codes tell too little, at the middle of what may be: too even, its
    attacks blunt.

    Attributes:
        weight: see `Term`.
        window_length: samples; the hop is a quarter of it.
        log_offset: see `MelLoss`.
    """

    weight: float = 1.0
    window_length: int = SINGLE_WINDOW
    log_offset: float = 3e-3
    name: str = dataclasses.field(default="mel_spread", init=False)

    def __call__(
        self, target: jax.Array, prediction: jax.Array, *, sample_rate: int
    ) -> jax.Array:
        """See `Term`."""
        both = interleave(target, prediction)
        course = _course(both, sample_rate, self.window_length, self.log_offset)
        total = jnp.zeros((), jnp.float32)
        for values in course:
            # Of as many values each it is the distance of the sorted ones.
            real, fake = deinterleave(jnp.sort(values, axis=1))
            total += jnp.mean(jnp.abs(real - fake))
        return total


@dataclasses.dataclass(frozen=True, kw_only=True)
class LogSpectrum:
    """Distance of log spectra that are fine enough for single partials.

        mean over frames and bins of  |log(|S(x)| + c) - log(|S(y)| + c)|

    Not in the paper. Mel filters average over what tells a note from its neighbour.
    Distances that no ear tells from none count less.

    Attributes:
        weight: see `Term`.
        window_length: samples; the hop is a quarter of it.
        highest_hz: bins above do not count.
        log_offset: c; the transform is unitary, as in `MelLoss`.
    """

    weight: float = 1.0
    window_length: int = 4096
    highest_hz: float = 5000.0
    log_offset: float = 1e-2
    name: str = dataclasses.field(default="log_spectrum", init=False)

    def __call__(
        self, target: jax.Array, prediction: jax.Array, *, sample_rate: int
    ) -> jax.Array:
        """See `Term`."""
        length = self.window_length
        spectrum = stft.stft(
            interleave(target, prediction),
            frame_length=length,
            hop_length=length // 4,
        )
        bins = int(self.highest_hz * length / sample_rate)
        power = jnp.square(jnp.abs(spectrum[..., :bins])) / length
        # The offset under the root keeps the gradient finite in silence.
        logs = jnp.log(jnp.sqrt(power + 1e-12) + self.log_offset)
        real, fake = deinterleave(logs)
        # Round at 0: of what hardly differs the sign is chance, and so would be the
        # gradient.
        return jnp.mean(jnp.sqrt(jnp.square(real - fake) + _ALIKE**2) - _ALIKE)


def commitment(embeddings: jax.Array, quantized: jax.Array) -> jax.Array:
    """Mean square distance of embeddings from their fixed quantized values.

    The paper lists no such term; see docs/deviations.md.
    """
    return jnp.mean(jnp.square(embeddings - jax.lax.stop_gradient(quantized)))


def si_sdr_db(target: jax.Array, prediction: jax.Array) -> jax.Array:
    """Scale-invariant signal-to-distortion ratio, dB, of [batch, sample] alike.

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
    config = _mel_config(sample_rate, SINGLE_WINDOW)
    real, fake = (mel.log_mel_spectrogram(x, config) for x in (target, prediction))
    return jnp.mean(jnp.abs(real - fake))


def interleave(real: jax.Array, fake: jax.Array) -> jax.Array:
    """Joins two batches, each pair as neighbours: a device keeps its own examples.

    Args:
        real: [batch, ...].
        fake: [batch, ...].

    Returns:
        [2 batch, ...].
    """
    return jnp.stack([real, fake], axis=1).reshape(-1, *real.shape[1:])


def deinterleave(both: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns the two batches that `interleave` joined."""
    pairs = both.reshape(-1, 2, *both.shape[1:])
    return pairs[:, 0], pairs[:, 1]


def _mel_config(sample_rate: int, window_length: int) -> mel.MelConfig:
    """A spectrogram of equation 4.

    A short window has fewer bins than there are filters, so that many filters hold no
    bin. Their output is the same for both sounds: they add nothing to a loss.
    """
    return mel.MelConfig(
        sample_rate=sample_rate,
        frame_length=window_length,
        hop_length=window_length // 4,
        num_mels=NUM_MELS,
        low_hz=0.0,
        high_hz=sample_rate / 2,
    )


def _unitary_mel(audio: jax.Array, sample_rate: int, window_length: int) -> jax.Array:
    """Mel spectrogram [batch, frame, mel] of a transform that keeps the energy."""
    config = _mel_config(sample_rate, window_length)
    return mel.mel_spectrogram(audio, config) / np.sqrt(window_length)


def _course(
    audio: jax.Array, sample_rate: int, window_length: int, log_offset: float
) -> tuple[jax.Array, jax.Array]:
    """Log-mel levels [batch, frame, mel], and their changes over half a window."""
    logs = jnp.log(_unitary_mel(audio, sample_rate, window_length) + log_offset)
    return logs, logs[:, 2:] - logs[:, :-2]
