"""What stands around a figure: the table it is in, and the machine it was taken on."""

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

import jax

import musiclm_jax

_CPU_INFO = Path("/proc/cpuinfo")


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
