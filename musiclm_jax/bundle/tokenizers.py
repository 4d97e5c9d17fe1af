"""Sound to codes and back, and text to codes, by the trained parts of a bundle.

Each tokenizer takes NumPy arrays and gives NumPy arrays; the computation is compiled
once for each shape it meets. `Tokenizers.over` shares batches among devices.
"""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec

from musiclm_jax import bundle as bundle_lib
from musiclm_jax.codec import network as codec_network
from musiclm_jax.codec import streaming
from musiclm_jax.data.text import vocabulary as vocabulary_lib
from musiclm_jax.mulan import embedding as mulan_embedding
from musiclm_jax.mulan import network as mulan_network
from musiclm_jax.parallel import sharding
from musiclm_jax.semantic import centroids, windows

Params = dict[str, Any]

# Characters of a prompt that an error quotes.
_SHOWN = 60


class AudioTokenizer(Protocol):
    """Turns sound into integers.

    Attributes:
        frame_rate: codes a second and level, in Hz; zero where one frame stands for the
            whole sound.
    """

    frame_rate: float

    def tokenize(self, audio: np.ndarray) -> np.ndarray:
        """Returns codes [batch, time, level] of audio [batch, sample]."""
        ...


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
        return _by_rows(functools.partial(codec_network.encode, self.config), self.mesh)

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


@dataclasses.dataclass(frozen=True, eq=False)
class SemanticTokenizer:
    """Semantic tokens: MusicLM, section 3.1; by windows, see `semantic.windows`.

    Attributes:
        config: of the features.
        params: of the features and their centroids.
        mesh: of the devices that share batches; one device if None.
    """

    config: centroids.SemanticFeatures
    params: Params
    mesh: Mesh | None = None

    @property
    def frame_rate(self) -> float:
        """Codes a second, in Hz."""
        return self.config.frame_rate

    @functools.cached_property
    def _tokenize(self):
        return _by_rows(functools.partial(centroids.tokenize, self.config), self.mesh)

    def tokenize(self, audio: np.ndarray) -> np.ndarray:
        """Returns codes [batch, time, 1] of audio [batch, sample], int32."""
        hear = functools.partial(self._tokenize, self.params)
        return windows.codes_of(hear, self.config, audio)


@dataclasses.dataclass(frozen=True, eq=False)
class MuLanTokenizer:
    """MuLan tokens of sound or of text: MusicLM, sections 3.1 and 3.3.

    Attributes:
        config: of both towers.
        params: of the towers and the codebooks.
        vocabulary: a tokenizer of `data.text.vocabulary`, for the text tower.
        mesh: of the devices that share batches; one device if None.
    """

    config: mulan_network.MuLanConfig
    params: Params
    vocabulary: Any
    mesh: Mesh | None = None
    frame_rate: float = 0.0

    @functools.cached_property
    def _embed_windows(self):
        return _by_rows(
            functools.partial(mulan_embedding.embed_windows, self.config), self.mesh
        )

    @functools.cached_property
    def _embed_text(self):
        return _by_rows(
            functools.partial(mulan_embedding.embed_text, self.config), self.mesh
        )

    def embed_windows(self, audio: np.ndarray) -> np.ndarray:
        """Returns [batch, window, embed] of audio [batch, sample]."""
        return np.asarray(self._embed_windows(self.params, audio))

    def embed_audio(self, audio: np.ndarray) -> np.ndarray:
        """Returns [batch, embed] of audio [batch, sample], of unit length."""
        return np.asarray(mulan_embedding.pool_windows(self.embed_windows(audio)))

    def embed_text(self, texts: list[str]) -> np.ndarray:
        """Returns [text, embed] of texts, of unit length."""
        tokens = vocabulary_lib.encode_texts(
            self.vocabulary, texts, self.config.text_tower.max_length
        )
        return np.asarray(self._embed_text(self.params, tokens))

    def quantize(self, embedding: np.ndarray) -> np.ndarray:
        """Returns codes [batch, 1, level] of embeddings [batch, embed]."""
        return np.asarray(mulan_embedding.quantize(self.params, embedding))

    def dequantize(self, codes: np.ndarray) -> np.ndarray:
        """Returns the embeddings [batch, embed] that codes [batch, 1, level] mean."""
        return np.asarray(mulan_embedding.dequantize(self.params, codes))

    def tokenize(self, audio: np.ndarray) -> np.ndarray:
        """Returns codes [batch, 1, level] of audio [batch, sample], int32."""
        return self.quantize(self.embed_audio(audio))

    def check_text(self, text: str) -> None:
        """Raises ValueError for a prompt of which the vocabulary knows nothing."""
        if not _knows_a_piece(self.vocabulary, text):
            raise ValueError(
                f"the model knows no word of the prompt {text[:_SHOWN]!r}; it reads "
                "the language of the captions that it was trained on"
            )

    def text_codes(self, texts: list[str]) -> np.ndarray:
        """Returns codes [text, 1, level] of prompts, int32.

        Raises:
            ValueError: a prompt of which the vocabulary knows nothing at all.
        """
        for text in texts:
            self.check_text(text)
        return self.quantize(self.embed_text(texts))


