"""`bundle.json`: what a bundle says of itself, with a hash over all of it.

    format, parts, files, card, sampling
    fits      part -> hash of kind, config and file that were found to fit each other
    sha256    of everything above

Bundles of before have neither of the last two, and are read all the same: their parts
are then compared with their configs each time.
"""

import json
from pathlib import Path
from typing import Any, NoReturn

from musiclm_jax.files import fingerprints, whole_files

FORMAT = 1
MANIFEST = "bundle.json"

_TABLES = ("parts", "files", "card", "sampling", "fits")
_HASH = "sha256"
_ENTRY_FIELDS = {"file": str, "bytes": int, "sha256": str}
_PART_FIELDS = {"kind": str, "config": dict, "parameters": int | None, "bits": int}


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Returns the tables of a manifest.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged or of another version.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f"there is no model in {folder}: it has no {MANIFEST}")
    try:
        text = path.read_text(encoding="utf-8")
        manifest = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: it is not valid JSON") from error
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise ValueError(f"{path} is not the manifest of a model: no format in it")
    if manifest["format"] != FORMAT:
        raise ValueError(
            f"{path} has format {manifest['format']}; this version of musiclm_jax "
            f"reads format {FORMAT}"
        )
    _check_hash(path, manifest)
    # Models of before have no settings, and nothing of what fits.
    tables = {"sampling": {}, "fits": {}} | manifest
    if not all(isinstance(tables.get(name), dict) for name in _TABLES):
        raise ValueError(
            f"{path} is damaged: {', '.join(_TABLES[:-1])} or {_TABLES[-1]} are no "
            "tables"
        )
    for name, entry in (tables["parts"] | tables["files"]).items():
        _check_entry(path, name, entry, _ENTRY_FIELDS)
    for name, entry in tables["parts"].items():
        # Parts of before do not say their bits, nor those that nobody counted.
        known = {"bits": 16, "parameters": None} | entry
        _check_entry(path, name, known, _PART_FIELDS)
    return {name: tables[name] for name in _TABLES}


def write(folder: Path, **tables: dict[str, Any]) -> None:
    """Writes a manifest of these tables in the place of the one that is there."""
    manifest: dict[str, Any] = {"format": FORMAT, **tables}
    manifest[_HASH] = fingerprints.of(manifest)
    text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
    whole_files.write(folder / MANIFEST, (text + "\n").encode("utf-8"))


def _check_hash(path: Path, manifest: dict[str, Any]) -> None:
    unknown = sorted(set(manifest) - {"format", _HASH, *_TABLES})
    if unknown:
        raise ValueError(f"{path} is damaged: nothing in it is called {unknown[0]!r}")
    there = manifest.pop(_HASH, None)
    if there is not None and there != fingerprints.of(manifest):
        raise ValueError(
            f"{path} is damaged: its content does not match its hash; `musiclm export` "
            "changes a model, by hand it cannot be"
        )


def _check_entry(path: Path, name: str, entry: Any, fields: dict[str, Any]) -> None:
    is_table = isinstance(entry, dict)
    wrong = [
        field
        for field, kind in fields.items()
        if not is_table or not isinstance(entry.get(field), kind)
    ]
    if wrong:
        raise ValueError(f"{path} is damaged: {name} has no right {', '.join(wrong)}")
    if Path(entry["file"]).name != entry["file"]:
        raise ValueError(f"{path}: {name} lies outside the folder of the model")


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON's")
