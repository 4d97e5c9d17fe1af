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
from collections.abc import Mapping
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


def save_part(
    folder: str | Path, part: str, config: Any, params: Params, *, bits: int = 16
) -> None:
    """Adds a part to the bundle in `folder`, or replaces it; makes the bundle too.

    Args:
        folder: the bundle's folder.
        part: name of the part, such as `codec`.
        config: a frozen dataclass of one of the `kinds`.
        params: nested dicts of finite arrays, whose names hold neither slash nor colon.
        bits: that a number is stored in, one of `params_file.BITS`.

    Raises:
        ValueError: an unknown config class, other bits, numbers that are not finite, or
            parameters that are not those of the config.
    """
    kind = next((k for k, cls in kinds().items() if type(config) is cls), None)
    if kind is None:
        raise ValueError(
            f"a part cannot be described by a {type(config).__name__}; "
            f"expected one of {', '.join(c.__name__ for c in kinds().values())}"
        )
    sizes = [value.size for value in params_file.flatten(params).values()]
    entry = {
        "kind": kind,
        "config": config_json.to_json(config),
        "parameters": int(sum(sizes)),
        "bits": bits,
    }
    data = params_file.to_bytes(params, bits=bits)
    fitting.check_part(config, params, where=f"part {part}")
    _save(folder, "parts", part, data, entry, suffix=".safetensors")


def extend_part(folder: str | Path, part: str, params: Params) -> None:
    """Adds parameters to a part, in its bits, such as codebooks fitted to its output.

    Args:
        folder: the bundle's folder.
        part: name of a part that is there.
        params: replaces what has the same name at the top level, and nothing else.
    """
    bundle = Bundle.load(folder)
    config, present = bundle.load_part(part)
    # Parts of before do not say it.
    bits = bundle.parts[part].get("bits", 16)
    save_part(folder, part, config, present | params, bits=bits)


def remove_part(folder: str | Path, part: str) -> None:
    """Takes a part out of the bundle in `folder`.

    Raises:
        ValueError: it has no such part.
    """
    bundle = Bundle.load(folder)
    bundle.config(part)
    entry = bundle.parts.pop(part)
    bundle.fits.pop(part, None)
    _write_manifest(bundle)
    (bundle.folder / entry["file"]).unlink(missing_ok=True)


def save_words(folder: str | Path, sha256: str) -> None:
    """Keeps the hash of the vocabulary that the text tower was trained with."""
    bundle = Bundle.load(folder)
    bundle.fits[VOCABULARY] = sha256
    _write_manifest(bundle)


def save_file(folder: str | Path, name: str, data: bytes) -> None:
    """Adds a further file, such as the vocabulary, to the bundle in `folder`."""
    _save(folder, "files", name, data, {}, suffix=Path(name).suffix)


def save_card(folder: str | Path, card: Mapping[str, Any]) -> None:
    """Replaces the card of the bundle in `folder`, which must exist."""
    bundle = Bundle.load(folder)
    _write_manifest(dataclasses.replace(bundle, card=dict(card)))


def save_sampling(folder: str | Path, sampling: Mapping[str, Any]) -> None:
    """Replaces the settings of sampling of the bundle in `folder`, which must exist."""
    bundle = Bundle.load(folder)
    _write_manifest(dataclasses.replace(bundle, sampling=dict(sampling)))


def _save(
    folder: str | Path,
    section: str,
    name: str,
    data: bytes,
    entry: dict[str, Any],
    *,
    suffix: str,
) -> None:
    """Writes a file and its entry in a section of the manifest."""
    folder = Path(folder)
    whole_files.make_folder(folder)
    is_there = (folder / MANIFEST).exists()
    bundle = Bundle.load(folder) if is_there else _empty(folder)
    digest = hashlib.sha256(data).hexdigest()
    # A new content gets a new name, so that the old bundle stays valid until the
    # manifest is replaced.
    file = f"{name.removesuffix(suffix)}-{digest[:8]}{suffix}"
    entries = getattr(bundle, section)
    old = entries.get(name)
    entries[name] = entry | {"file": file, "bytes": len(data), "sha256": digest}
    if section == "parts":
        bundle.fits[name] = fitting.seal(entries[name])
    whole_files.write(folder / file, data)
    _write_manifest(bundle)
    if old and old["file"] != file:
        (folder / old["file"]).unlink(missing_ok=True)


def _write_manifest(bundle: Bundle) -> None:
    tables = {field.name: getattr(bundle, field.name) for field in _tables()}
    manifest_lib.write(bundle.folder, **tables)


def _empty(folder: Path) -> Bundle:
    return Bundle(folder, **{field.name: {} for field in _tables()})


def _tables() -> tuple[dataclasses.Field, ...]:
    return dataclasses.fields(Bundle)[1:]
