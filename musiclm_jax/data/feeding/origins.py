"""What batches are made from: told by fingerprints, and compared with what is asked."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

from musiclm_jax.data.feeding.frozen_tokenizers import FrozenTokenizers, check_melody
from musiclm_jax.data.records.token_records import (
    TokenMetadata,
    TokenRecordSource,
    read_metadata,
)
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.files import fingerprints
from musiclm_jax.tokens import TokenSpec, Vocabulary


def open_clips(
    dataset: AudioDataset, split: str, sample_rate: int
) -> Sequence[dict[str, Any]]:
    """Opens a split of clips that have a rate.

    Raises:
        ValueError: there is no such split, or its clips have another rate.
    """
    dataset.check_rate(sample_rate, "this run")
    return dataset.open(split)


def of_sets(datasets: Sequence[AudioDataset]) -> dict[str, str]:
    """Returns the name of each data set -> its fingerprint."""
    return {f"data set {each.full_name()}": each.made_of() for each in datasets}


def metadata_of(folder: str) -> TokenMetadata:
    """Returns what the token records of a folder share."""
    return read_metadata(pathlib.Path(folder).expanduser())


def of_records(folders: Sequence[str]) -> dict[str, str]:
    """Returns a name for the token records of each folder -> their fingerprint."""
    return {
        f"folder of token records ({number} of {len(folders)})": fingerprints.of(
            dataclasses.asdict(metadata_of(folder))
        )
        for number, folder in enumerate(folders, start=1)
    }


def check_rates(vocabulary: Vocabulary, folders: Sequence[str]) -> None:
    """Compares the rates of token records with those of a run.

    Raises:
        ValueError: they differ.
    """
    for folder in folders:
        metadata = metadata_of(folder)
        for name in ("semantic", "acoustic"):
            there = getattr(metadata, f"{name}_frame_rate")
            wanted = vocabulary.spec(name).frame_rate
            if there != wanted:
                raise ValueError(
                    f"the token records in {folder} have {there} {name} frames a "
                    f"second, and this run {wanted:g}: tokenize into another folder"
                )


def melody_of(
    vocabulary: Vocabulary, metadata: TokenMetadata, tokenizers: FrozenTokenizers
) -> TokenSpec | None:
    """Returns what melody codes are, if a run reads them; None if not.

    Raises:
        ValueError: the token records have none, or those of another part.
    """
    for spec in vocabulary.specs:
        if spec.name == "melody":
            check_melody(metadata.melody, tokenizers)
            return spec
    return None


def advice_on_length(source: TokenRecordSource) -> str:
    """Says how long the records are, and how they become longer."""
    longest = max(record.seconds(source.metadata) for record in source)
    return (
        f"the longest lasts {longest:g} s; prepare longer clips (--clip_seconds), "
        "tokenize them in longer pieces (--piece_seconds), or take shorter crops"
    )
