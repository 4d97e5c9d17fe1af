"""Clips as tokens, as the stages see them in training: of records, or of sound."""

import dataclasses
import math
import os

import numpy as np

from musiclm_jax.bundle.tokenizers import MuLanTokenizer, Tokenizers
from musiclm_jax.data.feeding.crops import stretch_of
from musiclm_jax.data.records.token_records import (
    TokenMetadata,
    TokenRecord,
    TokenRecordSource,
)
from musiclm_jax.evaluation.batches import in_batches
from musiclm_jax.tokens import TokenSpec

# Of times, in frames.
_ROUNDING = 1e-6


@dataclasses.dataclass(frozen=True, eq=False)
class TokenClips:
    """Some clips.

    Attributes:
        records: one a clip, at least one.
        metadata: what they share.
        mulan: quantizes what they keep of MuLan.
    """

    records: tuple[TokenRecord, ...]
    metadata: TokenMetadata
    mulan: MuLanTokenizer

    @classmethod
    def draw(
        cls,
        folder: str | os.PathLike,
        split: str,
        mulan: MuLanTokenizer,
        *,
        tokenizers: str,
        num: int,
        seed: int,
        seconds: float = 0.0,
    ) -> "TokenClips":
        """Draws clips of a split of token records.

        Args:
            folder: of the records.
            split: of them.
            mulan: of the model.
            tokenizers: hash of the model's, which must have made the records.
            num: clips, or all if there are fewer.
            seed: of the choice.
            seconds: that each lasts at least.

        Raises:
            FileNotFoundError: there is no such folder or split, or not all of it.
            ValueError: the tokens are of other tokenizers, or none is so long.
        """
        source = TokenRecordSource(folder, split, tokenizers=tokenizers)
        records = []
        for place in np.random.default_rng(seed).permutation(len(source)):
            record = source[place]
            if record.seconds(source.metadata) >= seconds:
                records.append(record)
            if len(records) == num:
                break
        if not records:
            raise ValueError(
                f"split {split!r} in {folder} has no clip of {seconds:g} s or more"
            )
        return cls(tuple(records), source.metadata, mulan)

    @classmethod
    def of_audio(
        cls, tokenizers: Tokenizers, audio: np.ndarray, *, batch: int
    ) -> "TokenClips":
        """Makes them of audio [clip, sample], so many clips at once."""
        mulan, semantic, codec = tokenizers.mulan, tokenizers.semantic, tokenizers.codec
        windows = in_batches(mulan.embed_windows, audio, batch)
        codes = in_batches(semantic.tokenize, audio, batch)[:, :, 0]
        acoustic = in_batches(codec.tokenize, audio, batch)
        tunes, stride = [None] * len(audio), 0.0
        if tokenizers.melody is not None:
            tunes = in_batches(tokenizers.melody.tokenize_windows, audio, batch)
            stride = tokenizers.melody.config.stride_seconds
        seconds = audio.shape[1] / codec.sample_rate
        metadata = TokenMetadata(
            semantic_frame_rate=round(semantic.frame_rate),
            acoustic_frame_rate=round(codec.frame_rate),
            window_seconds=mulan.config.window_seconds,
            stride_seconds=mulan.config.stride_seconds,
            tokenizers="",
            dataset="",
            piece_seconds=round(seconds),
            melody_stride_seconds=stride,
        )
        no_captions = np.zeros((0, windows.shape[-1]), np.float32)
        kept = round(seconds * metadata.semantic_frame_rate)
        records = [
            TokenRecord(each, no_captions, code[:kept], sound, {}, tune)
            for each, code, sound, tune in zip(
                windows, codes, acoustic, tunes, strict=True
            )
        ]
        return cls(tuple(records), metadata, mulan)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def seconds(self) -> float:
        """How long the shortest lasts, in frames that all streams have in common."""
        shortest = min(record.seconds(self.metadata) for record in self.records)
        rate = self.metadata.common_rate
        return math.floor(shortest * rate + _ROUNDING) / rate

    def codes(
        self, seconds: float, melody: TokenSpec | None = None
    ) -> dict[str, np.ndarray]:
        """Returns the beginning of each, as a batch of a training has it.

        Args:
            seconds: whole frames of all streams, no longer than the shortest clip.
            melody: frames of the melody, where it is asked for.

        Returns:
            Codes [clip, time, level] by kind.

        Raises:
            ValueError: clips without melody codes, or shorter ones.
        """
        if seconds > self.seconds:
            raise ValueError(
                f"the shortest clip lasts {self.seconds:g} s: {seconds:g} s of it "
                "cannot be taken"
            )
        if melody is not None and any(r.melody is None for r in self.records):
            raise ValueError(
                "the clips have no melody codes: tokenize them by a bundle that has "
                "the part melody"
            )
        parts = [
            stretch_of(record, self.metadata, 0.0, seconds, melody=melody)
            for record in self.records
        ]
        stacked = {name: np.stack([p[name] for p in parts]) for name in parts[0]}
        return stacked | {"mulan": self.mulan.quantize(stacked["mulan"])}
