"""All that wants an accelerator, within a time limit: one command, one page.

    python benchmarks/accelerator.py [--minutes 12]

    the box          ten seconds of music, cold and warm
    decoding         steps a second, one row and 32, beside the memory's limit
    fewer bits       the same with weights in 16 and 8 bits
    training         a step of the 430M stage: memory, share of the peak

Each row of the page is another benchmark of this folder, in a process of its own that
ends with the time that is left. What did not come to its end says so. On a CPU it runs
as well, slower, and most of it stays undone.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_HERE = Path(__file__).parent
_TRAIN = (
    "training_step.py",
    "--gin_file=runs/semantic_stage.gin",
    "--gin_file=sizes/paper.gin",
)
# Dearest last: what is cut off then is little.
RUNS = {
    "the box": ("generate.py",),
    "decoding": ("decoding.py", "--rounds=1", "--rows", "1", "32"),
    "16 bits": ("decoding.py", "--rounds=1", "--weight_bits=16"),
    "8 bits": ("decoding.py", "--rounds=1", "--weight_bits=8"),
    "training, batch 16": (*_TRAIN, "--gin.SEMANTIC_STAGE_BATCH=16"),
    "training, batch 64": (*_TRAIN, "--gin.SEMANTIC_STAGE_BATCH=64"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; returns how many did not come to their end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=12.0, help="for all of it")
    options = parser.parse_args(arguments)
    ends = time.monotonic() + 60 * options.minutes
    missing = 0
    for title, command in RUNS.items():
        print(f"\n## {title}\n", flush=True)
        problem = run(command, seconds=ends - time.monotonic())
        if problem:
            missing += 1
            print(f"not measured: {problem}", flush=True)
    return missing


def run(command: Sequence[str], *, seconds: float) -> str:
    """Runs a benchmark, whose page is printed; returns why there is none."""
    if seconds <= 0:
        return "the time was over"
    script, *arguments = command
    # A session of its own, whose processes end together.
    process = subprocess.Popen(
        [sys.executable, _HERE / script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        page, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return "the time was over before its end"
    if process.returncode:
        return (errors.strip().splitlines() or [f"status {process.returncode}"])[-1]
    print(page, flush=True)
    return ""


if __name__ == "__main__":
    sys.exit(main())