@dataclasses.dataclass(frozen=True, eq=False)
class Tokenizers:
    """The three kinds of tokens of a model.

    Attributes:
        codec: acoustic tokens, 50 Hz and 12 levels in the paper.
        semantic: 25 Hz and one level in the paper.
        mulan: one frame and 12 levels in the paper.
    """

    codec: CodecTokenizer
    semantic: SemanticTokenizer
    mulan: MuLanTokenizer

    @classmethod
    def load(cls, folder: str | Path) -> "Tokenizers":
        """Builds the tokenizers of the bundle in `folder`.

        Raises:
            FileNotFoundError: there is no bundle, or a file of it is missing.
            ValueError: a part is missing or damaged, or was exported without the
                codebooks that are fitted to it.
        """
        bundle = bundle_lib.Bundle.load(folder)
        semantic_config, semantic_params = bundle.load_part("semantic")
        mulan_config, mulan_params = bundle.load_part("mulan")
        for part, params in (("semantic", semantic_params), ("mulan", mulan_params)):
            if "codebooks" not in params:
                raise ValueError(
                    f"the part {part} of the model in {folder} has no codebooks: "
                    "export the run that fits them too"
                )
        return cls(
            codec=CodecTokenizer(*bundle.load_part("codec")),
            semantic=SemanticTokenizer(semantic_config, semantic_params),
            mulan=MuLanTokenizer(
                mulan_config,
                mulan_params,
                vocabulary_lib.load_vocabulary(bundle.file(bundle_lib.VOCABULARY)),
            ),
        )

    def over(self, mesh: Mesh) -> "Tokenizers":
        """Returns the same tokenizers, whole on each device of a mesh.

        Of what `tokenize` and the embeddings get, each device computes its share of the
        rows, which must divide.
        """

        def place(tokenizer: Any) -> Any:
            params = jax.device_put(tokenizer.params, sharding.replicated(mesh))
            return dataclasses.replace(tokenizer, params=params, mesh=mesh)

        return Tokenizers(place(self.codec), place(self.semantic), place(self.mulan))


def _by_rows(function: Callable[[Params, Any], jax.Array], mesh: Mesh | None) -> Any:
    """Compiles what maps params and a batch; each device has its own of the rows."""
    if mesh is None:
        return jax.jit(function)
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


def _knows_a_piece(vocabulary: Any, text: str) -> bool:
    special = {
        vocabulary_lib.PAD,
        vocabulary_lib.UNKNOWN,
        vocabulary_lib.START,
        vocabulary_lib.END,
    }
    return not special.issuperset(vocabulary.encode(text).tokens)


def _pad_time(x: np.ndarray, length: int) -> np.ndarray:
    """Puts zeros behind [batch, time, ...] up to `length`."""
    padding = [(0, 0)] * x.ndim
    padding[1] = (0, length - x.shape[1])
    return np.pad(x, padding)
