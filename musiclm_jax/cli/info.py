"""`musiclm info`: what is in a model, and what this installation runs on."""

import argparse
import importlib.metadata
import json
import platform
import sys
from pathlib import Path
from typing import Any

import musiclm_jax

_PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "grain", "numpy")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "model",
        nargs="?",
        type=Path,
        metavar="FOLDER",
        help="a bundle; without it, the installation and the model in the box",
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> None:
    """Prints the table or the JSON.

    Raises:
        ValueError: the bundle is damaged.
        OSError: there is no bundle.
    """
    from musiclm_jax import bundle

    if options.model is not None:
        facts = _model(options.model)
    else:
        facts = _installation()
        folder = bundle.default_folder()
        if (folder / bundle.MANIFEST).is_file():
            facts["model"] = _model(folder)
    if options.json:
        json.dump(facts, sys.stdout, indent=2)
        print()
    else:
        print("\n".join(_lines(facts)))


def _installation() -> dict[str, Any]:
    import jax

    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {
        "musiclm_jax": musiclm_jax.__version__,
        "python": platform.python_version(),
        **versions,
        "devices": [f"{d.platform}:{d.id} {d.device_kind}" for d in jax.devices()],
    }


def _model(folder: Path) -> dict[str, Any]:
    from musiclm_jax import bundle

    loaded = bundle.Bundle.load(folder)
    loaded.check()
    parts = {
        name: {
            "kind": entry.get("kind"),
            "parameters": entry.get("parameters"),
            "megabytes": round(entry["bytes"] / 1e6, 2),
            "file": entry["file"],
        }
        for name, entry in loaded.parts.items()
    }
    entries = [*loaded.parts.values(), *loaded.files.values()]
    total = round(sum(entry["bytes"] for entry in entries) / 1e6, 2)
    return {
        "folder": str(folder),
        "parts": parts,
        "megabytes": total,
        "sampling": loaded.sampling,
        "card": loaded.card,
    }


def _lines(
    facts: dict[str, Any], indent: str = "", *, is_card: bool = False
) -> list[str]:
    """Lays facts out as aligned lines, and the parts of a model as a table.

    A card holds whatever somebody wrote, perhaps by names that mean something here.
    """
    width = max((len(name) for name in facts), default=0)
    lines = []
    for name, value in facts.items():
        if name == "parts" and not is_card:
            lines += _table(value, indent)
        elif isinstance(value, dict) and value:
            lines += [
                f"{indent}{name}",
                *_lines(value, indent + "  ", is_card=is_card or name == "card"),
            ]
        elif isinstance(value, dict):
            lines.append(f"{indent}{name:<{width}}  -")
        elif isinstance(value, list):
            lines.append(f"{indent}{name:<{width}}  {', '.join(map(str, value))}")
        else:
            lines.append(f"{indent}{name:<{width}}  {value}")
    return lines


def _table(parts: dict[str, dict[str, Any]], indent: str) -> list[str]:
    rows = [("part", "kind", "parameters", "MB")]
    for name, part in parts.items():
        count = f"{part['parameters']:,}" if part["parameters"] is not None else "?"
        rows.append((name, str(part["kind"]), count, f"{part['megabytes']:.2f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        f"{indent}{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  "
        f"{row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}"
        for row in rows
    ]
