"""What inference loads: one folder, a JSON of configs and one safetensors file a part.

    model/
      bundle.json                   format, parts (kind, config, file, size, hash),
                                    card, settings of sampling
      codec-1f0c9a3e.safetensors    16 or 8 bits a number; the name holds its hash
      ...
      vocabulary-77a0f2d1.json      the text tower's word pieces

Every file appears whole, by rename, and `bundle.json` last: a reader sees the old
bundle or the new one. Nothing in it is executed when it is read.
"""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from musiclm_jax.bundle import fitting
from musiclm_jax.bundle import manifest as manifest_lib
from musiclm_jax.bundle.kinds import kinds
from musiclm_jax.bundle.manifest import MANIFEST
from musiclm_jax.data.text.vocabulary import load_vocabulary
from musiclm_jax.files import config_json, params_file, whole_files
from musiclm_jax.files.params_file import Params

VOCABULARY = "vocabulary.json"
# The parts that decide what tokens are.
TOKENIZERS = ("codec", "mulan", "semantic")


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A bundle on disk, its manifest read and its parts not yet.

    Attributes:
        folder: where it is.
        parts: name of each part to its entry in the manifest.
        files: name of each further file to its entry.
        card: what is known of the model: data, hardware, hours, measured figures.
        sampling: how the stages are best sampled, where the papers' way does not suit
            it; `generation.settings` has the names.
        fits: name of each part that was found to fit its config -> `fitting.seal`.
    """

    folder: Path
    parts: dict[str, dict[str, Any]]
    files: dict[str, dict[str, Any]]
    card: dict[str, Any]
    sampling: dict[str, Any]
    fits: dict[str, str]

    @classmethod
    def load(cls, folder: str | Path) -> "Bundle":
        """Reads the manifest of the bundle in `folder`.

        Raises:
            FileNotFoundError: there is no bundle in `folder`.
            ValueError: the manifest is damaged or of another version.
        """
        folder = Path(folder)
        return cls(folder, **manifest_lib.read(folder))

    def config(self, part: str) -> Any:
        """Returns the config of a part; see `load_part`."""
        if part not in self.parts:
            known = ", ".join(sorted(self.parts)) or "none"
            raise ValueError(
                f"the model in {self.folder} has no part {part}; it has: {known}"
            )
        entry, where = self.parts[part], self._where(part)
        config_class = kinds().get(entry["kind"])
        if config_class is None:
            raise ValueError(
                f"{where} is of kind {entry['kind']!r}; this version of musiclm_jax "
                f"knows {', '.join(kinds())}"
            )
        return config_json.from_json(config_class, entry["config"], where=where)

    def load_part(self, part: str) -> tuple[Any, Params]:
        """Reads one part.

        Returns:
            Its config and its parameters, nested dicts of float32 arrays.

        Raises:
            FileNotFoundError: the part's file is missing.
            ValueError: there is no such part, or its file or config is damaged, or one
                does not fit the other.
        """
        config, entry = self.config(part), self.parts[part]
        path = self.folder / entry["file"]
        with whole_files.checked_beside(
            path, size=entry["bytes"], sha256=entry["sha256"]
        ) as data:
            params = params_file.from_bytes(data, where=str(path))
            if self.fits.get(part) != fitting.seal(entry):
                fitting.check_part(config, params, where=self._where(part))
        return config, params

    def file(self, name: str) -> Path:
        """Returns the checked path of a further file, such as the vocabulary.

        Raises:
            FileNotFoundError: the file is missing.
            ValueError: the bundle has no such file, or it is damaged.
        """
        if name not in self.files:
            raise ValueError(f"the model in {self.folder} has no {name}")
        self._read(self.files[name])
        return self.folder / self.files[name]["file"]

    def tokenizers_hash(self) -> str:
        """Returns a hash that changes when a part does that decides what tokens are.

        Raises:
            ValueError: one of these parts is missing.
        """
        missing = [part for part in TOKENIZERS if part not in self.parts]
        if missing:
            raise ValueError(
                f"the model in {self.folder} has no part {', '.join(missing)} yet"
            )
        hashes = [self.parts[part]["sha256"] for part in TOKENIZERS]
        return hashlib.sha256(" ".join(hashes).encode()).hexdigest()

    def content_hash(self) -> str:
        """Returns a hash that changes when any part or further file does."""
        entries = json.dumps([self.parts, self.files], sort_keys=True)
        return hashlib.sha256(entries.encode()).hexdigest()

    def check(self) -> None:
        """Reads every file, and compares all that must agree.

        Raises:
            FileNotFoundError: a file is missing.
            ValueError: a file is damaged, or one does not fit the others.
        """
        loaded = {part: self.load_part(part) for part in self.parts}
        for entry in self.files.values():
            self._read(entry)
        words = self.files.get(VOCABULARY)
        fitting.check_together(
            {part: config for part, (config, _) in loaded.items()},
            codebooks={
                part: params["codebooks"].shape
                for part, (_, params) in loaded.items()
                if "codebooks" in params
            },
            vocabulary=load_vocabulary(self.folder / words["file"]) if words else None,
            where=f"the model in {self.folder}",
        )
        self.check_words()

    def check_words(self) -> None:
        """Checks that the text tower reads the vocabulary that it was trained with.

        Raises:
            ValueError: it is another one. Where nobody said, it is taken for right.
        """
        there = self.files.get(VOCABULARY, {}).get("sha256")
        if there not in (None, self.fits.get(VOCABULARY, there)):
            raise ValueError(
                f"the vocabulary of the model in {self.folder} is not that which its "
                "text tower was trained with: export that one"
            )

    def _where(self, part: str) -> str:
        return f"{self.folder / MANIFEST}: part {part}"

    def _read(self, entry: dict[str, Any]) -> bytes:
        path = self.folder / entry["file"]
        return whole_files.read(path, size=entry["bytes"], sha256=entry["sha256"])


def default_folder() -> Path:
    """Returns where the model in the box is."""
    return Path(__file__).parents[1] / "assets" / "tiny"


def load_part(folder: str | Path, part: str) -> tuple[Any, Params]:
    """Reads one part of the bundle in `folder`; see `Bundle.load_part`."""
    return Bundle.load(folder).load_part(part)
