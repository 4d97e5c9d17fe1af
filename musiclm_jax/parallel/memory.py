"""Is there memory for it? Told from shapes, before anything of it is computed.

What is counted is needed at least; so nothing is refused that would have gone through,
and not all is refused that will not: `cli.errors` has a line for that.
"""

import math
from pathlib import Path
from typing import Any

import jax
from jax.sharding import Mesh

_GIB = 2**30
_HOST = Path("/proc/meminfo")
# Of a container: the second is what is taken of the first.
_LIMIT = Path("/sys/fs/cgroup/memory.max")
_TAKEN = Path("/sys/fs/cgroup/memory.stat")


def check(what: str, needed: int, mesh: Mesh, *, advice: str) -> None:
    """Checks that the devices of this process have so much memory left.

    Args:
        what: begins the sentence.
        needed: bytes on each device, at least.
        mesh: of the devices.
        advice: what to ask for in its place.

    Raises:
        ValueError: they have not.
    """
    devices = mesh.local_devices
    if devices[0].platform == "cpu":
        # They share what the host has.
        check_host(what, needed * len(devices), advice=advice)
    else:
        _compare(what, needed, _device_free(devices[0]), advice)


def check_host(what: str, needed: int, *, advice: str) -> None:
    """Checks that the host has so much memory left; see `check`."""
    _compare(what, needed, _host_free(), advice)


def check_program(
    what: str, program: Any, *arguments: Any, mesh: Mesh, advice: str
) -> None:
    """Checks that there is memory for a program beside its arguments.

    Args:
        what: see `check`.
        program: what `jax.jit` gave; it is compiled here, and the first call with such
            arguments does not do it again.
        *arguments: of the call.
        mesh: see `check`.
        advice: see `check`.

    Raises:
        ValueError: there is not.
    """
    memory = program.lower(*arguments).compile().memory_analysis()
    if memory is not None:
        # Arguments that are donated become results in place.
        results = memory.output_size_in_bytes - memory.alias_size_in_bytes
        check(what, memory.temp_size_in_bytes + results, mesh, advice=advice)


def bytes_of(tree: Any) -> int:
    """Counts the bytes of arrays, or of their shapes, on one of their devices."""
    total = 0
    for leaf in jax.tree.leaves(tree):
        place = getattr(leaf, "sharding", None)
        shape = leaf.shape if place is None else place.shard_shape(leaf.shape)
        total += math.prod(shape) * leaf.dtype.itemsize
    return total


def _compare(what: str, needed: int, free: int | None, advice: str) -> None:
    """Raises ValueError where it is known that so much is not free."""
    if free is not None and needed > free:
        raise ValueError(
            f"{what} needs {needed / _GIB:,.1f} GiB of memory at least, and "
            f"{free / _GIB:,.1f} GiB are free: {advice}"
        )


def _device_free(device: jax.Device) -> int | None:
    """What is left to a device with memory of its own; not all of them tell."""
    found = device.memory_stats() or {}
    if not {"bytes_limit", "bytes_in_use"} <= found.keys():
        return None
    return found["bytes_limit"] - found["bytes_in_use"]


def _host_free() -> int | None:
    """What the system has for a new program, or the container that it is in."""
    table = _table(_HOST)
    if "MemAvailable" not in table:
        return None
    # In kB, as the system counts.
    free = [1024 * (table["MemAvailable"] + table.get("SwapFree", 0))]
    taken = _table(_TAKEN)
    if "anon" in taken and (limit := _limit()) is not None:
        # Without files that are kept at hand: they go when their place is wanted.
        free.append(max(0, limit - taken["anon"]))
    return min(free)


def _limit() -> int | None:
    try:
        return int(_LIMIT.read_text())
    except (OSError, ValueError):  # None, or "max".
        return None


def _table(path: Path) -> dict[str, int]:
    """Reads lines such as "MemAvailable:   12 kB"; none where there is no such file."""
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return {}
    return {words[0].rstrip(":"): int(words[1]) for words in lines}
