"""The pieces of a prompts file: who makes which, and which are there already.

A piece is done if, and only if, its file is there; files appear whole, by rename.

    origin.json     what all pieces of the folder were made from
    pieces.jsonl    when all is done: the pieces, a line each
"""

import collections
import dataclasses
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musiclm_jax.files import config_json, whole_files
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.prompts_file import Line, Prompts

_ORIGIN = "origin.json"
RECORD = "pieces.jsonl"
# Letters of a hash that an error shows.
_SHOWN = 8


@dataclasses.dataclass(frozen=True)
class Batch:
    """Pieces that are made at once.

    Attributes:
        lines: that ask for them; the last batch of its kind may have fewer than `size`.
        size: pieces that are computed. It is the same whatever was done before, so that
            the same program makes a piece whoever stands beside it.
        seconds: their length.
        config: how they are sampled.
        steering: what else is said of all of them.
    """

    lines: tuple[Line, ...]
    size: int
    seconds: float
    config: GenerationConfig
    steering: dict[str, Any]

    def filled(self) -> list[Line]:
        """Returns as many lines as are computed, some of them again."""
        return list(itertools.islice(itertools.cycle(self.lines), self.size))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Machines:
    """What the work is shared among.

    Attributes:
        process: number of this one, from 0.
        num_processes: of the whole program.
        devices: of each process.
        rows: that a device samples at once.
    """

    process: int
    num_processes: int
    devices: int
    rows: int


def plan(
    lines: Sequence[Line], folder: Path, config: GenerationConfig, machines: Machines
) -> list[Batch]:
    """Makes batches of the pieces of this process that are not done.

    Lines of equal length, settings and steering share batches. Which process a
    piece belongs to does not depend on what is done.

    Args:
        lines: all of them.
        folder: of the pieces.
        config: how pieces are sampled whose lines do not say it.
        machines: that work.
    """
    groups = collections.defaultdict(list)
    for line in lines:
        asked = line.request
        kind = (
            asked.settings.applied_to(config),
            float(asked.seconds),
            tuple(asked.steering().items()),
        )
        groups[kind].append(line)
    batches, owners = [], itertools.cycle(range(machines.num_processes))
    for (of_group, seconds, steering), group in groups.items():
        all_devices = machines.devices * machines.num_processes
        fair_share = -(-len(group) // all_devices)
        a_device = min(max(1, machines.rows // of_group.candidates), fair_share)
        size = a_device * machines.devices
        mine = [
            line
            for share, owner in zip(_cut(group, size), owners, strict=False)
            if owner == machines.process
            for line in share
            if not (folder / line.file).exists()
        ]
        batches += [
            Batch(tuple(part), size, seconds, of_group, dict(steering))
            for part in _cut(mine, size)
        ]
    return batches


def claim(
    folder: Path,
    prompts: Prompts,
    *,
    model: str,
    config: GenerationConfig,
    defaults: dict[str, float],
) -> None:
    """Makes a folder one for the pieces of these prompts, unless it is one already.

    Args:
        folder: made if it is not there.
        prompts: that are asked for.
        model: hash of it.
        config: how pieces are sampled whose lines do not say it.
        defaults: what else goes for lines that do not say it.

    Raises:
        ValueError: it holds pieces that were made from something else.
        FileExistsError: a file is in the way of a piece.
    """
    ours = {
        "prompts": prompts.path.name,
        "prompts_sha256": prompts.sha256,
        "model_sha256": model,
        "sampling": config_json.to_json(config),
        **defaults,
    }
    path = folder / _ORIGIN
    whole_files.make_folder(folder)
    if not path.exists():
        for line in prompts.lines:
            if (folder / line.file).exists():
                raise FileExistsError(
                    f"{folder / line.file} is in the way, and was made by another "
                    "command: choose another --output"
                )
        content = json.dumps(ours, indent=1, ensure_ascii=False)
        whole_files.write(path, content.encode())
    theirs = _read_origin(path)
    if theirs["prompts_sha256"] != ours["prompts_sha256"]:
        raise ValueError(
            f"{folder} holds the pieces of {_name(theirs)}, not of {_name(ours)}: "
            "choose another --output"
        )
    others = [
        name for name in ours if name != "prompts" and theirs.get(name) != ours[name]
    ]
    if others:
        raise ValueError(
            f"{folder} holds pieces of {ours['prompts']} that were made with another "
            f"{' and another '.join(others)}: choose another --output"
        )


def describe(line: Line, folder: Path) -> str:
    """Says in one line of JSON what a piece is."""
    facts: dict[str, Any] = {"file": str(folder / line.file), "line": line.number}
    facts |= {
        name: getattr(line.request, name) for name in ("prompt", "seconds", "seed")
    }
    facts |= line.request.steering()
    facts |= line.request.settings.by_stage()
    return json.dumps(facts)


def write_record(folder: Path, lines: Sequence[Line]) -> None:
    """Writes what all pieces are; to be called when all are there."""
    text = "".join(f"{describe(line, Path())}\n" for line in lines)
    whole_files.write(folder / RECORD, text.encode())


def _read_origin(path: Path) -> dict[str, Any]:
    try:
        origin = json.loads(path.read_text(encoding="utf-8"))
        missing = {"prompts", "prompts_sha256"} - set(origin)
        if missing:
            raise ValueError(f"{path} has no {', '.join(missing)}")
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{path} is damaged: choose another --output, or delete this folder"
        ) from error
    return origin


def _name(origin: dict[str, Any]) -> str:
    return f"{origin['prompts']} ({origin['prompts_sha256'][:_SHOWN]})"


def _cut(items: Sequence[Line], size: int) -> list[Sequence[Line]]:
    return [items[first : first + size] for first in range(0, len(items), size)]
