"""All semantic tokens of a training set in one file, to look in for what is alike.

    index.safetensors    codes [token], ends [clip], facts (JSON), near [clip]

The file says which semantic tokenizer made its tokens: those of another one mean
something else.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from musiclm_jax.bundle import Bundle
from musiclm_jax.bundle.fitting import seal
from musiclm_jax.data.records.token_records import TokenRecord
from musiclm_jax.files import whole_files

FORMAT = 1
SUFFIX = ".safetensors"

_PART = "semantic"
_SHOWN = 12

_TENSORS = ("codes", "ends", "facts", "near")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class TokenIndex:
    """The tokens of a training set.

    Attributes:
        codes: [token] int32, of all clips, one behind the other.
        ends: [clip] int64, where each ends in `codes`.
        clips: name of each clip, and where it begins in its recording, in seconds.
        near: [pair] float64, sorted: how near clips of the set lie to another
            recording's, see `nearness.near_each_other`; empty before that is known.
        frame_rate: tokens a second.
        tokenizer: fingerprint of what made the tokens.
        dataset: of which the clips are.
    """

    codes: np.ndarray
    ends: np.ndarray
    clips: tuple[tuple[str, float], ...]
    near: np.ndarray
    frame_rate: float
    tokenizer: str
    dataset: str

    @classmethod
    def of_records(cls, records: Iterable[TokenRecord], **shared: Any) -> "TokenIndex":
        """Lays the tokens of records one behind the other; `shared` as the attributes.

        Raises:
            ValueError: there are fewer than two.
        """
        codes, clips = [], []
        for record in records:
            name = str(record.fields.get("name", f"clip {len(clips) + 1}"))
            codes.append(record.semantic)
            clips.append((name, float(record.fields.get("start_seconds", 0.0))))
        if len(clips) < 2:
            raise ValueError(
                f"{len(clips)} clips are no training set to look for likeness in: give "
                "two at least"
            )
        return cls(
            codes=np.concatenate(codes).astype(np.int32),
            ends=np.cumsum([len(each) for each in codes]),
            clips=tuple(clips),
            near=np.zeros(0),
            **shared,
        )

    @property
    def starts(self) -> np.ndarray:
        """[clip], where each begins in `codes`."""
        return np.concatenate([[0], self.ends[:-1]])

    def padded(self) -> np.ndarray:
        """Returns [clip, time] codes, filled up with -1, which is no code."""
        lengths = self.ends - self.starts
        places = np.arange(lengths.max())
        codes = np.full((len(lengths), len(places)), -1, np.int32)
        codes[places < lengths[:, None]] = self.codes
        return codes

    def check(self, bundle: Bundle, *, where: str) -> None:
        """Checks that a model makes the tokens that are in here.

        Raises:
            ValueError: it has another semantic tokenizer, or none.
        """
        theirs = fingerprint(bundle)
        if theirs != self.tokenizer:
            raise ValueError(
                f"{where} has tokens of the semantic tokenizer "
                f"{self.tokenizer[:_SHOWN]}, and the model in {bundle.folder} has "
                f"{theirs[:_SHOWN]}: make an index of tokens of this model (musiclm "
                "tokenize, musiclm index)"
            )

    def save(self, path: Path) -> None:
        """Writes a file, which appears whole.

        Raises:
            OSError: it cannot be written.
        """
        facts = {
            "clips": self.clips,
            "frame_rate": self.frame_rate,
            "tokenizer": self.tokenizer,
            "dataset": self.dataset,
        }
        text = json.dumps(facts, ensure_ascii=False).encode("utf-8", "surrogateescape")
        arrays = {
            "codes": self.codes.astype(np.int16),
            "ends": self.ends.astype(np.int64),
            "facts": np.frombuffer(text, np.uint8),
            "near": self.near.astype(np.float64),
        }
        metadata = {"format": str(FORMAT), "sha256": _digest(arrays)}
        whole_files.write(path, safetensors.numpy.save(arrays, metadata))


def fingerprint(bundle: Bundle) -> str:
    """Returns a hash of a model's semantic tokenizer.

    Raises:
        ValueError: the model has none.
    """
    if _PART not in bundle.parts:
        raise ValueError(
            f"the model in {bundle.folder} has no part {_PART}, which hears tokens"
        )
    return seal(bundle.parts[_PART])


def load(path: Path) -> TokenIndex:
    """Reads a file.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged, or of something else.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no index {path}: `musiclm index` makes one of token records"
        )
    try:
        with safetensors.safe_open(path, framework="numpy") as opened:
            metadata = opened.metadata() or {}
            arrays = {name: opened.get_tensor(name) for name in _TENSORS}
        if metadata.get("format") != str(FORMAT):
            raise ValueError(f"format {metadata.get('format')}")
        if metadata.get("sha256") != _digest(arrays):
            raise ValueError("its content does not match its hash")
        facts = json.loads(arrays["facts"].tobytes())
        return TokenIndex(
            codes=arrays["codes"].astype(np.int32),
            ends=arrays["ends"],
            near=arrays["near"],
            clips=tuple((name, start) for name, start in facts.pop("clips")),
            **facts,
        )
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError, OSError):
        raise ValueError(
            f"{path} is damaged, or no index: `musiclm index` makes one of token "
            "records"
        ) from None


def _digest(arrays: dict[str, np.ndarray]) -> str:
    content = hashlib.sha256()
    for name in _TENSORS:
        content.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        content.update(np.ascontiguousarray(arrays[name]).tobytes())
    return content.hexdigest()
