"""Tokenised clips on disk: what the token transformers are trained on.

MusicLM, section 3.2: the tokenizers are frozen, so their tokens are computed once. A
folder holds `metadata.json` and, for each split, array_record shards in which a record
is a safetensors blob. Records keep one MuLan embedding for each window and not its
tokens, so the conditioning of any crop is exact: mean of its windows, then RVQ.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from array_record.python import array_record_module
from array_record.python.array_record_data_source import ArrayRecordDataSource

FORMAT = 1
RECORDS_PER_SHARD = 1000


@dataclasses.dataclass(frozen=True, kw_only=True)
class TokenMetadata:
    """What all records of a folder share.

    Attributes:
        semantic_frame_rate: semantic tokens in a second.
        acoustic_frame_rate: acoustic frames in a second.
        window_seconds: length of the audio that one MuLan embedding hears.
        stride_seconds: time from one window's start to the next one's.
        tokenizers: hash of the tokenizers that made the tokens.
    """

    semantic_frame_rate: int
    acoustic_frame_rate: int
    window_seconds: float
    stride_seconds: float
    tokenizers: str


@dataclasses.dataclass(frozen=True)
class TokenRecord:
    """One tokenised clip.

    Attributes:
        mulan: [window, dim] float32, one audio embedding for each window of the clip.
        caption_mulan: [caption, dim] float32, one text embedding for each caption.
        semantic: [time] integers.
        acoustic: [time, level] integers.
        fields: what else is known of the clip: name, captions, attributes.
    """

    mulan: np.ndarray
    caption_mulan: np.ndarray
    semantic: np.ndarray
    acoustic: np.ndarray
    fields: dict[str, Any]

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
        )


def read_metadata(folder: str | os.PathLike) -> TokenMetadata:
    """Reads what all records of a folder share.

    Raises:
        FileNotFoundError: the folder holds no token records.
        ValueError: it does, but of another format.
    """
    return TokenMetadata(**_read_json(pathlib.Path(folder))["shared"])


def write_token_records(
    folder: str | os.PathLike,
    split: str,
    *,
    records: Iterable[TokenRecord],
    metadata: TokenMetadata,
) -> int:
    """Writes one split; an earlier split of that name is replaced.

    A shard appears whole, and the split counts as there once all its shards are.

    Returns:
        The number of records written.

    Raises:
        ValueError: the folder holds records of other tokenizers, or there are none.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shared = dataclasses.asdict(metadata)
    index = {"format": FORMAT, "shared": shared, "splits": {}}
    if (folder / "metadata.json").exists():
        index = _read_json(folder)
        if index["shared"] != shared:
            raise ValueError(
                f"{folder} holds tokens of other tokenizers ({index['shared']}); "
                "write to another folder, or delete this one first"
            )
    index["splits"].pop(split, None)
    _write_json(folder, index)
    for path in folder.glob(f"{split}-*.array_record*"):
        path.unlink()
    shards = [
        _write_shard(folder, split, shard) for shard in enumerate(_group(records))
    ]
    if not shards:
        raise ValueError(f"there is no clip to write to split {split!r} of {folder}")
    index["splits"][split] = {"num_records": sum(shards), "num_shards": len(shards)}
    _write_json(folder, index)
    return sum(shards)


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
            folder: what `write_token_records` wrote.
            split: name of the split.
            tokenizers: hash that the folder must have been written with, if any.

        Raises:
            FileNotFoundError: there is no such folder, split or shard.
            ValueError: the tokens are of other tokenizers.
        """
        folder = pathlib.Path(folder)
        self.metadata = read_metadata(folder)
        splits = _read_json(folder)["splits"]
        if tokenizers is not None and tokenizers != self.metadata.tokenizers:
            raise ValueError(
                f"the tokens in {folder} were made by tokenizers "
                f"{self.metadata.tokenizers[:12]}, not by {tokenizers[:12]}; tokenize "
                "the audio again"
            )
        if split not in splits:
            there = ", ".join(sorted(splits)) or "none that is complete"
            raise FileNotFoundError(f"{folder} has no split {split!r}; it has: {there}")
        paths = [
            _shard_path(folder, split, shard)
            for shard in range(splits[split]["num_shards"])
        ]
        for path in paths:
            if not path.exists():
                raise FileNotFoundError(f"{path} is missing; tokenize the audio again")
        self._records = ArrayRecordDataSource([str(path) for path in paths])

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: int) -> TokenRecord:
        if not 0 <= index < len(self):
            raise IndexError(f"record {index} of {len(self)}")
        return TokenRecord.from_bytes(self._records[int(index)])

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


def _shard_path(folder: pathlib.Path, split: str, shard: int) -> pathlib.Path:
    return folder / f"{split}-{shard:05d}.array_record"


def _group(records: Iterable[TokenRecord]) -> Iterator[list[TokenRecord]]:
    group = []
    for record in records:
        group.append(record)
        if len(group) == RECORDS_PER_SHARD:
            yield group
            group = []
    if group:
        yield group


def _write_shard(
    folder: pathlib.Path, split: str, shard: tuple[int, list[TokenRecord]]
) -> int:
    """Writes one shard under another name first; returns how many records it has."""
    index, records = shard
    path = _shard_path(folder, split, index)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        # One record a group: records are read at random.
        writer = array_record_module.ArrayRecordWriter(str(temporary), "group_size:1")
        for record in records:
            writer.write(record.to_bytes())
        writer.close()
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return len(records)


def _read_json(folder: pathlib.Path) -> dict[str, Any]:
    path = folder / "metadata.json"
    if not path.exists():
        raise FileNotFoundError(
            f"{folder} holds no token records; write them with `musiclm tokenize`"
        )
    with contextlib.suppress(json.JSONDecodeError):
        index = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(index, dict) and index.get("format") == FORMAT:
            return index
    raise ValueError(f"{path} is not the metadata of token records of format {FORMAT}")


def _write_json(folder: pathlib.Path, index: dict[str, Any]) -> None:
    temporary = folder / f"metadata.json.{os.getpid()}.tmp"
    try:
        temporary.write_text(json.dumps(index, indent=1), encoding="utf-8")
        os.replace(temporary, folder / "metadata.json")
    finally:
        temporary.unlink(missing_ok=True)
