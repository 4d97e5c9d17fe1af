"""TFDS data sets of clips, made of sources of recordings."""

import json
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from musiclm_jax.data.intake import prepare
from musiclm_jax.data.intake.config import ClipsConfig
from musiclm_jax.data.intake.shards import features
from musiclm_jax.data.records.resumable_builder import (
    ACCOUNT,
    ResumableBuilder,
    Shard,
    WholeInfo,
    empty,
)

__all__ = ["ACCOUNT", "QUARANTINE", "ClipsBuilder"]

QUARANTINE = "quarantine.jsonl"
"""What was left out, and why; beside the shards."""


class ClipsBuilder(ResumableBuilder, skip_registration=True):
    """Clips of the recordings of a source; subclasses only say what it is."""

    VERSION = tfds.core.Version("2.0.0")
    _ANYTHING_ELSE = "other recordings or with other settings"

    def __init__(self, **kwargs: Any):
        """Looks whether the set is there.

        Args:
            **kwargs: see `ResumableBuilder`.
        """
        super().__init__(**kwargs)
        if not isinstance(self.builder_config, ClipsConfig):
            raise ValueError(
                f"{self.name} needs a configuration that says where the recordings "
                f"are, or the name of a prepared set, such as {self.name}/my_music"
            )

    def _info(self) -> tfds.core.DatasetInfo:
        """Describes the features."""
        return WholeInfo(
            builder=self,
            description=f"{self.__doc__} Mono, 16 bits.",
            features=features(),
        )

    def _made_of(self) -> str:
        return self.builder_config.fingerprint()

    def _begin_anew(self, partial: Path) -> None:
        empty(partial)

    def _make(
        self, partial: Path, target: Path
    ) -> tuple[dict[str, list[Shard]], dict[str, Any]]:
        """Prepares the recordings, and tells beside the shards what became of them."""
        config = self.builder_config
        prepared = prepare.prepare(
            config.source(),
            partial,
            limits=config.limits(),
            cut=config.cut(),
            splits=config.splits(),
            runner=self._runner,
            progress=self._progress,
        )
        _write_quarantine(prepared, target)
        account = prepared.account() | {"sample_rate": config.sample_rate}
        return prepared.shards, account


def _write_quarantine(prepared: prepare.Prepared, folder: Path) -> None:
    lines = (
        json.dumps(line, ensure_ascii=False) + "\n" for line in prepared.quarantine()
    )
    (folder / QUARANTINE).write_text(
        "".join(lines), encoding="utf-8", errors="surrogateescape"
    )
