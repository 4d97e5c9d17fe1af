"""A model that may be unfinished: what of it is there can be measured."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from musiclm_jax.bundle import VOCABULARY, Bundle
from musiclm_jax.bundle.semantic_tokenizer import SemanticTokenizer
from musiclm_jax.bundle.tokenizers import (
    CodecTokenizer,
    MuLanTokenizer,
)
from musiclm_jax.data.text.vocabulary import load_vocabulary
from musiclm_jax.generation.pipeline import MusicLM


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of a bundle that are there; the others are None.

    Attributes:
        codec: both ways.
        semantic: with its centroids.
        mulan: with its quantizer.
        model: all of it, ready to sample.
        missing: a sentence for each part that is not there.
    """

    codec: CodecTokenizer | None
    semantic: SemanticTokenizer | None
    mulan: MuLanTokenizer | None
    model: MusicLM | None
    missing: tuple[str, ...]

    @classmethod
    def load(cls, folder: str | Path) -> "Parts":
        """Loads what there is.

        Raises:
            FileNotFoundError: there is no bundle, or one of its files is missing.
            ValueError: a part is damaged.
        """
        bundle = Bundle.load(folder)
        missing = tuple(_missing(bundle))
        if not missing:
            model = MusicLM.load(folder)
            tokenizers = model.tokenizers
            return cls(
                codec=tokenizers.codec,
                semantic=tokenizers.semantic,
                mulan=tokenizers.mulan,
                model=model,
                missing=(),
            )
        lacking = {sentence.partition(":")[0] for sentence in missing}

        def part(name: str) -> tuple | None:
            return None if name in lacking else bundle.load_part(name)

        codec, semantic, mulan = (part(name) for name in ("codec", "semantic", "mulan"))
        return cls(
            codec=codec and CodecTokenizer(*codec),
            semantic=semantic and SemanticTokenizer(*semantic),
            mulan=mulan
            and MuLanTokenizer(*mulan, load_vocabulary(bundle.file(VOCABULARY))),
            model=None,
            missing=missing,
        )


def _missing(bundle: Bundle) -> Iterator[str]:
    """Yields "part: what is not there" of each part that cannot be measured."""
    if "codec" not in bundle.parts:
        yield "codec: not in the bundle"
    for part, fitted in (("semantic", "centroids"), ("mulan", "quantizer")):
        if part not in bundle.parts:
            yield f"{part}: not in the bundle"
        elif "codebooks" not in bundle.load_part(part)[1]:
            yield f"{part}: its {fitted} are not fitted yet"
    for *parts, said in (
        ("semantic_stage", "semantic_stage"),
        ("coarse_stage", "soundstorm", "coarse_stage or soundstorm"),
    ):
        if parts == ["semantic_stage"] and not _reads_semantic(bundle):
            continue
        if bundle.parts.keys().isdisjoint(parts):
            yield f"{said}: not in the bundle, so nothing is generated"


def _reads_semantic(bundle: Bundle) -> bool:
    """Whether what writes acoustic tokens reads semantic ones, if it is there yet."""
    if "coarse_stage" not in bundle.parts or "soundstorm" in bundle.parts:
        return True
    return bundle.config("coarse_stage").stage.reads("semantic")
