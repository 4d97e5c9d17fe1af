"""What inference loads: one folder, a JSON of configs and one safetensors file a part.

    model/
      bundle.json                   format, parts (kind, config, file, size, hash), card
      codec-1f0c9a3e.safetensors    half precision; the name holds the file's own hash
      ...
      vocabulary.json               the text tower's word pieces

Every file appears whole, by rename, and `bundle.json` last: a reader sees the old
bundle or the new one. Nothing in it is executed when it is read.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from musiclm_jax import config_json

FORMAT = 1
MANIFEST = "bundle.json"
VOCABULARY = "vocabulary.json"

# The largest value that half precision holds.
_HALF_MAX = float(np.finfo(np.float16).max)

Params = dict[str, Any]


def kinds() -> dict[str, type]:
    """Returns the config class of every kind of part.

    A function, so that reading a manifest does not import the networks.
    """
    from musiclm_jax.codec.network import CodecConfig

    return {"codec": CodecConfig}


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A bundle on disk, its manifest read and its parts not yet.

    Attributes:
        folder: where it is.
        parts: name of each part to its entry in the manifest.
        files: name of each further file to its entry.
        card: what is known of the model: data, hardware, hours, measured figures.
    """

    folder: Path
    parts: dict[str, dict[str, Any]]
    files: dict[str, dict[str, Any]]
    card: dict[str, Any]

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
        except ValueError as error:
            raise ValueError(f"{path} is damaged: it is not valid JSON") from error
        if not isinstance(manifest, dict) or "format" not in manifest:
            raise ValueError(f"{path} is not the manifest of a model: no format in it")
        if manifest["format"] != FORMAT:
            raise ValueError(
                f"{path} has format {manifest['format']}; this version of musiclm_jax "
                f"reads format {FORMAT}"
            )
        sections = [manifest.get(name) for name in ("parts", "files", "card")]
        if not all(isinstance(section, dict) for section in sections):
            raise ValueError(f"{path} is damaged: parts, files or card are missing")
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
        manifest = self.folder / MANIFEST
        config_class = kinds().get(entry.get("kind"))
        if config_class is None:
            raise ValueError(
                f"{manifest}: part {part} is of kind {entry.get('kind')!r}; this "
                f"version of musiclm_jax knows {', '.join(kinds())}"
            )
        config = config_json.from_json(
            config_class, entry.get("config"), where=f"{manifest}: part {part}"
        )
        path = self.folder / entry["file"]
        data = _read_checked(path, entry)
        try:
            tensors = safetensors.numpy.load(data)
        except safetensors.SafetensorError as error:
            raise ValueError(f"{path} is damaged: not a safetensors file") from error
        return config, _nest({k: _to_float32(v) for k, v in tensors.items()})

    def read_file(self, name: str) -> bytes:
        """Returns the checked content of a further file, such as the vocabulary.

        Raises:
            FileNotFoundError: the file is missing.
            ValueError: the bundle has no such file, or it is damaged.
        """
        if name not in self.files:
            raise ValueError(f"the model in {self.folder} has no {name}")
        return _read_checked(self.folder / self.files[name]["file"], self.files[name])


def load_part(folder: str | Path, part: str) -> tuple[Any, Params]:
    """Reads one part of the bundle in `folder`; see `Bundle.load_part`."""
    return Bundle.load(folder).load_part(part)


def save_part(folder: str | Path, part: str, config: Any, params: Params) -> None:
    """Adds a part to the bundle in `folder`, or replaces it; makes the bundle too.

    Args:
        folder: the bundle's folder.
        part: name of the part, such as `codec`.
        config: a frozen dataclass of one of the `kinds`.
        params: nested dicts of finite arrays, whose names hold no slash.

    Raises:
        ValueError: an unknown config class, or parameters that are not finite.
    """
    kind = next((k for k, cls in kinds().items() if type(config) is cls), None)
    if kind is None:
        raise ValueError(
            f"a part cannot be described by a {type(config).__name__}; "
            f"expected one of {', '.join(c.__name__ for c in kinds().values())}"
        )
    tensors = {name: _to_half(name, value) for name, value in flatten(params).items()}
    data = safetensors.numpy.save(tensors)
    entry = {"kind": kind, "config": config_json.to_json(config)}
    entry["parameters"] = int(sum(value.size for value in tensors.values()))
    _save(folder, "parts", part, data, entry, suffix=".safetensors")


