"""Tokenised clips on disk: what the token transformers are trained on.

MusicLM, section 3.2: the tokenizers are frozen, so their tokens are computed once.

    metadata.json                       what all records share
    train-00003-of-00010.array_record   one shard of a split; whole, or not there

A split can be read once all its shards are there; nothing else says so. A record is a
safetensors blob. Records keep one MuLan embedding for each window and not its tokens,
so the conditioning of any crop is exact: mean of its windows, then RVQ.
"""

import contextlib
import dataclasses
import json
import math
import os
import pathlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from musiclm_jax.data.records import record_files
from musiclm_jax.data.records.token_shards import ShardName, missing_shards, shards_of
from musiclm_jax.files import whole_files

FORMAT = 3
_METADATA = "metadata.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TokenMetadata:
    """What all records of a folder share.

    Attributes:
        semantic_frame_rate: semantic tokens in a second.
        acoustic_frame_rate: acoustic frames in a second.
        window_seconds: length of the audio that one MuLan embedding hears.
        stride_seconds: time from one window's start to the next one's.
        tokenizers: hash of the tokenizers that made the tokens.
        dataset: of which the clips are, with configuration and version.
        piece_seconds: length of the pieces that longer clips were cut into.
        melody: hash of the melody part that made melody codes; empty where there are
            none.
        melody_stride_seconds: time from one window of the melody codes to the next.
        made_of: hash of what that data set was made of; records of before do not say.
    """

    semantic_frame_rate: int
    acoustic_frame_rate: int
    window_seconds: float
    stride_seconds: float
    tokenizers: str
    dataset: str
    piece_seconds: int
    melody: str = ""
    melody_stride_seconds: float = 0.0
    made_of: str = ""

    @property
    def common_rate(self) -> int:
        """How many times a second frames of all streams start together."""
        return math.gcd(self.semantic_frame_rate, self.acoustic_frame_rate)


