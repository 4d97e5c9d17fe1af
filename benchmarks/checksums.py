"""What checks cost of a checkpoint's write and of a model's load: prints one table.

    python benchmarks/checksums.py [--million 100] [--repeats 5]

A checkpoint of so many million numbers is written to its end; its share is the time
that the sums over its arrays take. The model in the box is loaded, networks and
tokenizers, as it is and without the hashes of its files, in turn; its share is what the
second saves. Medians within one run.
"""

import argparse
import contextlib
import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

import jax

from musiclm_jax import MusicLM
from musiclm_jax.evaluation import report
from musiclm_jax.training import checkpoints, checksums


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--million", type=int, default=100, help="numbers of the state")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(arguments)
    rows = [
        ("a checkpoint's write", *_of_checkpoint(options.million, options.repeats)),
        ("a model's load", *_of_load(options.repeats)),
    ]
    print(report.table(("of", "seconds", "share of checks"), rows))
    print(report.hardware())
    return 0


def _of_checkpoint(million: int, repeats: int) -> tuple[str, str]:
    keys = jax.random.split(jax.random.key(0), million)
    # What repeats is written in no time: checkpoints are compressed.
    state = {
        f"layer{n}": jax.random.normal(k, (1000, 1000)) for n, k in enumerate(keys)
    }
    jax.block_until_ready(state)
    whole, sums = [], []
    for step in range(repeats + 1):
        sums.append(_seconds(lambda: checksums.of(state)))
        with tempfile.TemporaryDirectory() as folder:
            whole.append(_seconds(lambda: _save(Path(folder), state, step)))  # noqa: B023
    # The first time of each compiles, or opens what stays open.
    return _row(statistics.median(whole[1:]), statistics.median(sums[1:]))


def _save(folder: Path, state: dict[str, jax.Array], step: int) -> None:
    with checkpoints.Checkpoints(folder) as kept:
        facts = checkpoints.Facts(step=step, used_seconds=0.0, config="")
        kept.save(state, {"next": step}, facts)


def _of_load(repeats: int) -> tuple[str, str]:
    checked, unchecked = [], []
    known = {}

    class Known:
        """Says at once what the first hash of these bytes was."""

        def __init__(self, data: bytes) -> None:
            self._data = data

        def hexdigest(self) -> str:
            key = len(self._data), self._data[:64]
            if key not in known:
                known[key] = hashlib.sha256(self._data).hexdigest()
            return known[key]

    for _ in range(repeats + 1):
        checked.append(_seconds(MusicLM.load))
        with contextlib.ExitStack() as stack:
            library = mock.Mock(wraps=hashlib, sha256=Known)
            place = "musiclm_jax.files.whole_files.hashlib"
            stack.enter_context(mock.patch(place, library))
            unchecked.append(_seconds(MusicLM.load))
    whole = statistics.median(checked[1:])
    return _row(whole, whole - statistics.median(unchecked[1:]))


def _row(whole: float, checks: float) -> tuple[str, str]:
    return f"{whole:.3f}", f"{checks / whole:.2%}"


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
