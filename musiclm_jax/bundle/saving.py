"""Writes bundles: a part, a file or what is said of the model at a time.

The new content has a name of its own, and the old one goes once the manifest names the
new: whoever reads meanwhile sees one bundle or the other.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from musiclm_jax.bundle import fitting
from musiclm_jax.bundle import manifest as manifest_lib
from musiclm_jax.bundle.folder import VOCABULARY, Bundle
from musiclm_jax.bundle.kinds import kinds
from musiclm_jax.bundle.manifest import MANIFEST
from musiclm_jax.files import config_json, params_file, whole_files
from musiclm_jax.files.params_file import Params


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
