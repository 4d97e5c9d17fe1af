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

from musiclm_jax.bundle.kinds import kinds
from musiclm_jax.files import config_json, params_file, whole_files
from musiclm_jax.files.params_file import Params

FORMAT = 1
MANIFEST = "bundle.json"
VOCABULARY = "vocabulary.json"
# The parts that decide what tokens are.
TOKENIZERS = ("codec", "mulan", "semantic")

_ENTRY_FIELDS = {"file": str, "bytes": int, "sha256": str}


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
    """

    folder: Path
    parts: dict[str, dict[str, Any]]
    files: dict[str, dict[str, Any]]
    card: dict[str, Any]
    sampling: dict[str, Any]

    @classmethod
    def load(cls, folder: str | Path) -> "Bundle":
        """Reads the manifest of the bundle in `folder`.

        Raises:
            FileNotFoundError: there is no bundle in `folder`.
            ValueError: the manifest is damaged or of another version.
        """
        folder = Path(folder)
        path = folder / MANIFEST
        if not path.is_file():
            raise FileNotFoundError(
                f"there is no model in {folder}: it has no {MANIFEST}"
            )
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is damaged: it is not valid JSON") from error
        if not isinstance(manifest, dict) or "format" not in manifest:
            raise ValueError(f"{path} is not the manifest of a model: no format in it")
        if manifest["format"] != FORMAT:
            raise ValueError(
                f"{path} has format {manifest['format']}; this version of musiclm_jax "
                f"reads format {FORMAT}"
            )
        # Models of before have no settings.
        manifest = {"sampling": {}} | manifest
        names = ("parts", "files", "card", "sampling")
        sections = [manifest.get(name) for name in names]
        if not all(isinstance(section, dict) for section in sections):
            raise ValueError(
                f"{path} is damaged: parts, files, card or sampling are no tables"
            )
        for name, entry in (sections[0] | sections[1]).items():
            _check_entry(path, name, entry)
        return cls(folder, *sections)

    def load_part(self, part: str) -> tuple[Any, Params]:
        """Reads one part.

        Returns:
            Its config and its parameters, nested dicts of float32 arrays.

        Raises:
            FileNotFoundError: the part's file is missing.
            ValueError: there is no such part, or its file or config is damaged.
        """
        if part not in self.parts:
            known = ", ".join(sorted(self.parts)) or "none"
            raise ValueError(
                f"the model in {self.folder} has no part {part}; it has: {known}"
            )
        entry = self.parts[part]
        where = f"{self.folder / MANIFEST}: part {part}"
        config_class = kinds().get(entry.get("kind"))
        if config_class is None:
            raise ValueError(
                f"{where} is of kind {entry.get('kind')!r}; this version of "
                f"musiclm_jax knows {', '.join(kinds())}"
            )
        config = config_json.from_json(config_class, entry.get("config"), where=where)
        data = self._read(entry)
        path = self.folder / entry["file"]
        return config, params_file.from_bytes(data, where=str(path))

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

    def melody_hash(self) -> str:
        """Returns that of the part that makes melody tokens; empty without one."""
        return self.parts["melody"]["sha256"] if "melody" in self.parts else ""

    def content_hash(self) -> str:
        """Returns a hash that changes when any part or further file does."""
        entries = json.dumps([self.parts, self.files], sort_keys=True)
        return hashlib.sha256(entries.encode()).hexdigest()

    def check(self) -> None:
        """Reads every file and compares its size and hash.

        Raises:
            FileNotFoundError: a file is missing.
            ValueError: a file is damaged.
        """
        for entry in (*self.parts.values(), *self.files.values()):
            self._read(entry)

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
        ValueError: an unknown config class, other bits, or numbers that are not finite.
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
    folder.mkdir(parents=True, exist_ok=True)
    is_there = (folder / MANIFEST).exists()
    bundle = Bundle.load(folder) if is_there else Bundle(folder, {}, {}, {}, {})
    digest = hashlib.sha256(data).hexdigest()
    # A new content gets a new name, so that the old bundle stays valid until the
    # manifest is replaced.
    file = f"{name.removesuffix(suffix)}-{digest[:8]}{suffix}"
    entries = getattr(bundle, section)
    old = entries.get(name)
    entries[name] = entry | {"file": file, "bytes": len(data), "sha256": digest}
    whole_files.write(folder / file, data)
    _write_manifest(bundle)
    if old and old["file"] != file:
        (folder / old["file"]).unlink(missing_ok=True)


def _write_manifest(bundle: Bundle) -> None:
    manifest = {
        "format": FORMAT,
        "parts": bundle.parts,
        "files": bundle.files,
        "card": bundle.card,
        "sampling": bundle.sampling,
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
    whole_files.write(bundle.folder / MANIFEST, (text + "\n").encode("utf-8"))


def _check_entry(path: Path, name: str, entry: Any) -> None:
    if not isinstance(entry, dict) or not all(
        isinstance(entry.get(field), kind) for field, kind in _ENTRY_FIELDS.items()
    ):
        raise ValueError(f"{path} is damaged: {name} has no file, bytes or sha256")
    if Path(entry["file"]).name != entry["file"]:
        raise ValueError(f"{path}: {name} lies outside the folder of the model")
