"""VGGish: the embeddings of AudioSet's release, on which most papers measure FAD.

Hershey et al. (1609.09430), as in tensorflow/models, research/audioset/vggish: the
embedding of 128 numbers as it leaves the network, before the PCA and the rounding that
AudioSet's own features went through.

    audio -> log-mel [frame, mel] -> examples [window, frame, mel] -> [window, dim]
"""

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from musiclm_jax.evaluation.published_networks import weights
from musiclm_jax.signal import stft
from musiclm_jax.signal.mel import MelConfig, mel_filterbank

MEL = MelConfig(
    sample_rate=16_000,
    frame_length=400,
    hop_length=160,
    num_mels=64,
    low_hz=125.0,
    high_hz=7500.0,
)
_LOG_OFFSET = 0.01
_EXAMPLE_FRAMES = 96
_POOL = "pool"
_CONVOLUTIONS = {
    "conv1": 64,
    "pool1": _POOL,
    "conv2": 128,
    "pool2": _POOL,
    "conv3/conv3_1": 256,
    "conv3/conv3_2": 256,
    "pool3": _POOL,
    "conv4/conv4_1": 512,
    "conv4/conv4_2": 512,
    "pool4": _POOL,
}
_DENSE = {"fc1/fc1_1": 4096, "fc1/fc1_2": 4096, "fc2": 128}
# What training leaves beside the network.
_IGNORED = ("global_step", "save_counter*", "*/Adam", "*/Adam_1", "beta?_power")

Params = Mapping[str, jax.Array | np.ndarray]


def layout() -> dict[str, tuple[int, ...]]:
    """Returns the shape of each tensor by the name it was published under."""
    found, num_in, pools = {}, 1, 0
    for name, size in _CONVOLUTIONS.items():
        if size == _POOL:
            pools += 1
            continue
        found |= _layer(name, (3, 3, num_in, size))
        num_in = size
    num_in *= (_EXAMPLE_FRAMES >> pools) * (MEL.num_mels >> pools)
    for name, size in _DENSE.items():
        found |= _layer(name, (num_in, size))
        num_in = size
    return found


def examples(audio: jax.Array) -> jax.Array:
    """Returns log-mel spectra of windows that follow each other; a rest is left out.

    Args:
        audio: [clip, sample], at the rate of `MEL`, at least a window.

    Returns:
        [clip, window, frame, mel].
    """
    frames = stft.slide(audio, frame_length=MEL.frame_length, hop_length=MEL.hop_length)
    spectrum = jnp.abs(stft.transform(frames, fft_length=MEL.fft_length))
    mel = jnp.einsum("ctf,fm->ctm", spectrum, mel_filterbank(MEL))
    num = mel.shape[1] // _EXAMPLE_FRAMES
    whole = jnp.log(mel + _LOG_OFFSET)[:, : num * _EXAMPLE_FRAMES]
    return whole.reshape(len(audio), num, _EXAMPLE_FRAMES, MEL.num_mels)


def network(params: Params, spectra: jax.Array) -> jax.Array:
    """Maps examples to embeddings.

    Args:
        params: by the names of `layout`; the widths are theirs.
        spectra: [window, frame, mel].

    Returns:
        [window, dim].
    """
    heard = spectra[..., None]
    for name, size in _CONVOLUTIONS.items():
        if size == _POOL:
            heard = lax.reduce_window(
                heard, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME"
            )
        else:
            kernel, bias = _of(params, name, heard.ndim)
            heard = jax.nn.relu(
                lax.conv_general_dilated(
                    heard,
                    kernel,
                    (1, 1),
                    "SAME",
                    dimension_numbers=("NHWC", "HWIO", "NHWC"),
                    precision=lax.Precision.HIGHEST,
                )
                + bias
            )
    heard = heard.reshape(len(heard), -1)  # [window, time, mel, channel] -> one axis
    for name in _DENSE:
        kernel, bias = _of(params, name, heard.ndim)
        heard = jnp.dot(heard, kernel, precision=lax.Precision.HIGHEST) + bias
        if name != "fc2":
            heard = jax.nn.relu(heard)
    return heard


@dataclasses.dataclass(frozen=True, eq=False)
class VGGish:
    """An embedder, one vector for each window of a clip.

    Attributes:
        params: by the names of `layout`.
        fingerprint: of them.
    """

    params: Params
    fingerprint: str

    @property
    def name(self) -> str:
        """What scores are called by."""
        return f"VGGish {self.fingerprint}"

    @property
    def sample_rate(self) -> int:
        """Of the sound, Hz."""
        return MEL.sample_rate

    def embed(self, audio: np.ndarray) -> np.ndarray:
        """Returns [clip, window, dim] of audio [clip, sample].

        Raises:
            ValueError: the clips are shorter than a window.
        """
        least = MEL.frame_length + (_EXAMPLE_FRAMES - 1) * MEL.hop_length
        if audio.shape[1] < least:
            raise ValueError(
                f"clips of {audio.shape[1] / MEL.sample_rate:g} s are too short for "
                f"VGGish: it hears {least / MEL.sample_rate:g} s at once"
            )
        return np.asarray(_embed(self.params, audio.astype(np.float32)))


def load(path: Path) -> VGGish:
    """Reads the weights.

    Raises:
        OSError: there are none, or they cannot be read.
        ValueError: they are damaged, or of another network.
    """
    return VGGish(*weights.load(path, layout(), ignored=_IGNORED))


@jax.jit
def _embed(params: Params, audio: jax.Array) -> jax.Array:
    # A clip after another: all at once would take gigabytes.
    return lax.map(functools.partial(network, params), examples(audio))


def _layer(name: str, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    return {f"vggish/{name}/weights": shape, f"vggish/{name}/biases": shape[-1:]}


def _of(params: Params, name: str, ndim: int) -> tuple[jax.Array, jax.Array]:
    bias = jnp.asarray(params[f"vggish/{name}/biases"])
    return params[f"vggish/{name}/weights"], bias.reshape((1,) * (ndim - 1) + (-1,))
