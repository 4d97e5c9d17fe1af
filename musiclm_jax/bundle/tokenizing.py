"""A data set of sound to token records, shard by shard.

    shard of clips -> pieces -> batches of one length -> tokenizers, over local devices
                   -> train-00003-of-00010.array_record, of the same number
                      train-00003-of-00010.json, what became of its sound

A shard is a `parallel.jobs.Job`. Batches are made of its own clips alone, in their
order, so that its records do not depend on who does it, or on what was done before.
"""

import dataclasses
import functools
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from musiclm_jax.bundle import Bundle, melody_tokenizer
from musiclm_jax.bundle.tokenizers import MuLanTokenizer, Tokenizers
from musiclm_jax.data.records import token_records
from musiclm_jax.data.records.pieces import Account, Piece, account_of, cut
from musiclm_jax.data.records.token_shards import ShardName, is_complete, shards_of
from musiclm_jax.data.sets.audio_dataset import AudioDataset, captions_of, plain
from musiclm_jax.files import whole_files
from musiclm_jax.mulan import embedding
from musiclm_jax.parallel import sharding

# Captions are embedded so many at once.
_CAPTIONS_AT_ONCE = 32


@dataclasses.dataclass(frozen=True, kw_only=True)
class ShardJob:
    """Makes one shard of records; a `parallel.jobs.Job`.

    Attributes:
        dataset: the clips.
        bundle: folder of a bundle that has codec, semantic and mulan.
        folder: of the records.
        shard: which one.
        places: first clip of the shard in its split, and the first behind it.
        metadata: what all records of the folder share.
        batch_size: pieces that are computed at once, rounded up to a whole number on
            each local device.
        heard: is told of each batch how many clips were read, and the seconds of sound
            in the batch; it goes where the job goes.
    """

    dataset: AudioDataset
    bundle: Path
    folder: Path
    shard: ShardName
    places: tuple[int, int]
    metadata: token_records.TokenMetadata
    batch_size: int
    heard: Callable[[int, float], None] | None = None

    @property
    def output(self) -> Path:
        """The records; what became of the sound is written before them."""
        return self.shard.path(self.folder)

    @property
    def num_clips(self) -> int:
        """Clips of the shard."""
        first, end = self.places
        return end - first

    def run(self) -> None:
        """Makes the shard.

        Raises:
            ValueError: the bundle has other tokenizers by now, or the folder other
                records.
        """
        tokenizers = _load(self.bundle, self.metadata.tokenizers)
        rows = _rounded_up(self.batch_size, jax.local_device_count())
        rate = tokenizers.codec.sample_rate
        clips, fields = self.dataset.open(self.shard.split), []
        accounts = []

        def pieces() -> Iterator[Piece]:
            for place in range(*self.places):
                clip = clips[place]
                parts = cut(
                    clip["audio"],
                    rate,
                    clip=len(fields),
                    piece_seconds=self.metadata.piece_seconds,
                    frame_rate=self.metadata.common_rate,
                )
                accounts.append(account_of(len(clip["audio"]), len(parts), rate))
                fields.append(_fields_of(clip))
                yield from parts

        tokens = {}
        for batch in _batches(pieces(), rows):
            tokens |= _tokens_of(tokenizers, batch, rows)
            if self.heard is not None:
                self.heard(len(fields), sum(piece.seconds for piece in batch))
        captions = _embed_captions(
            tokenizers.mulan, [c for known in fields for c in known["captions"]]
        )
        token_records.claim(self.folder, self.metadata)
        account = sum(accounts, Account())
        whole_files.write(
            _account_path(self.folder, self.shard),
            json.dumps(dataclasses.asdict(account)).encode(),
        )
        token_records.write_shard(
            self.folder,
            self.shard,
            records=(
                _record(tokens[place], captions, fields[place[0]], place[1] / rate)
                for place in sorted(tokens)
            ),
            metadata=self.metadata,
        )


def read_account(folder: Path, shard: ShardName) -> Account:
    """Returns what became of the sound of a shard that is there."""
    text = _account_path(folder, shard).read_text(encoding="utf-8")
    return Account(**json.loads(text))


def _account_path(folder: Path, shard: ShardName) -> Path:
    return folder / f"{shard}.json"


def describe(
    dataset: AudioDataset, bundle: Path, piece_seconds: int
) -> token_records.TokenMetadata:
    """Returns what the records will share.

    Args:
        dataset: the clips; it need not be built yet.
        bundle: folder of a bundle that has codec, semantic and mulan.
        piece_seconds: longer clips are cut into pieces of this length.
    """
    there = Bundle.load(bundle)
    fingerprint = there.tokenizers_hash()
    tokenizers = _load(bundle, fingerprint)
    melody = tokenizers.melody
    dataset.check_rate(tokenizers.codec.sample_rate, f"the model in {bundle}")
    return token_records.TokenMetadata(
        semantic_frame_rate=round(tokenizers.semantic.frame_rate),
        acoustic_frame_rate=round(tokenizers.codec.frame_rate),
        window_seconds=tokenizers.mulan.config.window_seconds,
        stride_seconds=tokenizers.mulan.config.stride_seconds,
        tokenizers=fingerprint,
        dataset=dataset.full_name(),
        piece_seconds=piece_seconds,
        melody=melody_tokenizer.fingerprint(there),
        melody_stride_seconds=0.0 if melody is None else melody.config.stride_seconds,
        made_of=dataset.made_of(),
    )


