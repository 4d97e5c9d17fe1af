"""Sound to codes and back, and text to codes, by the trained parts of a bundle.

Each tokenizer takes NumPy arrays and gives NumPy arrays; the computation is compiled
once for each shape it meets. `Tokenizers.over` shares batches among devices.
"""

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import jax
import numpy as np
from jax.sharding import Mesh

from musiclm_jax import bundle as bundle_lib
from musiclm_jax.bundle import fitting
from musiclm_jax.bundle.codec_tokenizer import ByRows, CodecTokenizer
from musiclm_jax.bundle.image_embedder import ImageEmbedder
from musiclm_jax.bundle.melody_tokenizer import MelodyTokenizer
from musiclm_jax.bundle.semantic_tokenizer import SemanticTokenizer
from musiclm_jax.data.text import vocabulary as vocabulary_lib
from musiclm_jax.mulan import embedding as mulan_embedding
from musiclm_jax.mulan import network as mulan_network
from musiclm_jax.parallel import sharding

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
class MuLanTokenizer:
    """MuLan tokens of sound or of text: MusicLM, sections 3.1 and 3.3.

    Attributes:
        config: of both towers.
        params: of the towers and the codebooks.
        vocabulary: a tokenizer of `data.text.vocabulary`, for the text tower.
        images: what looks at pictures, of models that can.
        mesh: of the devices that share batches; one device if None.
    """

    config: mulan_network.MuLanConfig
    params: Params
    vocabulary: Any
    images: ImageEmbedder | None = None
    mesh: Mesh | None = None
    frame_rate: float = 0.0

    @functools.cached_property
    def _embed_windows(self):
        return ByRows(
            functools.partial(mulan_embedding.embed_windows, self.config), self.mesh
        )

    @functools.cached_property
    def _embed_text(self):
        return ByRows(
            functools.partial(mulan_embedding.embed_text, self.config), self.mesh
        )

    def embed_windows(self, audio: np.ndarray) -> np.ndarray:
        """Returns [batch, window, embed] of audio [batch, sample]."""
        return np.asarray(self._embed_windows(self.params, audio))

    def embed_audio(self, audio: np.ndarray) -> np.ndarray:
        """Returns [batch, embed] of audio [batch, sample], of unit length."""
        return np.asarray(mulan_embedding.pool_windows(self.embed_windows(audio)))

    def embed_text(self, texts: list[str]) -> np.ndarray:
        """Returns [text, embed] of texts, of unit length.

        What is too long for the tower is heard in windows, and these are averaged, as
        those of sound are.
        """
        tower = self.config.text_tower
        windows = [
            vocabulary_lib.windows_of(self.vocabulary, text, tower.max_length)
            for text in texts
        ]
        tokens = np.concatenate(windows)
        # Rows are as many as devices share; those that fill are left.
        filled = np.pad(tokens, ((0, -len(tokens) % self._rows), (0, 0)), mode="wrap")
        each = np.asarray(self._embed_text(self.params, filled))[: len(tokens)]
        ends = np.cumsum([len(rows) for rows in windows])
        means = [part.mean(axis=0) for part in np.split(each, ends[:-1])]
        return np.asarray(mulan_embedding.unit_length(np.stack(means)))

    @property
    def _rows(self) -> int:
        return 1 if self.mesh is None else self.mesh.size

    def unheard(self, text: str) -> list[str]:
        """Returns the words of a text that the vocabulary does not know."""
        return vocabulary_lib.unknown_words(self.vocabulary, text)

    def embed_image(self, path: str | Path) -> np.ndarray:
        """Returns the place [embed] of a picture, of unit length.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it cannot be read, or the model has no eyes.
        """
        return self._eyes().embed(path)

    def check_image(self, path: str | Path) -> None:
        """Raises what `embed_image` does, without a place in the end."""
        self._eyes().read(path)

    def _eyes(self) -> ImageEmbedder:
        if self.images is None:
            raise ValueError(
                "the model has no part image_tower, which looks at pictures: musiclm "
                "train --gin_file=runs/image_tower.gin trains it"
            )
        return self.images

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
    """The kinds of tokens of a model.

    Attributes:
        codec: acoustic tokens, 50 Hz and 12 levels in the paper.
        semantic: 25 Hz and one level in the paper.
        mulan: one frame and 12 levels in the paper.
        melody: a frame in 3 s and 24 levels in the paper; None in a model without.
    """

    codec: CodecTokenizer
    semantic: SemanticTokenizer
    mulan: MuLanTokenizer
    melody: MelodyTokenizer | None = None

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
        fitted = {"semantic": semantic_params, "mulan": mulan_params}
        melody = None
        if "melody" in bundle.parts:
            melody = MelodyTokenizer(*bundle.load_part("melody"))
            fitted["melody"] = melody.params
        for part, params in fitted.items():
            if "codebooks" not in params:
                raise ValueError(
                    f"the part {part} of the model in {folder} has no codebooks: "
                    "export the run that fits them too"
                )
        vocabulary = vocabulary_lib.load_vocabulary(bundle.file(bundle_lib.VOCABULARY))
        tokenizers = cls(
            codec=CodecTokenizer(*bundle.load_part("codec")),
            semantic=SemanticTokenizer(semantic_config, semantic_params),
            mulan=MuLanTokenizer(
                mulan_config,
                mulan_params,
                vocabulary,
                images=ImageEmbedder.load(bundle, embed_dim=mulan_config.embed_dim),
            ),
            melody=melody,
        )
        bundle.check_words()
        tokenizers.check_fit({}, where=f"the model in {folder}")
        return tokenizers

    def check_fit(self, others: Mapping[str, Any], *, where: str) -> None:
        """Checks that they and other parts belong together.

        Args:
            others: name of each part -> its config.
            where: names the model in the error.

        Raises:
            ValueError: see `fitting.check_together`.
        """
        own = {name: getattr(self, name) for name in bundle_lib.TOKENIZERS}
        if self.melody is not None:
            own["melody"] = self.melody
        fitting.check_together(
            {**{name: each.config for name, each in own.items()}, **others},
            codebooks={
                name: each.params["codebooks"].shape for name, each in own.items()
            },
            vocabulary=self.mulan.vocabulary,
            where=where,
        )

    def over(self, mesh: Mesh) -> "Tokenizers":
        """Returns the same tokenizers, whole on each device of a mesh.

        Of what `tokenize` and the embeddings get, each device computes its share of the
        rows, which must divide.
        """

        def place(tokenizer: Any) -> Any:
            params = jax.device_put(tokenizer.params, sharding.replicated(mesh))
            return dataclasses.replace(tokenizer, params=params, mesh=mesh)

        return Tokenizers(
            place(self.codec),
            place(self.semantic),
            place(self.mulan),
            None if self.melody is None else place(self.melody),
        )


def _knows_a_piece(vocabulary: Any, text: str) -> bool:
    special = {
        vocabulary_lib.PAD,
        vocabulary_lib.UNKNOWN,
        vocabulary_lib.START,
        vocabulary_lib.END,
    }
    return not special.issuperset(vocabulary.encode(text).tokens)