def save_file(folder: str | Path, name: str, data: bytes) -> None:
    """Adds a further file, such as the vocabulary, to the bundle in `folder`."""
    _save(folder, "files", name, data, {}, suffix=Path(name).suffix)


def save_card(folder: str | Path, card: Mapping[str, Any]) -> None:
    """Replaces the card of the bundle in `folder`, which must exist."""
    bundle = Bundle.load(folder)
    _write_manifest(bundle.folder, bundle.parts, bundle.files, dict(card))


def flatten(params: Mapping[str, Any], prefix: str = "") -> dict[str, np.ndarray]:
    """Flattens nested dicts to one whose keys are joined by slashes."""
    flat = {}
    for name, value in params.items():
        if not isinstance(name, str) or not name or "/" in name:
            raise ValueError(f"a parameter cannot be named {name!r}")
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}/")
        else:
            flat[prefix + name] = np.asarray(value)
    return flat


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file that appears whole, by rename, or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _nest(flat: Mapping[str, np.ndarray]) -> Params:
    nested: Params = {}
    for name, value in flat.items():
        *folders, leaf = name.split("/")
        inner = nested
        for folder in folders:
            inner = inner.setdefault(folder, {})
        inner[leaf] = value
    return nested


def _to_half(name: str, value: np.ndarray) -> np.ndarray:
    if not np.issubdtype(value.dtype, np.floating):
        return np.asarray(value, order="C")
    if not np.isfinite(value).all():
        raise ValueError(f"parameter {name} is not finite, the part cannot be saved")
    # What half precision cannot hold (a sum, a count) stays as it is.
    fits = value.size == 0 or np.abs(value).max() <= _HALF_MAX
    return np.asarray(value, np.float16 if fits else np.float32, order="C")


def _to_float32(value: np.ndarray) -> np.ndarray:
    is_float = np.issubdtype(value.dtype, np.floating)
    return value.astype(np.float32) if is_float else value


def _save(folder, section, name, data, entry, *, suffix):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / MANIFEST).exists():
        bundle = Bundle.load(folder)
    else:
        bundle = Bundle(folder, {}, {}, {})
    digest = hashlib.sha256(data).hexdigest()
    entries = getattr(bundle, section)
    stem = name.removesuffix(suffix)
    entry |= {
        # A new content gets a new name, so that the old bundle stays valid until
        # the manifest is replaced.
        "file": f"{stem}-{digest[:8]}{suffix}",
        "bytes": len(data),
        "sha256": digest,
    }
    old = entries.get(name)
    write_whole(folder / entry["file"], data)
    entries[name] = entry
    _write_manifest(folder, bundle.parts, bundle.files, bundle.card)
    if old and old["file"] != entry["file"]:
        (folder / old["file"]).unlink(missing_ok=True)


def _write_manifest(folder: Path, parts, files, card) -> None:
    manifest = {"format": FORMAT, "parts": parts, "files": files, "card": card}
    text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(folder / MANIFEST, (text + "\n").encode("utf-8"))


def _check_entry(path: Path, name: str, entry: Any) -> None:
    fields = {"file": str, "bytes": int, "sha256": str}
    if not isinstance(entry, dict) or not all(
        isinstance(entry.get(field), kind) for field, kind in fields.items()
    ):
        raise ValueError(f"{path} is damaged: {name} has no file, bytes or sha256")
    if Path(entry["file"]).name != entry["file"]:
        raise ValueError(f"{path}: {name} lies outside the folder of the model")


def _read_checked(path: Path, entry: Mapping[str, Any]) -> bytes:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: the model is not whole")
    data = path.read_bytes()
    if len(data) != entry["bytes"]:
        raise ValueError(
            f"{path} is damaged: {len(data)} bytes, and {entry['bytes']} are right"
        )
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise ValueError(f"{path} is damaged: its content does not match its hash")
    return data
