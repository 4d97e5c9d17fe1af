"""Acoustic tokens and back, by a trained codec; and how batches are shared."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec

from musiclm_jax.codec import network as codec_network
from musiclm_jax.codec import streaming
from musiclm_jax.parallel import memory, sharding

Params = dict[str, Any]


@dataclasses.dataclass(frozen=True, eq=False)
class CodecTokenizer:
    """Acoustic tokens: MusicLM, section 3.1; both ways.

    Attributes:
        config: of the codec.
        params: of its encoder, decoder and codebooks.
        mesh: of the devices that share batches of sound; one device if None.
    """

    config: codec_network.CodecConfig
    params: Params
    mesh: Mesh | None = None

    @property
    def frame_rate(self) -> float:
        """Frames of codes a second, in Hz."""
        return self.config.frame_rate

    @property
    def sample_rate(self) -> int:
        """Of the sound, in Hz."""
        return self.config.sample_rate

    @functools.cached_property
    def _encode(self):
        return ByRows(functools.partial(codec_network.encode, self.config), self.mesh)

    @functools.cached_property
    def _decode(self):
        return jax.jit(functools.partial(codec_network.decode, self.config))

    @functools.cached_property
    def _decode_chunk(self):
        return jax.jit(functools.partial(streaming.decode_chunk, self.config))

    def tokenize(self, audio: np.ndarray) -> np.ndarray:
        """Returns codes [batch, frame, level] of audio [batch, sample], int32."""
        frames = -(-audio.shape[1] // self.config.hop_length)
        # Behind the sound any codec hears silence: more of it changes no code before.
        audio = _pad_time(audio, self._bucket(frames) * self.config.hop_length)
        return np.asarray(self._encode(self.params, audio))[:, :frames]

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Returns audio [batch, sample] of codes [batch, frame, level], float32."""
        frames = codes.shape[1]
        codes = _pad_time(codes, self._bucket(frames))
        audio = np.asarray(self._decode(self.params, codes))
        return audio[:, : frames * self.config.hop_length]

    def start_decode(self, batch_size: int) -> Callable[[np.ndarray], np.ndarray]:
        """Returns what decodes parts of pieces, one behind the other, as `decode`."""
        state = streaming.start_decode(self.config, batch_size=batch_size)

        def decode(codes: np.ndarray) -> np.ndarray:
            nonlocal state
            state, audio = self._decode_chunk(self.params, state, codes)
            return np.asarray(audio)

        return decode

    def _bucket(self, frames: int) -> int:
        """Rounds up to whole seconds, so that few lengths are compiled."""
        second = max(1, round(self.config.frame_rate))
        return -(-frames // second) * second


class ByRows:
    """Compiles what maps params and a batch; each device has its own of the rows.

    A batch that there is no memory for is refused before anything of it is computed.

    Attributes:
        program: what is compiled.
    """

    def __init__(
        self, function: Callable[[Params, Any], jax.Array], mesh: Mesh | None
    ) -> None:
        """Compiles nothing yet; without a mesh one device does it all."""
        one = jax.local_devices()[:1]
        self._mesh = sharding.make_mesh(devices=one) if mesh is None else mesh
        self._checked: set[tuple[int, ...]] = set()
        self.program = jax.jit(function) if mesh is None else _shared(function, mesh)

    def __call__(self, params: Params, batch: Any) -> jax.Array:
        """Returns what the function makes of a batch.

        Raises:
            ValueError: there is no memory for it.
        """
        if batch.shape not in self._checked:
            memory.check_program(
                f"a batch of {len(batch):,}",
                self.program,
                params,
                batch,
                mesh=self._mesh,
                advice="take a smaller one, or shorter pieces",
            )
            self._checked.add(batch.shape)
        return self.program(params, batch)


def _shared(function: Callable[[Params, Any], jax.Array], mesh: Mesh) -> Any:
    rows = PartitionSpec(sharding.DATA_AXIS)
    # Not left to the partitioner, which has each device transform (FFT) all of them.
    by_device = jax.shard_map(
        function,
        mesh=mesh,
        in_specs=(PartitionSpec(), rows),
        out_specs=rows,
        check_vma=False,
    )
    places = (sharding.replicated(mesh), sharding.batch_sharding(mesh))
    return jax.jit(by_device, in_shardings=places)


def _pad_time(x: np.ndarray, length: int) -> np.ndarray:
    """Puts zeros behind [batch, time, ...] up to `length`."""
    padding = [(0, 0)] * x.ndim
    padding[1] = (0, length - x.shape[1])
    return np.pad(x, padding)
