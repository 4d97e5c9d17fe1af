"""What stands around a figure: the table it is in, and the machine it was taken on."""

import dataclasses
import json
import math
import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import jax

import musiclm_jax

_CPU_INFO = Path("/proc/cpuinfo")


Cell = str | int | float | None


@dataclasses.dataclass(frozen=True)
class Figures:
    """A table of figures, for people and for programs.

    Attributes:
        title: what it is about.
        columns: their names.
        rows: what is measured, then a figure a further column; None, or not a number,
            where there is none.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def text(self) -> str:
        """Returns title and table as Markdown."""
        rows = [list(map(_cell_text, row)) for row in self.rows]
        return f"## {self.title}\n\n{table(self.columns, rows)}"

    def json(self) -> dict[str, Any]:
        """Returns what JSON holds, each row by the names of the columns."""
        rows = [
            {
                name: None if _is_empty(cell) else cell
                for name, cell in zip(self.columns, row, strict=True)
            }
            for row in self.rows
        ]
        return {"title": self.title, "rows": rows}


class Stopwatch:
    """Says on stderr what was done, and keeps how long it took.

    Attributes:
        wall_seconds: what was done -> seconds.
    """

    def __init__(self):
        self.wall_seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Names what was done since the last call."""
        now = time.perf_counter()
        self.wall_seconds[name] = round(now - self._last, 1)
        self._last = now
        print(f"{name}: {self.wall_seconds[name]} s", file=sys.stderr)


def show(figures: Figures, settings: Any, watch: Stopwatch, *, as_json: bool) -> None:
    """Prints a table, with what it was measured on, for people or for programs.

    Args:
        figures: the table.
        settings: what the command was given.
        watch: what took how long; told to programs alone, people have seen it.
        as_json: for programs.
    """
    if not as_json:
        print(f"{figures.text()}\n\n{hardware()}")
        return
    told = {
        "settings": vars(settings),
        **figures.json(),
        "wall_seconds": watch.wall_seconds,
        "hardware": hardware(),
    }
    print(json.dumps(told, indent=2, default=str))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a Markdown table whose columns line up."""
    lines = [list(header), *map(list, rows)]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines
    )


def hardware() -> str:
    """Returns processor, cores that may be used, accelerators and versions."""
    parts = [f"{_num_cores()} cores of {_processor()}"]
    if jax.default_backend() != "cpu":
        devices = jax.devices()
        parts.append(f"{len(devices)} x {devices[0].device_kind}")
    parts.append(f"Python {platform.python_version()}")
    parts.append(f"jax {jax.__version__}")
    parts.append(f"musiclm_jax {musiclm_jax.__version__}")
    return ", ".join(parts)


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _cell_text(cell: Cell) -> str:
    if _is_empty(cell):
        return "-"
    if isinstance(cell, float):
        return f"{cell:.3f}" if abs(cell) < 10 else f"{cell:.1f}"
    return str(cell)


def _num_cores() -> int:
    # A process may have been given fewer than the machine has.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    if _CPU_INFO.is_file():
        for line in _CPU_INFO.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