def shard_jobs(
    dataset: AudioDataset,
    split: str,
    *,
    bundle: Path,
    folder: Path,
    metadata: token_records.TokenMetadata,
    batch_size: int,
    heard: Callable[[int, float], None] | None = None,
) -> list[ShardJob]:
    """Returns a job for each shard of a split; see `ShardJob` for the arguments.

    Returns:
        Nothing where all shards are there; the data set is then not opened.

    Raises:
        ValueError: there is no such split, or it is empty, or the folder has shards of
            another number.
    """
    if is_complete(folder, split):
        return []
    lengths = dataset.shard_lengths(split)
    there = shards_of(folder, split)
    if there and len(there) != len(lengths):
        raise ValueError(
            f"split {split!r} has {len(lengths)} shards now, and {folder} some of "
            f"{len(there)}: write to another folder, or delete these first"
        )
    ends = np.cumsum([0, *lengths]).tolist()
    return [
        ShardJob(
            dataset=dataset,
            bundle=bundle,
            folder=folder,
            shard=ShardName(split, index, len(lengths)),
            places=(ends[index], ends[index + 1]),
            metadata=metadata,
            batch_size=batch_size,
            heard=heard,
        )
        for index in range(len(lengths))
    ]


@functools.lru_cache(maxsize=1)
def _load(bundle: Path, fingerprint: str) -> Tokenizers:
    """Loads a bundle's tokenizers, once a process, onto all its devices."""
    there = Bundle.load(bundle).tokenizers_hash()
    if there != fingerprint:
        raise ValueError(
            f"the tokenizers in {bundle} are {there[:12]} by now, and no longer "
            f"{fingerprint[:12]}, which these records are made by"
        )
    mesh = sharding.make_mesh(devices=jax.local_devices())
    return Tokenizers.load(bundle).over(mesh)


def _batches(pieces: Iterable[Piece], rows: int) -> Iterator[list[Piece]]:
    """Yields lists of pieces of one length, at most `rows` of them."""
    waiting: dict[int, list[Piece]] = {}
    for piece in pieces:
        group = waiting.setdefault(len(piece.audio), [])
        group.append(piece)
        if len(group) == rows:
            yield waiting.pop(len(piece.audio))
    yield from waiting.values()


def _tokens_of(
    tokenizers: Tokenizers, batch: list[Piece], rows: int
) -> dict[tuple[int, int], dict[str, np.ndarray]]:
    """Returns clip and first sample of each piece -> its tokens."""
    # Always as many rows: one shape a length.
    audio = np.zeros((rows, len(batch[0].audio)), np.float32)
    for row, piece in enumerate(batch):
        audio[row] = piece.audio / np.float32(2**15)
    mulan, semantic, codec = tokenizers.mulan, tokenizers.semantic, tokenizers.codec
    melody = tokenizers.melody
    tunes = None if melody is None else melody.tokenize_windows(audio)
    windows = mulan.embed_windows(audio)
    codes, acoustic = semantic.tokenize(audio), codec.tokenize(audio)
    tokens = {}
    for row, piece in enumerate(batch):
        num_windows = embedding.num_windows(
            mulan.config, round(piece.seconds * codec.sample_rate)
        )
        tokens[piece.clip, piece.start] = {
            "mulan": windows[row, :num_windows],
            "semantic": codes[row, : round(piece.seconds * semantic.frame_rate), 0],
            "acoustic": acoustic[row, : round(piece.seconds * codec.frame_rate)],
            "melody": None if tunes is None else tunes[row],
        }
    return tokens


def _embed_captions(mulan: MuLanTokenizer, captions: list[str]) -> dict[str, Any]:
    """Returns each caption -> its embedding [embed], computed in groups of one size."""
    each = list(dict.fromkeys(captions))
    size = _rounded_up(_CAPTIONS_AT_ONCE, jax.local_device_count())
    embeddings = {}
    for start in range(0, len(each), size):
        group = each[start : start + size]
        filled = group + [""] * (size - len(group))
        embeddings |= zip(group, mulan.embed_text(filled), strict=False)
    return embeddings


def _record(
    tokens: dict[str, np.ndarray],
    captions: dict[str, np.ndarray],
    fields: dict[str, Any],
    seconds: float,
) -> token_records.TokenRecord:
    # [caption, embed], also where there is no caption
    embeddings = np.zeros((len(fields["captions"]), tokens["mulan"].shape[-1]))
    for row, caption in enumerate(fields["captions"]):
        embeddings[row] = captions[caption]
    # A clip may itself be a part of a file.
    start = fields.get("start_seconds", 0.0) + seconds
    return token_records.TokenRecord(
        caption_mulan=embeddings, fields=fields | {"start_seconds": start}, **tokens
    )


def _fields_of(clip: dict[str, Any]) -> dict[str, Any]:
    fields = {name: plain(clip[name]) for name in clip if name != "audio"}
    return fields | {"captions": captions_of(clip)}


def _rounded_up(number: int, factor: int) -> int:
    return -(-number // factor) * factor
