"""PANNs' CNN14: what AudioSet's labels are told from, and embeddings of whole clips.

Kong et al. (1912.10211), the network at 32 kHz. Names are those of its PyTorch state
dict, whose mel filters come with it.

    audio -> log-mel [clip, frame, mel] -> 6 blocks -> over time -> embedding -> labels
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from musiclm_jax.evaluation.published_networks import weights
from musiclm_jax.signal import stft

SAMPLE_RATE = 32_000
"""Of the sound that it takes, Hz."""

_FFT_LENGTH = 1024
_HOP_LENGTH = 320
_NUM_MELS = 64
_NUM_LABELS = 527
_WIDTHS = (64, 128, 256, 512, 1024, 2048)
_LEAST_POWER = 1e-10
_BN_EPSILON = 1e-5  # PyTorch's
_FILTERS = "logmel_extractor.melW"
_IGNORED = ("spectrogram_extractor.*", "*.num_batches_tracked")

Params = Mapping[str, jax.Array | np.ndarray]


class Heard(NamedTuple):
    """What it makes of clips: embedding [clip, dim], log-odds of labels [clip, label].

    Labels do not exclude each other.
    """

    embedding: jax.Array
    logits: jax.Array


def layout(
    widths: Sequence[int] = _WIDTHS, num_labels: int = _NUM_LABELS
) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each array by the name it was published under.

    Args:
        widths: channels of the blocks; the embedding is as wide as the last.
        num_labels: that it tells.
    """
    found = {_FILTERS: (_FFT_LENGTH // 2 + 1, _NUM_MELS)} | _norm("bn0", _NUM_MELS)
    num_in = 1
    for number, width in enumerate(widths, 1):
        block = f"conv_block{number}"
        found[f"{block}.conv1.weight"] = (width, num_in, 3, 3)
        found[f"{block}.conv2.weight"] = (width, width, 3, 3)
        found |= _norm(f"{block}.bn1", width) | _norm(f"{block}.bn2", width)
        num_in = width
    for name, size in (("fc1", num_in), ("fc_audioset", num_labels)):
        found |= {f"{name}.weight": (size, num_in), f"{name}.bias": (size,)}
    return found


def log_mel(filters: jax.Array, audio: jax.Array) -> jax.Array:
    """Returns mel powers in dB; frames are centred, and the ends mirrored.

    Args:
        filters: [bin, mel].
        audio: [clip, sample], at `SAMPLE_RATE`.

    Returns:
        [clip, frame, mel].
    """
    half = _FFT_LENGTH // 2
    mirrored = jnp.pad(audio, ((0, 0), (half, half)), mode="reflect")
    frames = stft.slide(mirrored, frame_length=_FFT_LENGTH, hop_length=_HOP_LENGTH)
    spectrum = stft.transform(frames, fft_length=_FFT_LENGTH)
    power = jnp.square(spectrum.real) + jnp.square(spectrum.imag)
    mel = jnp.einsum("ctf,fm->ctm", power, filters, precision=lax.Precision.HIGHEST)
    return 10.0 * jnp.log10(jnp.maximum(mel, _LEAST_POWER))


def network(params: Params, spectra: jax.Array) -> Heard:
    """Hears spectra [clip, frame, mel], of at least a frame of the last block."""
    heard = _normalised(params, "bn0", spectra)[..., None]
    num_blocks = sum(name.endswith(".conv1.weight") for name in params)
    for number in range(1, num_blocks + 1):
        block = f"conv_block{number}"
        for layer in "12":
            heard = _convolved(params[f"{block}.conv{layer}.weight"], heard)
            heard = jax.nn.relu(_normalised(params, f"{block}.bn{layer}", heard))
        if number < num_blocks:  # The last halves nothing.
            heard = _halved(heard)
    # [clip, frame, mel, channel] -> [clip, frame, channel]
    over_mel = heard.mean(axis=2)
    summed = over_mel.max(axis=1) + over_mel.mean(axis=1)
    embedding = jax.nn.relu(_dense(params, "fc1", summed))
    return Heard(embedding, _dense(params, "fc_audioset", embedding))


@dataclasses.dataclass(frozen=True, eq=False)
class CNN14:
    """An embedder, one vector a clip; and a classifier.

    Attributes:
        params: by the names of `layout`.
        fingerprint: of them.
    """

    params: Params
    fingerprint: str

    @property
    def name(self) -> str:
        """What scores are called by."""
        return f"CNN14 {self.fingerprint}"

    @property
    def sample_rate(self) -> int:
        """Of the sound, Hz."""
        return SAMPLE_RATE

    def embed(self, audio: np.ndarray) -> np.ndarray:
        """Returns [clip, dim] of audio [clip, sample].

        Raises:
            ValueError: the clips are too short.
        """
        return np.asarray(self._hear(audio).embedding)

    def log_probabilities(self, audio: np.ndarray) -> np.ndarray:
        """Returns those of AudioSet's labels [clip, label], in its order.

        A softmax over labels that were trained not to exclude each other, as papers
        have it where they measure KLD.

        Raises:
            ValueError: the clips are too short.
        """
        return np.asarray(jax.nn.log_softmax(self._hear(audio).logits, axis=-1))

    def _hear(self, audio: np.ndarray) -> Heard:
        least = _HOP_LENGTH << (len(_WIDTHS) - 1)
        if audio.shape[1] < least:
            raise ValueError(
                f"clips of {audio.shape[1] / SAMPLE_RATE:g} s are too short for CNN14: "
                f"it needs {least / SAMPLE_RATE:g} s"
            )
        return _hear(self.params, audio.astype(np.float32))


def load(path: Path) -> CNN14:
    """Reads the weights.

    Raises:
        OSError: there are none, or they cannot be read.
        ValueError: they are damaged, or of another network.
    """
    return CNN14(*weights.load(path, layout(), ignored=_IGNORED))


@jax.jit
def _hear(params: Params, audio: jax.Array) -> Heard:
    def one(spectrum: jax.Array) -> Heard:
        return jax.tree.map(lambda each: each[0], network(params, spectrum[None]))

    # A clip after another: all at once would take gigabytes.
    return lax.map(one, log_mel(params[_FILTERS], audio))


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    parts = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{part}": (width,) for part in parts}


def _normalised(params: Params, name: str, heard: jax.Array) -> jax.Array:
    """Batch normalisation of the last axis, as it is after training."""
    scale = params[f"{name}.weight"] * lax.rsqrt(
        params[f"{name}.running_var"] + _BN_EPSILON
    )
    shift = params[f"{name}.bias"] - params[f"{name}.running_mean"] * scale
    shape = (1,) * (heard.ndim - 1) + (-1,)
    return heard * scale.reshape(shape) + shift.reshape(shape)


def _convolved(kernel: jax.Array, heard: jax.Array) -> jax.Array:
    return lax.conv_general_dilated(
        heard,
        kernel,
        (1, 1),
        "SAME",
        dimension_numbers=("NHWC", "OIHW", "NHWC"),
        precision=lax.Precision.HIGHEST,
    )


def _halved(heard: jax.Array) -> jax.Array:
    """Means of two by two; an odd last one is left out."""
    return (
        lax.reduce_window(heard, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4
    )


def _dense(params: Params, name: str, heard: jax.Array) -> jax.Array:
    kernel = params[f"{name}.weight"]
    product = jnp.einsum("ci,oi->co", heard, kernel, precision=lax.Precision.HIGHEST)
    return product + jnp.reshape(params[f"{name}.bias"], (1, -1))