@dataclasses.dataclass(frozen=True)
class TokenRecord:
    """One tokenised clip.

    Attributes:
        mulan: [window, dim] float32, one audio embedding for each window of the clip.
        caption_mulan: [caption, dim] float32, one text embedding for each caption.
        semantic: [time] integers.
        acoustic: [time, level] integers.
        fields: what else is known of the clip: name, captions, attributes.
        melody: [window, level] integers; None where nothing makes them.
    """

    mulan: np.ndarray
    caption_mulan: np.ndarray
    semantic: np.ndarray
    acoustic: np.ndarray
    fields: dict[str, Any]
    melody: np.ndarray | None = None

    def seconds(self, metadata: TokenMetadata) -> float:
        """Returns how long the clip lasts in every one of its streams."""
        return min(
            len(self.semantic) / metadata.semantic_frame_rate,
            len(self.acoustic) / metadata.acoustic_frame_rate,
        )

    def to_bytes(self) -> bytes:
        """Serialises, with codes as 16-bit integers."""
        fields = json.dumps(self.fields, ensure_ascii=False).encode()
        arrays = {
            "mulan": np.asarray(self.mulan, np.float32),
            "caption_mulan": np.asarray(self.caption_mulan, np.float32),
            "semantic": _to_int16(self.semantic),
            "acoustic": _to_int16(self.acoustic),
            "fields": np.frombuffer(fields, np.uint8),
        }
        if self.melody is not None:
            arrays["melody"] = _to_int16(self.melody)
        # safetensors writes memory as it lies, so views must be copied first.
        return safetensors.numpy.save(
            {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "TokenRecord":
        """Reads what `to_bytes` wrote; codes come back as int32."""
        arrays = safetensors.numpy.load(data)
        return cls(
            mulan=arrays["mulan"],
            caption_mulan=arrays["caption_mulan"],
            semantic=arrays["semantic"].astype(np.int32),
            acoustic=arrays["acoustic"].astype(np.int32),
            fields=json.loads(arrays["fields"].tobytes()),
            melody=arrays["melody"].astype(np.int32) if "melody" in arrays else None,
        )


def read_metadata(folder: str | os.PathLike) -> TokenMetadata:
    """Reads what all records of a folder share.

    Raises:
        FileNotFoundError: the folder holds no token records.
        ValueError: it does, but of another format.
    """
    path = pathlib.Path(folder) / _METADATA
    if not path.exists():
        raise FileNotFoundError(
            f"{folder} holds no token records; write them with `musiclm tokenize`"
        )
    with contextlib.suppress(json.JSONDecodeError, TypeError):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and content.pop("format", None) == FORMAT:
            return TokenMetadata(**content)
    raise ValueError(
        f"{path} is not the metadata of token records of format {FORMAT}; tokenize the "
        "audio into another folder"
    )


def claim(folder: str | os.PathLike, metadata: TokenMetadata) -> None:
    """Makes a folder one for records that share this, unless it is one already.

    Raises:
        ValueError: it is one for other records.
    """
    folder = pathlib.Path(folder)
    whole_files.make_folder(folder)
    ours = dataclasses.asdict(metadata)
    if not (folder / _METADATA).exists():
        content = json.dumps({"format": FORMAT, **ours}, indent=1)
        whole_files.write(folder / _METADATA, content.encode())
    theirs = dataclasses.asdict(read_metadata(folder))
    differences = [
        f"{name} {theirs[name]!r}, not {ours[name]!r}"
        for name in ours
        if theirs[name] != ours[name] and name != "made_of"
    ]
    if not differences and theirs["made_of"] != ours["made_of"]:
        raise ValueError(
            f"{folder} holds token records of {metadata.dataset} as it was; since then "
            "the set was made of other recordings, or anew: write to another folder, "
            "or delete this one first"
        )
    if differences:
        raise ValueError(
            f"{folder} holds token records with {'; '.join(differences)}: write to "
            "another folder, or delete this one first"
        )


def write_shard(
    folder: str | os.PathLike,
    name: ShardName,
    *,
    records: Iterable[TokenRecord],
    metadata: TokenMetadata,
) -> None:
    """Writes one shard, which appears whole; one that is there is replaced.

    Args:
        folder: of all shards.
        name: of this one.
        records: all that it holds; may be none.
        metadata: what they share with all others of the folder.

    Raises:
        ValueError: the folder holds other records.
        OSError: the disk is full.
    """
    claim(folder, metadata)
    serialised = (record.to_bytes() for record in records)
    record_files.write_records(name.path(folder), serialised, is_compressed=True)


class TokenRecordSource:
    """Random access to the records of one split.

    Attributes:
        metadata: what all its records share.
    """

    def __init__(
        self, folder: str | os.PathLike, split: str, *, tokenizers: str | None = None
    ):
        """Opens a split.

        Args:
            folder: of token records.
            split: name of the split.
            tokenizers: hash that the folder must have been written with, if any.

        Raises:
            FileNotFoundError: there is no such folder or split, or not all of it.
            ValueError: the tokens are of other tokenizers.
        """
        self.metadata = read_metadata(folder)
        if tokenizers is not None and tokenizers != self.metadata.tokenizers:
            raise ValueError(
                f"the tokens in {folder} were made by tokenizers "
                f"{self.metadata.tokenizers[:12]}, not by {tokenizers[:12]}; tokenize "
                "the audio again"
            )
        missing = missing_shards(folder, split)
        shards = shards_of(folder, split)
        if missing:
            raise FileNotFoundError(
                f"split {split!r} in {folder} has {len(shards) - len(missing)} of its "
                f"{len(shards)} shards yet; `musiclm tokenize` goes on with it"
            )
        self._records = record_files.Records(s.path(folder) for s in shards)

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: int) -> TokenRecord:
        data = self._records[int(index)]
        with record_files.naming_damage(self._records.path_of(int(index))):
            return TokenRecord.from_bytes(data)

    def __repr__(self) -> str:
        return f"TokenRecordSource({len(self)} records)"


def _to_int16(codes: np.ndarray) -> np.ndarray:
    codes = np.asarray(codes)
    if codes.size and not 0 <= codes.min() <= codes.max() <= np.iinfo(np.int16).max:
        raise ValueError(
            f"codes must lie in 0..{np.iinfo(np.int16).max}, these reach from "
            f"{codes.min()} to {codes.max()}"
        )
    return codes.astype(np.int16)
